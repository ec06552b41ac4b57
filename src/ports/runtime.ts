/** Clock, timers, ids and network: what tests and special hosts replace. */
export interface RegistryRuntime {
  /** ms since the epoch. `@default Date.now` */
  now(): number
  /** A new unguessable id of 1-64 characters of `[A-Za-z0-9_-]`. `@default` 128 random bits, base64url */
  randomId(): string
  /** Calls back once after `ms`; returns how to take it back. Timers must not keep the process alive. */
  setTimer(callback: () => void, ms: number): () => void
  /** Under egress, never beside it: URL rules and limits hold for it too. `@default` the platform's connector */
  readonly fetch?: typeof globalThis.fetch | undefined
}
