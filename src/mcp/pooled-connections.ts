import type { RegistryRuntime } from '../ports/runtime.js'
import type { Connection } from './connection-contract.js'

/** A connection of the pool. */
export interface PooledConnection {
  readonly connection: Connection
  readonly group: ConnectionGroup
  users: number
  /** Whether its last user has left. A new connection is not idle: it is about to be used. */
  isIdle: boolean
  /** Whether another connection replaced this one. */
  retired: boolean
  stopIdle: () => void
}

/** The connections of one key. */
export interface ConnectionGroup {
  readonly live: Set<PooledConnection>
  /** Whether the key was closed, so that only running work remains. */
  gone: boolean
  /** Called when the last connection was dropped. */
  onEmpty(): void
}

/** Options of {@link PooledConnections}. */
export interface PooledConnectionsOptions {
  readonly runtime: Pick<RegistryRuntime, 'setTimer'>
  /** How long an idle connection stays open, in ms. */
  readonly idleMs: number
  /** The limit of open connections. Beyond it, the least recently used idle one is closed. */
  readonly maxConnections: number
}

/** The open connections of a pool, over all keys. Idle ones are closed after a time, or to make room for others. */
export class PooledConnections {
  /** Whether sessions stay usable after their connections, for the next process. */
  keepSessions = false
  readonly #options: PooledConnectionsOptions
  /** In order of use, the least recent first. */
  readonly #live = new Set<PooledConnection>()

  constructor(options: PooledConnectionsOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#live.size
  }

  /** Adds an unused connection. */
  add(connection: Connection, group: ConnectionGroup): PooledConnection {
    const live: PooledConnection = {
      connection,
      group,
      users: 0,
      isIdle: false,
      retired: false,
      stopIdle: () => undefined,
    }
    group.live.add(live)
    this.#live.add(live)
    this.#makeRoom()
    return live
  }

  /** Adds a user of a connection, until {@link release}. */
  take(live: PooledConnection): PooledConnection {
    live.users++
    live.isIdle = false
    live.stopIdle()
    this.#live.delete(live)
    this.#live.add(live)
    return live
  }

  /** Removes a user of a connection. Without users, the connection is idle. */
  release(live: PooledConnection): void {
    live.users--
    if (!live.connection.usable || live.retired || live.group.gone || !this.#live.has(live)) return this.drop(live)
    if (live.users > 0) return
    live.isIdle = true
    live.stopIdle = this.#options.runtime.setTimer(() => this.drop(live), this.#options.idleMs)
    this.#makeRoom()
  }

  /** Removes a connection. Running work finishes first, and the session stays usable. */
  drop(live: PooledConnection): void {
    live.stopIdle()
    live.group.live.delete(live)
    this.#live.delete(live)
    if (live.users === 0)
      void live.connection
        .close({ endSession: (live.group.gone || live.retired) && !this.keepSessions })
        .catch(() => undefined)
    if (live.group.live.size === 0) live.group.onEmpty()
  }

  /** Stops new work on a connection. The session ends after the running work. */
  async retire(live: PooledConnection): Promise<void> {
    live.retired = true
    live.stopIdle()
    live.group.live.delete(live)
    this.#live.delete(live)
    // A new one that nobody has used yet is about to be.
    if (live.isIdle) await live.connection.close({ endSession: true }).catch(() => undefined)
  }

  /** Closes idle connections to a server that is down, without a request to it. */
  dropIdle(group: ConnectionGroup): void {
    for (const live of group.live) if (live.isIdle) this.drop(live)
  }

  /** Closes the connections of a key at once. */
  async close(group: ConnectionGroup, endSession: boolean): Promise<void> {
    group.gone = true
    const lives = [...group.live]
    for (const live of lives) {
      live.stopIdle()
      group.live.delete(live)
      this.#live.delete(live)
    }
    await Promise.all(lives.map((live) => live.connection.close({ endSession }).catch(() => undefined)))
  }

  #makeRoom(): void {
    for (const live of this.#live) {
      if (this.#live.size <= this.#options.maxConnections) return
      if (live.isIdle) this.drop(live)
    }
  }
}
