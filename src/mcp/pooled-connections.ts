import type { RegistryRuntime } from '../ports/runtime.js'
import type { Connection } from './connection-contract.js'

/** A connection that work is done on. */
export interface PooledConnection {
  readonly connection: Connection
  readonly group: ConnectionGroup
  users: number
  /** It was replaced by another connection. */
  retired: boolean
  stopIdle: () => void
}

/** The connections of one key. */
export interface ConnectionGroup {
  readonly live: Set<PooledConnection>
  /** Its key was closed: only running work remains. */
  gone: boolean
}

/** Options of {@link PooledConnections}. */
export interface PooledConnectionsOptions {
  readonly runtime: Pick<RegistryRuntime, 'setTimer'>
  /** An idle connection is closed after so long, in ms. */
  readonly idleMs: number
  /** Live connections; the least recently used idle one goes first. */
  readonly maxConnections: number
}

/** The live connections of a pool, over all keys: each is closed when it was idle for long, or makes room for others. */
export class PooledConnections {
  /** Whether sessions outlive their connections, for the next process. */
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

  /** Adds a connection that nobody uses yet. */
  add(connection: Connection, group: ConnectionGroup): PooledConnection {
    const live: PooledConnection = { connection, group, users: 0, retired: false, stopIdle: () => undefined }
    group.live.add(live)
    this.#live.add(live)
    this.#makeRoom()
    return live
  }

  /** Counts one more user, until {@link release}. */
  take(live: PooledConnection): PooledConnection {
    live.users++
    live.stopIdle()
    this.#live.delete(live)
    this.#live.add(live)
    return live
  }

  /** Counts one user less: a connection without any is idle. */
  release(live: PooledConnection): void {
    live.users--
    if (!live.connection.usable || !this.#live.has(live) || live.group.gone) return this.drop(live)
    if (live.users > 0) return
    live.stopIdle = this.#options.runtime.setTimer(() => this.drop(live), this.#options.idleMs)
    this.#makeRoom()
  }

  /** Removes a connection; its running work finishes first. Its session stays usable. */
  drop(live: PooledConnection): void {
    live.stopIdle()
    live.group.live.delete(live)
    this.#live.delete(live)
    if (live.users === 0)
      void live.connection
        .close({ endSession: (live.group.gone || live.retired) && !this.keepSessions })
        .catch(() => undefined)
  }

  /** No new work goes to it, and its session ends with its last. */
  async retire(live: PooledConnection): Promise<void> {
    live.retired = true
    live.stopIdle()
    live.group.live.delete(live)
    this.#live.delete(live)
    if (live.users === 0) await live.connection.close({ endSession: true }).catch(() => undefined)
  }

  /** Closes idle connections to a server that is down: no event stream, and no request for the next connection. */
  dropIdle(group: ConnectionGroup): void {
    for (const live of group.live) if (live.users === 0) this.drop(live)
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
      if (live.users === 0) this.drop(live)
    }
  }
}
