import { LRUCache } from 'lru-cache'
import { frozen } from '../../model/frozen.js'
import { sha256Hex } from '../../model/digest.js'
import { WorkPace } from '../../mcp/work-pace.js'
import { IntegrationError } from '../../model/errors.js'
import type { ServerInfo } from '../../model/integration.js'
import type { QuarantinedTool, ToolDefinition } from '../../model/tool.js'
import type { RegistryStorage, StorageRecordWrite } from '../../ports/storage.js'
import { definitionHash } from '../../policy/tool-definition.js'
import { modelToolNames } from '../../policy/tool-name.js'
import { toJson, type ToolsRecord } from './records.js'
import { keys } from './keys.js'

/** A tool as its server listed it, with the hash of its definition. */
export interface ListedTool {
  readonly definition: ToolDefinition
  readonly hash: string
  /** About how many characters of JSON the definition has: the work of looking at all of it. */
  readonly size: number
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

/** Identifies a stored list. */
export interface StoredList {
  readonly integrationId: string
  readonly owner: string
  readonly manifest: ToolsRecord
}

/** Reads stored tool lists; lists with known content come from memory. */
export interface ToolLists {
  /** In the order of `lists`; `undefined` for a list that was replaced in the meantime: read its manifest again. */
  load(workspaceId: string, lists: readonly StoredList[]): Promise<readonly (ToolList | undefined)[]>
}

const chunkLength = 80_000
/** Shortest time between two background refreshes of a list, in ms, however short the server's own `ttlMs` is. */
const minListMs = 60_000
const cacheLength = 32 * 1024 * 1024

export function toolLists(storage: RegistryStorage): ToolLists {
  const known = new LRUCache<string, ToolList>({ maxSize: cacheLength })
  return {
    async load(workspaceId, lists) {
      const found = lists.map(({ manifest }) => known.get(manifest.hash))
      const missing = lists.flatMap((list, n) => (found[n] === undefined ? [{ list, n }] : []))
      if (missing.length === 0) return found
      const chunkKeys = missing.flatMap(({ list: { integrationId, owner, manifest } }) =>
        Array.from({ length: manifest.chunks }, (_, n) => keys.chunk(integrationId, owner, manifest.hash, n)),
      )
      const { records } = await storage.read(workspaceId, chunkKeys)
      let at = 0
      for (const { list, n } of missing) {
        const chunks = records.slice(at, (at += list.manifest.chunks))
        if (chunks.some((chunk) => chunk === undefined)) continue
        const text = chunks.map((chunk) => chunk!.value as string).join('')
        found[n] = known.get(list.manifest.hash) ?? parsedList(list.manifest.hash, text)
        // A list that is larger than the cache is returned without caching.
        known.set(list.manifest.hash, found[n], { size: Math.min(text.length, cacheLength) })
      }
      return found
    },
  }
}

/** The writes that store what a server listed; chunks of an older list are to be deleted afterwards. */
export function listWrites(
  integrationId: string,
  owner: string,
  listing: {
    readonly tools: readonly ListedTool[]
    readonly quarantined: readonly QuarantinedTool[]
    readonly ttlMs?: number | undefined
    readonly server?: ServerInfo | undefined
  },
  options: { readonly now: number; readonly maxBytes: number; readonly previous?: ToolsRecord | undefined },
): {
  readonly writes: readonly StorageRecordWrite[]
  readonly manifest: ToolsRecord
  readonly stale: readonly StorageRecordWrite[]
} {
  const text = JSON.stringify(listing.tools.map(({ definition, hash }) => [hash, definition]))
  if (text.length > options.maxBytes)
    throw new IntegrationError(
      'response_too_large',
      `The server's tool list is larger than ${options.maxBytes} bytes. Raise limits.maxResponseBytes, or ask the server's author for a smaller list.`,
    )
  const hash = sha256Hex(text)
  const chunks = Math.ceil(text.length / chunkLength)
  const manifest: ToolsRecord = {
    hash,
    chunks,
    count: listing.tools.length,
    quarantined: listing.quarantined.slice(0, 100),
    server: listing.server,
    listedAt: options.now,
    freshUntil:
      listing.ttlMs === undefined || listing.ttlMs === 0 ? undefined : options.now + Math.max(listing.ttlMs, minListMs),
  }
  const { previous } = options
  const changed = previous?.hash !== hash
  return {
    manifest,
    writes: [
      { key: keys.tools(integrationId, owner), value: toJson(manifest) },
      ...(changed
        ? Array.from({ length: chunks }, (_, n): StorageRecordWrite => ({
            key: keys.chunk(integrationId, owner, hash, n),
            value: text.slice(n * chunkLength, (n + 1) * chunkLength),
          }))
        : []),
    ],
    stale:
      changed && previous !== undefined
        ? Array.from({ length: previous.chunks }, (_, n): StorageRecordWrite => ({
            key: keys.chunk(integrationId, owner, previous.hash, n),
            value: undefined,
          }))
        : [],
  }
}

/** Definitions with their hashes. Pauses between many. */
export async function hashed(definitions: readonly ToolDefinition[]): Promise<readonly ListedTool[]> {
  const pace = new WorkPace()
  const tools: ListedTool[] = []
  for (const definition of definitions) {
    const size = JSON.stringify(definition).length
    tools.push({ definition, hash: definitionHash(definition), size })
    await pace.after(size >> 4)
  }
  return tools
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
