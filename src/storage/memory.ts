import { frozen } from '../model/frozen.js'
import type { JsonValue } from '../model/json.js'
import {
  appendedKey,
  checkExpired,
  checkList,
  checkRead,
  checkScan,
  checkWrites,
  expiredCursor,
  isCheck,
  reportOf,
  scanCursor,
} from './contract.js'
import type { RegistryStorage, StorageRecord, StorageWritten } from '../ports/storage.js'
import { keyOf, pageOf } from './found-records.js'
import { SortedTexts } from './sorted-texts.js'
import { watchers } from './watchers.js'

/** Options of {@link memoryStorage}. */
export interface MemoryStorageOptions {
  /** The storage's clock, in ms since the epoch. `@default Date.now` */
  readonly now?: (() => number) | undefined
}

/**
 * Stores everything in the memory of this process, for tests and for a first try. Data is lost when the process ends.
 *
 * @returns a storage that works in any runtime
 *
 * @example
 * ```ts
 * // examples/guides/start.ts#start
 * import { randomBytes } from 'node:crypto'
 * import { encryptedCredentials, IntegrationRegistry, memoryStorage } from 'mcp-integrations'
 * import { testServer } from 'mcp-integrations/testing'
 *
 * const notes = testServer({
 *   tools: [
 *     { name: 'search', annotations: { readOnlyHint: true }, run: ({ query }) => `2 notes about ${String(query)}` },
 *     { name: 'send', annotations: { readOnlyHint: false }, run: ({ to }) => `sent to ${String(to)}` },
 *   ],
 * })
 * const { url } = notes
 * const registry = new IntegrationRegistry({
 *   storage: memoryStorage(),
 *   credentials: encryptedCredentials({ keys: [{ id: '2026-01', secret: randomBytes(32) }] }),
 *   agents: ['assistant', 'builder'],
 *   connectors: [{ id: 'notes', name: 'Notes', url, auth: 'none', trusted: true }],
 *   runtime: { fetch: notes.fetch }, // the server above; leave it out to reach real ones
 * })
 * const ana = { workspaceId: 'acme', userId: 'ana' }
 * const admin = { workspaceId: 'acme', userId: 'root', role: 'admin' } as const
 * const mine = registry.actingAs(ana)
 * const { integration } = await mine.connect({ connector: 'notes', agents: ['assistant', 'builder'] })
 * ```
 */
export function memoryStorage(options: MemoryStorageOptions = {}): RegistryStorage {
  const { now = Date.now } = options
  /** Entries by key, by workspace. */
  const workspaces = new Map<string, Map<string, Entry>>()
  const places = new SortedTexts<Place>(placeOf)
  /** The places of all records that expire, in the order of their expiry. */
  const expiries = new SortedTexts<Entry>(expiryOf)
  const counters = new Map<string, number>()
  const watching = watchers()
  let commits = 0

  function entryOf(workspaceId: string, key: string): Entry | undefined {
    return workspaces.get(workspaceId)?.get(key)
  }

  function entryAt(place: string): Entry {
    const [workspaceId, key] = place.split('\0') as [string, string]
    return entryOf(workspaceId, key)!
  }

  function put(entry: Entry): void {
    const { workspaceId, key, expiresAt } = entry
    const before = entryOf(workspaceId, key)
    if (before === undefined) places.add(entry)
    if (before?.expiresAt !== expiresAt) {
      if (before?.expiresAt !== undefined) expiries.delete(before)
      if (expiresAt !== undefined) expiries.add(entry)
    }
    const entries = workspaces.get(workspaceId) ?? new Map<string, Entry>()
    workspaces.set(workspaceId, entries.set(key, entry))
  }

  function remove(workspaceId: string, key: string): void {
    const entry = entryOf(workspaceId, key)
    if (entry === undefined) return
    places.delete(entry)
    if (entry.expiresAt !== undefined) expiries.delete(entry)
    const entries = workspaces.get(workspaceId)!
    entries.delete(key)
    if (entries.size === 0) workspaces.delete(workspaceId)
  }

  return {
    async read(workspaceId, keys) {
      checkRead(workspaceId, keys)
      const time = now()
      const found = keys.map((key) => entryOf(workspaceId, key))
      return { records: found.map((entry) => (isPresent(entry, time) ? sharedRecordOf(entry) : undefined)), now: time }
    },

    async list(query) {
      checkList(query)
      const time = now()
      const { workspaceId } = query
      const prefix = placeOf({ workspaceId, key: query.prefix })
      const step = query.reverse === true ? -1 : 1
      const after = query.after === undefined ? undefined : placeOf({ workspaceId, key: query.after })
      const sorted = places.inOrder
      const first =
        step === 1
          ? Math.max(places.firstAt(prefix), after === undefined ? 0 : places.firstAfter(after))
          : Math.min(places.firstAt(prefix + END), after === undefined ? sorted.length : places.firstAt(after)) - 1
      const found: Entry[] = []
      for (let index = first; found.length <= query.limit; index += step) {
        const place = sorted[index]
        if (place === undefined || !place.startsWith(prefix)) break
        const entry = entryAt(place)
        if (isPresent(entry, time)) found.push(entry)
      }
      return pageOf(found, { limit: query.limit, now: time, toRecord: recordOf, cursorOf: keyOf })
    },

    async commit(workspaceId, writes) {
      const values = checkWrites(workspaceId, writes)
      const time = now()
      for (const write of writes) {
        if ('append' in write || write.ifVersion === undefined) continue
        const entry = entryOf(workspaceId, write.key)
        const holds = write.ifVersion === null ? !isPresent(entry, time) : entry?.version === write.ifVersion
        if (!holds) return false
      }
      const version = String(++commits)
      const written = writes.map((write, index): StorageWritten => {
        const key = 'append' in write ? appendedKey(write.append, nextNumber(counters, workspaceId)) : write.key
        if (isCheck(write)) return { key, version: write.ifVersion }
        const json = values[index]
        if (json === undefined) {
          remove(workspaceId, key)
          return { key, version: undefined }
        }
        put({ workspaceId, key, version, json, expiresAt: write.expiresAt })
        return { key, version }
      })
      if (written.length > 0) watching.notify(reportOf(workspaceId, writes, written, values))
      return written
    },

    async scan(query) {
      const after = checkScan(query)
      const time = now()
      const sorted = places.inOrder
      const found: Entry[] = []
      for (let index = places.firstAfter(placeOf(after)); found.length <= query.limit; index++) {
        const place = sorted[index]
        if (place === undefined) break
        const entry = entryAt(place)
        if (!entry.key.startsWith(query.prefix)) continue
        if (isPresent(entry, time)) found.push(entry)
      }
      return pageOf(found, { limit: query.limit, now: time, toRecord: placedRecordOf, cursorOf: scanCursor })
    },

    async expired(query) {
      const after = checkExpired(query)
      const time = now()
      const first = after.key === '' ? 0 : expiries.firstAfter(expiryOf(after))
      const found = expiries.inOrder.slice(first, first + query.limit + 1).flatMap((expiry) => {
        const entry = entryAt(expiry.slice(EXPIRY_DIGITS))
        return entry.expiresAt! > time ? [] : [entry]
      })
      return pageOf(found, { limit: query.limit, now: time, toRecord: placedRecordOf, cursorOf: expiredCursor })
    },

    watch: watching.add,
  }
}

interface Place {
  readonly workspaceId: string
  readonly key: string
}

interface Entry extends Place {
  readonly version: string
  readonly json: string
  readonly expiresAt: number | undefined
  /** The record as it was read before. */
  shared?: StorageRecord | undefined
}

/** Sorts after every key character, so that all keys with `prefix` sort before `prefix + END`. */
const END = '\x7f'

/** Unambiguous, because neither part can contain a NUL. Sorts by workspace, then key. */
function placeOf({ workspaceId, key }: Place): string {
  return `${workspaceId}\0${key}`
}

/** Sorts by time, then by place. */
function expiryOf(entry: Place & { readonly expiresAt?: number | undefined }): string {
  return String(entry.expiresAt).padStart(EXPIRY_DIGITS, '0') + placeOf(entry)
}

const EXPIRY_DIGITS = 16

function isPresent(entry: Entry | undefined, time: number): entry is Entry {
  return entry !== undefined && (entry.expiresAt === undefined || entry.expiresAt > time)
}

function placedRecordOf(entry: Entry): StorageRecord & { readonly workspaceId: string } {
  return { ...recordOf(entry), workspaceId: entry.workspaceId }
}

/** Parsed once for all readers, because a call reads the same few records again and again. */
function sharedRecordOf(entry: Entry): StorageRecord {
  if (entry.json.length > longestShared) return recordOf(entry)
  return (entry.shared ??= frozen(recordOf(entry)))
}

/** Longer values are read rarely, and would be kept twice. In characters of JSON. */
const longestShared = 4 * 1024

function recordOf(entry: Entry): StorageRecord {
  const { key, version, json, expiresAt } = entry
  const value = JSON.parse(json) as JsonValue
  return { key, version, value, expiresAt }
}

function nextNumber(counters: Map<string, number>, workspaceId: string): number {
  const number = (counters.get(workspaceId) ?? 0) + 1
  counters.set(workspaceId, number)
  return number
}
