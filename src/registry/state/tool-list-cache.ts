import { LRUCache } from 'lru-cache'
import { frozen } from '../../model/frozen.js'
import type { ToolListing } from '../../mcp/connection.js'
import { WorkPace } from '../../mcp/work-pace.js'
import type { ToolDefinition } from '../../model/tool.js'
import type { RegistryStorage } from '../../ports/storage.js'
import { definitionHash } from '../../policy/tool-definition.js'
import { modelToolNames } from '../../policy/tool-name.js'
import type { ToolsRecord } from './records.js'
import { keys } from './keys.js'

/** A tool as its server listed it, with the hash of its definition. */
export interface ListedTool {
  readonly definition: ToolDefinition
  readonly hash: string
  /** About how many characters of JSON the definition has: the work of looking at all of it. */
  readonly size: number
}

/** A tool that was just listed, with its definition as JSON. */
export interface NewTool extends ListedTool {
  readonly text: string
}

/** A listed tool with its model name, which depends on the whole list. */
export interface NamedTool extends ListedTool {
  /** The name that models get; `handle` is the integration's. */
  modelName(handle: string): string
}

/** The tools of one integration as one server listed them, parsed once and found by either name. */
export interface ToolList {
  readonly hash: string
  readonly tools: readonly NamedTool[]
  get(wireName: string): NamedTool | undefined
  /** By the name that models get; `handle` is the integration's. */
  byModelName(handle: string, modelName: string): NamedTool | undefined
}

/** Reads stored tool lists; lists with known content come from memory. */
export interface ToolLists {
  /** In the order of `manifests`; `undefined` where the list was replaced in the meantime: read its manifest again. */
  load(
    workspaceId: string,
    manifests: readonly Pick<ToolsRecord, 'hash' | 'chunks'>[],
  ): Promise<readonly (ToolList | undefined)[]>
  /** Keeps a list that is about to be stored, so that its next reader parses nothing. */
  keep(hash: string, tools: readonly ListedTool[]): void
}

const cacheLength = 32 * 1024 * 1024

export function toolLists(storage: RegistryStorage): ToolLists {
  const known = new LRUCache<string, ToolList>({ maxSize: cacheLength })
  // A list that is larger than the cache is returned without caching.
  const remember = (list: ToolList, size: number) => known.set(list.hash, list, { size: Math.min(size, cacheLength) })
  return {
    keep(hash, tools) {
      if (known.has(hash)) return
      const size = tools.reduce((sum, tool) => sum + tool.size, 1)
      remember(listOf(tools.map(frozen), hash), size)
    },
    async load(workspaceId, manifests) {
      const found = new Map(manifests.map(({ hash }) => [hash, known.get(hash)]))
      const missing = new Map(
        manifests.flatMap(({ hash, chunks }) => (found.get(hash) ? [] : [[hash, chunks] as const])),
      )
      if (missing.size > 0) {
        const chunkKeys = [...missing].flatMap(([hash, chunks]) =>
          Array.from({ length: chunks }, (_, n) => keys.chunk(hash, n)),
        )
        const { records } = await storage.read(workspaceId, chunkKeys)
        let at = 0
        for (const [hash, count] of missing) {
          const chunks = records.slice(at, (at += count))
          if (chunks.some((chunk) => chunk === undefined)) continue
          const text = chunks.map((chunk) => chunk!.value as string).join('')
          const list = known.get(hash) ?? parsedList(hash, text)
          found.set(hash, list)
          remember(list, text.length)
        }
      }
      return manifests.map(({ hash }) => found.get(hash))
    },
  }
}

/** Listed definitions with their hashes. Pauses between many. */
export async function hashed({ tools, texts }: Pick<ToolListing, 'tools' | 'texts'>): Promise<readonly NewTool[]> {
  const pace = new WorkPace()
  const found: NewTool[] = []
  for (const [n, definition] of tools.entries()) {
    const text = texts[n]!
    found.push({ definition, text, hash: definitionHash(definition), size: text.length })
    await pace.after(text.length >> 4)
  }
  return found
}

/** A list that isn't stored yet, searchable by both names. */
function listOf(listed: readonly ListedTool[], hash = ''): ToolList {
  const byHandle = new Map<string, { readonly names: ReadonlyMap<string, string>; readonly tools: Names }>()
  const namesFor = (handle: string) => {
    const known = byHandle.get(handle)
    if (known !== undefined) return known
    const names = modelToolNames(
      handle,
      listed.map(({ definition }) => definition.name),
    )
    const made = { names, tools: new Map(tools.map((tool) => [names.get(tool.definition.name)!, tool])) }
    byHandle.set(handle, made)
    return made
  }
  const tools = listed.map((tool): NamedTool => ({
    ...tool,
    modelName: (handle) => namesFor(handle).names.get(tool.definition.name)!,
  }))
  const byName = new Map(tools.map((tool) => [tool.definition.name, tool]))
  return {
    hash,
    tools,
    get: (wireName) => byName.get(wireName),
    byModelName: (handle, modelName) => namesFor(handle).tools.get(modelName),
  }
}

type Names = ReadonlyMap<string, NamedTool>

function parsedList(hash: string, text: string): ToolList {
  // Shared by all workspaces with the same list.
  const rows = frozen(JSON.parse(text) as [string, ToolDefinition][])
  const size = Math.ceil(text.length / rows.length)
  return listOf(
    rows.map(([hashOfIt, definition]) => ({ hash: hashOfIt, definition, size })),
    hash,
  )
}
