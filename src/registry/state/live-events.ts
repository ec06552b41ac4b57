import { EventEmitter } from 'eventemitter3'
import type { RegistryEvent } from '../../model/event.js'
import type { Report } from '../../model/diagnostic.js'
import type { RegistryRuntime } from '../../ports/runtime.js'
import type { RegistryStorage } from '../../ports/storage.js'
import type { EventFeed } from './event-feed.js'
import { keys } from './keys.js'
import type { IntegrationRecord } from './records.js'
import { readOrReport } from './read-record.js'

/** An event with the current record of its integration; absent if the integration was removed. */
export interface LiveEvent {
  readonly event: RegistryEvent
  readonly record: IntegrationRecord | undefined
}

/** Delivers every event of a workspace, whichever process committed it: once, in the order of the feed. */
export interface LiveEvents {
  /** @returns a function that stops following */
  follow(workspaceId: string, listener: (news: LiveEvent) => void): () => void
  /** Reports a commit of this or another process: the feed is read at once. */
  wake(workspaceId: string): void
  /** Ends all following. */
  close(): void
}

/**
 * How often the feed is read while it has listeners, in ms. This finds events of other processes if the storage doesn't
 * report them.
 */
const readEveryMs = 1_000

export function liveEvents(options: {
  readonly feed: EventFeed
  readonly storage: RegistryStorage
  readonly runtime: RegistryRuntime
  readonly report: Report
}): LiveEvents {
  const followed = new Map<string, Following>()
  return {
    follow(workspaceId, listener) {
      const following = followed.get(workspaceId) ?? new Following(workspaceId, options)
      followed.set(workspaceId, following)
      let isFollowing = true
      // A new function, so that the same listener can be added twice.
      const own = (news: LiveEvent): void => void (isFollowing && listener(news))
      following.followers.on('event', own)
      return () => {
        isFollowing = false
        following.followers.off('event', own)
        if (following.followers.listenerCount('event') > 0 || followed.get(workspaceId) !== following) return
        followed.delete(workspaceId)
        following.stop()
      }
    },
    wake: (workspaceId) => followed.get(workspaceId)?.read(),
    close() {
      for (const following of followed.values()) following.stop()
      followed.clear()
    },
  }
}

/** Reads the feed of one workspace for all its listeners in this process. */
class Following {
  readonly followers = new EventEmitter<{ event: [LiveEvent] }>()
  readonly #workspaceId: string
  readonly #options: Parameters<typeof liveEvents>[0]
  /** The last delivered event. */
  #after: string | undefined
  /** The end of the feed when following began: reading delivers what comes after it. */
  #start: string | undefined
  /** Events of this process that the end may include, because their commits were reported after it was read. */
  readonly #early: RegistryEvent[] = []
  #isLooking = false
  #again = false
  #stopped = false
  #isAway = false
  #cancelTimer = (): void => {}

  constructor(workspaceId: string, options: Parameters<typeof liveEvents>[0]) {
    this.#workspaceId = workspaceId
    this.#options = options
    options.feed.local.on('stored', this.#onLocalEvent)
    this.read()
  }

  read(): void {
    this.#again = true
    this.#cancelTimer()
    if (!this.#isLooking) void this.#readUntilIdle()
  }

  stop(): void {
    this.#stopped = true
    this.#options.feed.local.off('stored', this.#onLocalEvent)
    this.#cancelTimer()
  }

  readonly #onLocalEvent = (event: RegistryEvent): void => {
    if (event.workspaceId !== this.#workspaceId) return
    if (this.#start === undefined || event.id <= this.#start) this.#early.push(event)
    this.read()
  }

  async #readUntilIdle(): Promise<void> {
    this.#isLooking = true
    do {
      this.#again = false
      // After an outage of the storage, the next read finds the missed events.
      await this.#read().then(
        () => (this.#isAway = false),
        (error: unknown) => this.#reportOutage(error),
      )
    } while (this.#again && !this.#stopped)
    this.#isLooking = false
    if (!this.#stopped) this.#cancelTimer = this.#options.runtime.setTimer(() => this.read(), readEveryMs)
  }

  /** Reported once per outage. */
  #reportOutage(error: unknown): void {
    const { report } = this.#options
    const message = 'The events of a workspace could not be read for its listeners. Reading is retried every second.'
    if (!this.#isAway && !this.#stopped) report({ area: 'live_events', message, error, workspaceId: this.#workspaceId })
    this.#isAway = true
  }

  async #read(): Promise<void> {
    const { feed } = this.#options
    const workspaceId = this.#workspaceId
    if (this.#start === undefined) {
      const { after = noEvent } = await feed.read({ workspaceId, after: 'latest' })
      this.#after = this.#start = after
    }
    await this.#deliverEarly(this.#start)
    while (!this.#stopped) {
      const page = await feed.read({ workspaceId, after: this.#after, limit: 200 })
      this.#after = page.after ?? this.#after
      if (page.events.length === 0) return
      await this.#deliver(page.events)
    }
  }

  async #deliverEarly(start: string): Promise<void> {
    const early = [...this.#early]
    await this.#deliver(early.filter(({ id }) => id <= start))
    this.#early.splice(0, early.length)
  }

  async #deliver(events: readonly RegistryEvent[]): Promise<void> {
    if (events.length === 0) return
    const ids = [...new Set(events.map(({ integrationId }) => integrationId))]
    const { records } = await this.#options.storage.read(this.#workspaceId, ids.map(keys.integration))
    const recordOf = (n: number) => readOrReport<IntegrationRecord>(this.#options, this.#workspaceId, records[n])
    const now = new Map(ids.map((id, n) => [id, recordOf(n)]))
    for (const event of events) this.followers.emit('event', { event, record: now.get(event.integrationId) })
  }
}

const noEvent = '0'.repeat(16)
