import { IntegrationError } from '../model/errors.js'
import { race } from '../model/race.js'
import type { RegistryRuntime } from '../ports/runtime.js'
import { Breaker } from './breaker.js'
import { abortedBy } from './aborted-by.js'
import type { Connection } from './connection-contract.js'
import { FairPlaces } from './fair-places.js'
import {
  PooledConnections,
  type ConnectionGroup,
  type PooledConnection,
  type PooledConnectionsOptions,
} from './pooled-connections.js'

/** How long an opening connection occupies one of the opening slots, in ms. */
const openingHoldMs = 1_000

/** Limits of a {@link ConnectionPool}. */
export interface ConnectionPoolOptions extends PooledConnectionsOptions {
  readonly runtime: Pick<RegistryRuntime, 'now' | 'randomId' | 'setTimer'>
  /** Simultaneous work on one key. */
  readonly concurrency: number
  /** Connections that are opened at the same time, over all keys. One that takes more than a second no longer counts. `@default 64` */
  readonly maxOpening?: number | undefined
}

/** Options of {@link ConnectionPool.use}. */
export interface PoolUseOptions {
  readonly signal?: AbortSignal | undefined
  /** Whether to try a server that failed recently, because a person asks for it. `@default false` */
  readonly bypassBreaker?: boolean | undefined
  /** The person that the work is for, if several people share a server's slots. */
  readonly person?: string | undefined
  /** Whether this is background work, which waits for calls. `@default false` */
  readonly background?: boolean | undefined
  /**
   * Opens a new connection. Existing ones with this key prefix take no new work, and their sessions end after their
   * running work.
   */
  readonly replaces?: string | undefined
}

/** The state of one key. */
interface Slot extends ConnectionGroup {
  readonly places: FairPlaces
  readonly breaker: Breaker
  opening: Promise<PooledConnection> | undefined
  /** How many connections are being opened. */
  openings: number
}

/**
 * Keeps connections, one for each key: opened at the first use, shared, limited in number, closed when idle. Different
 * keys don't wait for each other.
 */
export class ConnectionPool {
  readonly #options: ConnectionPoolOptions
  readonly #opening: FairPlaces
  readonly #slots = new Map<string, Slot>()
  readonly #live: PooledConnections
  #closed = false

  constructor(options: ConnectionPoolOptions) {
    this.#options = options
    this.#opening = new FairPlaces(options.maxOpening ?? 64)
    this.#live = new PooledConnections(options)
  }

  /** The number of open connections. */
  get size(): number {
    return this.#live.size
  }

  /** The number of keys with a connection, running work, or a failure to remember. */
  get keys(): number {
    return this.#slots.size
  }

  /**
   * Runs work on the connection of a key, which `open` opens if there is none. Waits for a slot if the key is busy. The
   * second argument of `work` says whether it waited for a slot or a connection.
   *
   * @throws the errors of `open` and `work`; during a pause after a failure, that failure at once;
   *   `aborted` while waiting, `closed`
   */
  async use<T>(
    key: string,
    open: () => Promise<Connection>,
    work: (connection: Connection, on: { readonly waited: boolean }) => Promise<T>,
    options: PoolUseOptions = {},
  ): Promise<T> {
    if (this.#closed) throw closed()
    const slot = this.#slots.get(key) ?? this.#newSlot(key)
    const { person, signal } = options
    const free = slot.places.takeFree(person, signal)
    const waited = free === undefined || ![...slot.live].some(isFree)
    const leave = free ?? (await slot.places.take(person, signal))
    try {
      return await slot.breaker.guard(
        () => this.#work(slot, open, (connection) => work(connection, { waited }), options),
        {
          bypass: options.bypassBreaker ?? false,
          background: options.background ?? false,
        },
      )
    } finally {
      leave()
      if (!slot.breaker.closed) this.#live.dropIdle(slot)
      this.#forgetUnused(key, slot)
    }
  }

  /**
   * Runs work on a new connection, which is closed afterwards; its session stays usable. Waits for an opening slot.
   *
   * @throws the errors of `open` and `work`; `aborted` while waiting, `closed`
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
    const idle: PooledConnection[] = []
    for (const [key, slot] of this.#slots) {
      if (!key.startsWith(prefix)) continue
      this.#slots.delete(key)
      slot.gone = true
      for (const live of slot.live) if (live.isIdle) idle.push(live)
    }
    await Promise.all(idle.map((live) => this.#live.retire(live)))
  }

  /** Closes the connections with a key prefix and ends their sessions. */
  async closeKeys(prefix: string): Promise<void> {
    const gone = [...this.#slots].filter(([key]) => key.startsWith(prefix))
    for (const [key] of gone) this.#slots.delete(key)
    await Promise.all(gone.map(([, slot]) => this.#live.close(slot, true)))
  }

  /** Closes everything. Sessions stay usable for the next process. Safe to call twice. */
  async close(): Promise<void> {
    this.#closed = true
    this.#live.keepSessions = true
    const slots = [...this.#slots.values()]
    this.#slots.clear()
    await Promise.all(slots.map((slot) => this.#live.close(slot, false)))
  }

  #newSlot(key: string): Slot {
    const { concurrency, runtime } = this.#options
    const slot: Slot = {
      places: new FairPlaces(concurrency),
      breaker: new Breaker(runtime),
      live: new Set<PooledConnection>(),
      opening: undefined,
      openings: 0,
      gone: false,
      onEmpty: () => this.#forgetUnused(key, slot),
    }
    this.#slots.set(key, slot)
    return slot
  }

  #forgetUnused(key: string, slot: Slot): void {
    if (isUnused(slot) && this.#slots.get(key) === slot) this.#slots.delete(key)
  }

  async #work<T>(
    slot: Slot,
    open: () => Promise<Connection>,
    work: (connection: Connection) => Promise<T>,
    { replaces, signal }: PoolUseOptions,
  ): Promise<T> {
    const live =
      replaces === undefined
        ? (this.#free(slot) ?? (await this.#acquire(slot, open, signal)))
        : await this.#replace(slot, open, { prefix: replaces, signal })
    try {
      return await work(live.connection)
    } finally {
      this.#live.release(live)
    }
  }

  /** A free connection. */
  #free(slot: Slot): PooledConnection | undefined {
    if (this.#closed) throw closed()
    for (const live of slot.live) {
      if (!live.connection.usable) this.#live.drop(live)
      else if (isFree(live)) return this.#live.take(live)
    }
    return undefined
  }

  /** A free connection, or a new one. */
  async #acquire(
    slot: Slot,
    open: () => Promise<Connection>,
    signal: AbortSignal | undefined,
  ): Promise<PooledConnection> {
    for (;;) {
      const free = this.#free(slot)
      if (free !== undefined) return free
      if (slot.opening === undefined) {
        slot.opening = this.#open(slot, open).finally(() => (slot.opening = undefined))
        return this.#live.take(await this.#unlessGivenUp(slot.opening, signal))
      }
      const live = await this.#unlessGivenUp(slot.opening, signal)
      if (isFree(live)) return this.#live.take(live)
    }
  }

  /** A new connection. The existing ones finish their running work and take no other. */
  async #replace(
    slot: Slot,
    open: () => Promise<Connection>,
    { prefix, signal }: { readonly prefix: string; readonly signal: AbortSignal | undefined },
  ): Promise<PooledConnection> {
    const fresh = this.#live.take(await this.#unlessGivenUp(this.#open(slot, open), signal))
    for (const [key, other] of this.#slots) {
      if (!key.startsWith(prefix)) continue
      for (const live of other.live) if (live !== fresh) void this.#live.retire(live)
    }
    return fresh
  }

  /** Waits for a connection until the signal aborts. The opening goes on, for the next call. */
  async #unlessGivenUp(opening: Promise<PooledConnection>, signal: AbortSignal | undefined): Promise<PooledConnection> {
    try {
      return await race(opening, { signal, toError: () => abortedBy(signal!) })
    } catch (error) {
      if (signal?.aborted === true)
        opening.then(
          (live) => this.#live.release(this.#live.take(live)),
          () => undefined,
        )
      throw error
    }
  }

  async #open(slot: Slot, open: () => Promise<Connection>): Promise<PooledConnection> {
    slot.openings++
    try {
      return this.#live.add(await this.#opened(open), slot)
    } finally {
      slot.openings--
      if (slot.openings === 0) slot.onEmpty()
    }
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
}

/** Whether a key has nothing to remember. */
function isUnused({ live, openings, places, breaker }: Slot): boolean {
  return live.size === 0 && openings === 0 && places.unused && breaker.closed
}

/** Whether a connection can take more work. One with elicitation runs one call at a time. */
function isFree({ connection, users }: PooledConnection): boolean {
  return connection.usable && (users === 0 || !connection.exclusive)
}

function closed(): IntegrationError {
  return new IntegrationError('closed', 'The registry was closed.')
}
