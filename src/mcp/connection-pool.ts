import { IntegrationError } from '../model/errors.js'
import type { RegistryRuntime } from '../ports/runtime.js'
import { Breaker } from './breaker.js'
import type { Connection } from './connection-contract.js'
import { FairPlaces } from './fair-places.js'

/** How long an opening connection occupies one of the opening slots, in ms. */
const openingHoldMs = 1_000

/** Bounds of a {@link ConnectionPool}. */
export interface ConnectionPoolOptions {
  readonly runtime: Pick<RegistryRuntime, 'now' | 'randomId' | 'setTimer'>
  /** Work at once on one key. */
  readonly concurrency: number
  /** An idle connection is closed after so long, in ms. */
  readonly idleMs: number
  /** Live connections; the least recently used idle one goes first. */
  readonly maxConnections: number
  /** Connections being opened at once, over all keys; those that take longer than a second count no more. `@default 64` */
  readonly maxOpening?: number | undefined
}

/** Options of {@link ConnectionPool.use}. */
export interface PoolUseOptions {
  readonly signal?: AbortSignal | undefined
  /** A person asks, so a server that failed recently is tried anyway. `@default false` */
  readonly bypassBreaker?: boolean | undefined
  /** The person to work for, where several people share a server's slots fairly. */
  readonly person?: string | undefined
  /** Background work: calls go first. `@default false` */
  readonly background?: boolean | undefined
  /**
   * Opens a new connection. Existing ones with this key prefix take no new work, and their sessions end after their
   * running work.
   */
  readonly replaces?: string | undefined
}

/** Everything about one key. */
interface Slot {
  readonly places: FairPlaces
  readonly breaker: Breaker
  readonly live: Set<Live>
  opening: Promise<Live> | undefined
  /** Its keys were closed: only running work remains. */
  gone: boolean
}

/** A connection that work is done on. */
interface Live {
  readonly connection: Connection
  readonly slot: Slot
  users: number
  /** It was replaced by another connection. */
  retired: boolean
  stopIdle: () => void
}

/**
 * Live connections, one for a key: opened when first needed, shared, bounded, closed when idle. Different keys don't
 * wait for each other.
 */
export class ConnectionPool {
  readonly #options: ConnectionPoolOptions
  readonly #opening: FairPlaces
  readonly #slots = new Map<string, Slot>()
  /** In order of use, the least recent first. */
  readonly #live = new Set<Live>()
  #closed = false

  constructor(options: ConnectionPoolOptions) {
    this.#options = options
    this.#opening = new FairPlaces(options.maxOpening ?? 64)
  }

  /** Live connections now. */
  get size(): number {
    return this.#live.size
  }

  /**
   * Runs work on the connection of a key, opened by `open` when there is none. Waits for a slot when the key is busy;
   * `work` is told whether it waited for a slot or a connection.
   *
   * @throws what `open` and `work` throw; while the server is left alone after a failure, that failure at once;
   *   `aborted` while waiting, `closed`
   */
  async use<T>(
    key: string,
    open: () => Promise<Connection>,
    work: (connection: Connection, on: { readonly waited: boolean }) => Promise<T>,
    options: PoolUseOptions = {},
  ): Promise<T> {
    if (this.#closed) throw closed()
    const slot = this.#slot(key)
    const waited = !slot.places.admits(options.person) || !hasFree(slot)
    const leave = await slot.places.take(options.person, options.signal)
    try {
      return await slot.breaker.guard(
        () => this.#work(slot, open, (connection) => work(connection, { waited }), options.replaces),
        {
          bypass: options.bypassBreaker ?? false,
          background: options.background ?? false,
        },
      )
    } finally {
      leave()
      if (!slot.breaker.closed) this.#leaveAlone(slot)
      if (slot.live.size === 0 && slot.places.unused && slot.breaker.closed) this.#forget(key, slot)
    }
  }

  /**
   * Runs work on a new connection, which is closed afterwards; its session stays usable. Waits for an opening slot.
   *
   * @throws what `open` and `work` throw; `aborted` while waiting, `closed`
   */
  async once<T>(
    open: () => Promise<Connection>,
    work: (connection: Connection) => Promise<T>,
    options: Pick<PoolUseOptions, 'signal'> = {},
  ): Promise<T> {
    const connection = await this.#opened(open, options.signal)
    try {
      return await work(connection)
    } finally {
      await connection.close({ endSession: false })
    }
  }

  /** Retires the connections with a key prefix: their sessions end after their running work. */
  async retireKeys(prefix: string): Promise<void> {
    const idle: Live[] = []
    for (const [key, slot] of this.#slots) {
      if (!key.startsWith(prefix)) continue
      this.#slots.delete(key)
      slot.gone = true
      for (const live of slot.live) if (live.users === 0) idle.push(live)
    }
    await Promise.all(idle.map((live) => this.#retire(live)))
  }

  /** Closes the connections with a key prefix and ends their sessions. */
  async closeKeys(prefix: string): Promise<void> {
    const gone = [...this.#slots].filter(([key]) => key.startsWith(prefix))
    for (const [key] of gone) this.#slots.delete(key)
    await Promise.all(gone.map(([, slot]) => this.#closeSlot(slot, true)))
  }

  /** Closes everything; sessions stay for the next process. Safe twice. */
  async close(): Promise<void> {
    this.#closed = true
    const slots = [...this.#slots.values()]
    this.#slots.clear()
    await Promise.all(slots.map((slot) => this.#closeSlot(slot, false)))
  }

  #slot(key: string): Slot {
    const { concurrency, runtime } = this.#options
    const slot = this.#slots.get(key) ?? {
      places: new FairPlaces(concurrency),
      breaker: new Breaker(runtime),
      live: new Set<Live>(),
      opening: undefined,
      gone: false,
    }
    this.#slots.set(key, slot)
    return slot
  }

  #forget(key: string, slot: Slot): void {
    if (this.#slots.get(key) === slot) this.#slots.delete(key)
  }

  async #work<T>(
    slot: Slot,
    open: () => Promise<Connection>,
    work: (connection: Connection) => Promise<T>,
    replaces: string | undefined,
  ): Promise<T> {
    const live = replaces === undefined ? await this.#acquire(slot, open) : await this.#replace(slot, open, replaces)
    try {
      return await work(live.connection)
    } finally {
      this.#release(live)
    }
  }

  /** A usable connection; one with elicitation is used by one call at a time. */
  async #acquire(slot: Slot, open: () => Promise<Connection>): Promise<Live> {
    for (;;) {
      if (this.#closed) throw closed()
      for (const live of slot.live) {
        if (!live.connection.usable) this.#drop(live)
        else if (live.users === 0 || !live.connection.exclusive) return this.#taken(live)
      }
      if (slot.opening === undefined) {
        slot.opening = this.#open(slot, open).finally(() => (slot.opening = undefined))
        return this.#taken(await slot.opening)
      }
      const live = await slot.opening
      if (live.connection.usable && (live.users === 0 || !live.connection.exclusive)) return this.#taken(live)
    }
  }

  /** A new connection beside those that are there, which are used up by those who have them. */
  async #replace(slot: Slot, open: () => Promise<Connection>, prefix: string): Promise<Live> {
    const fresh = this.#taken(await this.#open(slot, open))
    for (const [key, other] of this.#slots) {
      if (!key.startsWith(prefix)) continue
      for (const live of other.live) if (live !== fresh) void this.#retire(live)
    }
    return fresh
  }

  /** No new work goes to it, and its session ends with its last. */
  async #retire(live: Live): Promise<void> {
    live.retired = true
    live.stopIdle()
    live.slot.live.delete(live)
    this.#live.delete(live)
    if (live.users === 0) await live.connection.close({ endSession: true }).catch(() => undefined)
  }

  async #open(slot: Slot, open: () => Promise<Connection>): Promise<Live> {
    const connection = await this.#opened(open)
    const live: Live = { connection, slot, users: 0, retired: false, stopIdle: () => undefined }
    slot.live.add(live)
    this.#live.add(live)
    this.#makeRoom()
    return live
  }

  /** Opens a connection; a slow one releases its opening slot to others. */
  async #opened(open: () => Promise<Connection>, signal?: AbortSignal): Promise<Connection> {
    if (this.#closed) throw closed()
    const leave = await this.#opening.take(undefined, signal)
    const stopTimer = this.#options.runtime.setTimer(leave, openingHoldMs)
    try {
      if (this.#closed) throw closed()
      return await open()
    } finally {
      stopTimer()
      leave()
    }
  }

  #taken(live: Live): Live {
    live.users++
    live.stopIdle()
    this.#live.delete(live)
    this.#live.add(live)
    return live
  }

  #release(live: Live): void {
    live.users--
    if (!live.connection.usable || !this.#live.has(live) || live.slot.gone) return this.#drop(live)
    if (live.users > 0) return
    live.stopIdle = this.#options.runtime.setTimer(() => this.#drop(live), this.#options.idleMs)
    this.#makeRoom()
  }

  #makeRoom(): void {
    for (const live of this.#live) {
      if (this.#live.size <= this.#options.maxConnections) return
      if (live.users === 0) this.#drop(live)
    }
  }

  /** Closes idle connections to a server that is down: no event stream, and no request for the next connection. */
  #leaveAlone(slot: Slot): void {
    for (const live of slot.live) if (live.users === 0) this.#drop(live)
  }

  /** Removes a connection; its running work finishes first. Its session stays usable. */
  #drop(live: Live): void {
    live.stopIdle()
    live.slot.live.delete(live)
    this.#live.delete(live)
    if (live.users === 0)
      void live.connection
        .close({ endSession: (live.slot.gone || live.retired) && !this.#closed })
        .catch(() => undefined)
  }

  async #closeSlot(slot: Slot, endSession: boolean): Promise<void> {
    slot.gone = true
    const lives = [...slot.live]
    for (const live of lives) {
      live.stopIdle()
      slot.live.delete(live)
      this.#live.delete(live)
    }
    await Promise.all(lives.map((live) => live.connection.close({ endSession }).catch(() => undefined)))
  }
}

/** Whether work would get a connection without waiting for one. */
function hasFree(slot: Slot): boolean {
  return [...slot.live].some(({ connection, users }) => connection.usable && (users === 0 || !connection.exclusive))
}

function closed(): IntegrationError {
  return new IntegrationError('closed', 'The registry was closed.')
}
