import { EventEmitter } from 'eventemitter3'
import { toJson, type CatalogueChangeRecord } from './records.js'
import { keys, numbered, prefixes } from './keys.js'
import { readOrReport } from './read-record.js'
import { recordLimits } from '../../model/record-limits.js'
import {
  changesToolsets,
  type AuditEntry,
  type CallEvent,
  type RegistryEvent,
  type RegistryEventName,
} from '../../model/event.js'
import { frozen } from '../../model/frozen.js'
import type { Report } from '../../model/diagnostic.js'
import type { RegistryStorage, StorageWrite, StorageWritten } from '../../ports/storage.js'
import type { RegistryRuntime } from '../../ports/runtime.js'

/** The event of a name. */
export type RegistryEventOf<Name extends RegistryEventName> = Extract<RegistryEvent, { type: Name }>

/** An event that the storage hasn't numbered yet. */
export type NewEvent = RegistryEvent extends infer E
  ? E extends RegistryEvent
    ? Omit<E, 'id' | 'workspaceId' | 'at'>
    : never
  : never

/** An audit entry that isn't recorded yet. */
export type NewAudit = Omit<AuditEntry, 'id' | 'workspaceId' | 'at'>

/** A page of the durable feed. */
export interface RegistryEventPage {
  /** The events of this page, oldest first. */
  readonly events: readonly RegistryEvent[]
  /** Pass it as `after` next time; unchanged when there was nothing new. */
  readonly after: string | undefined
  /** Events after `after` are no longer stored, or `after` doesn't belong to this feed: read everything again. */
  readonly missed?: true | undefined
}

/** Query of the durable feed. */
export interface RegistryEventQuery {
  /** The last handled event; `'latest'`: only the end of the feed. `@default` from the oldest kept event */
  readonly after?: string | undefined
  /** `@default 100`, at most 1000 */
  readonly limit?: number | undefined
}

/** A change together with its events and audit entry. */
export interface Change {
  readonly writes?: readonly StorageWrite[] | undefined
  readonly events?: readonly NewEvent[] | undefined
  readonly audit?: readonly NewAudit[] | undefined
}

/** Commits changes with their events and audit entries at once, then notifies local listeners. */
export interface EventFeed {
  /** @returns the results in the order of `writes`; `false` if another writer was first, so that nothing was written */
  commit(workspaceId: string, change: Change): Promise<false | readonly StorageWritten[]>
  /** Notifies local listeners of a call. The event is created only if there is one. */
  notifyCall(event: () => CallEvent): void
  /**
   * The writes that record events and an audit entry, for a commit made elsewhere, and a function that notifies
   * listeners afterwards.
   */
  prepare(
    workspaceId: string,
    change: Change,
  ): { readonly writes: readonly StorageWrite[]; done(written: readonly StorageWritten[]): void }
  /** The durable feed. */
  read(query: {
    workspaceId: string
    after?: string | undefined
    limit?: number | undefined
  }): Promise<RegistryEventPage>
  /** Listeners of this process. */
  readonly local: EventEmitter<LocalEvents>
}

/** Events for local listeners: changes and calls. */
export type LocalEvent = RegistryEvent | CallEvent

/** Local listeners of changes, which are stored, and of calls, which are not. */
export interface LocalEvents {
  stored: [RegistryEvent]
  call: [CallEvent]
}

/** Calls a listener. An error of the listener is only reported. */
export function callListener<Event>(report: Report, listener: (event: Event) => unknown, event: Event): void {
  const failed = (error: unknown): void =>
    report({ area: 'listener', message: 'A listener failed. Nothing else was affected.', error })
  try {
    const answer = listener(event)
    if (answer instanceof Promise) answer.catch(failed)
  } catch (error) {
    failed(error)
  }
}

export function eventFeed(options: {
  storage: RegistryStorage
  runtime: RegistryRuntime
  report: Report
  eventsMs: number
  auditMs: number
}): EventFeed {
  const { storage, runtime } = options
  const local = new EventEmitter<LocalEvents>()
  const notify = <Event>(listeners: readonly ((event: Event) => void)[], event: Event): void => {
    // All listeners share the object, so no listener may change it.
    frozen(event)
    for (const listener of listeners) callListener(options.report, listener, event)
  }
  const prepare: EventFeed['prepare'] = (workspaceId, { writes = [], events = [], audit = [] }) => {
    const at = runtime.now()
    const news = events.map((event) => ({ ...event, workspaceId, at }))
    const all = [...writes]
    for (const event of news)
      all.push({ append: prefixes.event, value: toJson(event), expiresAt: at + options.eventsMs })
    for (const entry of audit)
      all.push({
        key: prefixes.audit + timeOrderedId(runtime, at),
        ifVersion: null,
        value: toJson({ ...entry, workspaceId, at }),
        expiresAt: at + options.auditMs,
      })
    if (events.length > 0) all.push(...catalogueWrites(events, at))
    return {
      writes: all,
      done: (written) => {
        for (const [n, event] of news.entries()) {
          const id = written[writes.length + n]!.key.slice(prefixes.event.length)
          notify(local.listeners('stored'), { ...event, id } as RegistryEvent)
        }
      },
    }
  }
  return {
    local,
    notifyCall(event) {
      if (local.listenerCount('call') > 0) notify(local.listeners('call'), event())
    },
    prepare,
    async commit(workspaceId, change) {
      const { writes, done } = prepare(workspaceId, change)
      const written = await storage.commit(workspaceId, writes)
      if (written === false) return false
      done(written)
      return written.slice(0, change.writes?.length ?? 0)
    },
    async read({ workspaceId, after, limit = 100 }) {
      if (after === 'latest') return { events: [], after: await lastEvent(storage, workspaceId) }
      // Reads from the last handled event: if that one is still stored, no later event was missed.
      const { records } = await storage.list({
        workspaceId,
        prefix: prefixes.event,
        limit: Math.min(limit + 1, recordLimits.page),
        after: after === undefined ? undefined : numbered(prefixes.event, Number(after) - 1),
      })
      const found = records.map((record) => ({ id: record.key.slice(prefixes.event.length), record }))
      if (after !== undefined && Number(after) > 0 && found[0]?.id !== after)
        return { events: [], after: await lastEvent(storage, workspaceId), missed: true }
      const wanted = found.filter(({ id }) => id !== after).slice(0, limit)
      const events = wanted.flatMap(({ id, record }) => {
        const event = readOrReport<Omit<RegistryEvent, 'id'>>(options, workspaceId, record)
        return event === undefined ? [] : [frozen({ ...event, id }) as RegistryEvent]
      })
      return { events, after: wanted.at(-1)?.id ?? after }
    },
  }
}

/** The id of the last event. */
async function lastEvent(storage: RegistryStorage, workspaceId: string): Promise<string | undefined> {
  const { records } = await storage.list({ workspaceId, prefix: prefixes.event, limit: 1, reverse: true })
  return records[0]?.key.slice(prefixes.event.length)
}

/** A unique, unguessable id that sorts by time. */
export function timeOrderedId(runtime: RegistryRuntime, at: number): string {
  return `${momentKey(at)}-${runtime.randomId()}`
}

/** A moment as the beginning of a time-ordered id. */
export function momentKey(at: number): string {
  return Math.max(0, at).toString(36).padStart(9, '0')
}

/** The records that mark cached toolsets as stale and name the integrations that changed. */
function catalogueWrites(events: readonly NewEvent[], at: number): readonly StorageWrite[] {
  const integrations = new Set(
    events.flatMap((event) => (changesToolsets(event.type) && 'integrationId' in event ? [event.integrationId] : [])),
  )
  if (integrations.size === 0) return []
  const change: CatalogueChangeRecord = { integrations: [...integrations] }
  return [
    { key: keys.catalogue, value: at },
    { append: prefixes.catalogue, value: toJson(change), expiresAt: at + changesAreKeptMs },
  ]
}

/** How long changes are stored, in ms. A process that reads less often reads everything again. */
const changesAreKeptMs = 86_400_000
