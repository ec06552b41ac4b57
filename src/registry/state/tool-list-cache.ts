import { LRUCache } from 'lru-cache'
import type { ToolDefinition } from '../../model/tool.js'
import type { RegistryStorage } from '../../ports/storage.js'
import { modelToolNames } from '../../policy/tool-name.js'
import { keys } from './keys.js'
import { NamedTool, type ListedTool, type ToolFacts } from './listed-tool.js'
import type { ToolsRecord } from './records.js'
import { openListText } from './tool-list-text.js'

/** The tools of one integration as one server listed them, found by either name. */
export interface ToolList {
  readonly hash: string
  /** The length of the stored text, in characters. */
  readonly size: number
  readonly tools: readonly NamedTool[]
  get(wireName: string): NamedTool | undefined
  /** By the name that models get; `handle` is the integration's. */
  byModelName(handle: string, modelName: string): NamedTool | undefined
}

/** Reads stored tool lists; lists with known content come from memory. */
export interface ToolLists {
  /** A list from memory. */
  recall(hash: string): ToolList | undefined
  /**
   * In the order of `manifests`; `undefined` where the list was replaced in the meantime, and its manifest has to be read
   * again, or where it can't be read.
   */
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
  const remember = (list: ToolList) => known.set(list.hash, list, { size: Math.min(list.size, cacheLength) })
  return {
    recall: (hash) => known.get(hash),
    keep(hash, tools) {
      if (known.has(hash)) return
      const size = tools.reduce((sum, tool) => sum + tool.size, 1)
      const listed = tools.map((tool) => ({ facts: tool, source: tool.definition }))
      remember(listOf(hash, size, listed))
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
          const text = chunks.map((chunk) => String(chunk!.value)).join('')
          const list = known.get(hash) ?? openedList(hash, text)
          found.set(hash, list)
          if (list !== undefined) remember(list)
        }
      }
      return manifests.map(({ hash }) => found.get(hash))
    },
  }
}

/** @param listed - each tool with its definition, or with the JSON of that */
function listOf(
  hash: string,
  size: number,
  listed: readonly { readonly facts: ToolFacts; readonly source: ToolDefinition | string }[],
): ToolList {
  const names = listed.map(({ facts }) => facts.name)
  const namesFor = perHandle((handle) => modelToolNames(handle, names))
  const tools = listed.map(({ facts, source }, n) => new NamedTool(facts, source, n, namesFor))
  const byModelName = perHandle((handle) => new Map(tools.map((tool) => [tool.modelName(handle), tool])))
  let byName: ReadonlyMap<string, NamedTool> | undefined
  return {
    hash,
    size,
    tools,
    get: (wireName) => (byName ??= new Map(tools.map((tool) => [tool.name, tool]))).get(wireName),
    byModelName: (handle, modelName) => byModelName(handle).get(modelName),
  }
}

/** A value for each handle of the integrations with one list, computed once. */
function perHandle<Value>(valueFor: (handle: string) => Value): (handle: string) => Value {
  const known = new Map<string, Value>()
  return (handle) => {
    const value = known.get(handle)
    if (value !== undefined) return value
    const computed = valueFor(handle)
    known.set(handle, computed)
    return computed
  }
}

function openedList(hash: string, text: string): ToolList | undefined {
  const tools = openListText(text)
  return tools && listOf(hash, text.length, tools)
}
