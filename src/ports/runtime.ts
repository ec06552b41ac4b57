/** Clock, timers, ids and network. Tests and special hosts can replace them. */
export interface RegistryRuntime {
  /** ms since the epoch. `@default Date.now` */
  now(): number
  /** A new unguessable id of 1-64 characters of `[A-Za-z0-9_-]`. `@default` 128 random bits, base64url */
  randomId(): string
  /**
   * Calls `callback` once after `ms`. Returns a function that cancels the timer. Timers must not keep the process
   * alive.
   */
  setTimer(callback: () => void, ms: number): () => void
  /**
   * Sends requests below the egress checks: URL rules and limits apply to it too. `@default` the platform's own HTTP
   * client
   */
  readonly fetch?: typeof globalThis.fetch | undefined
}
