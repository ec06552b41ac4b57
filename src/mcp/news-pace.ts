import type { RegistryRuntime } from '../ports/runtime.js'

/** The minimum interval between two notices, in ms. The next constant: the maximum. */
const minMs = 5_000
const maxMs = 300_000

/**
 * Passes change notices on at most once per interval, which grows while they keep coming and shrinks once they stop.
 * The last notice is never lost: it is passed on when the interval ends. The first is passed on at once.
 */
export class NewsPace {
  readonly #runtime: Pick<RegistryRuntime, 'setTimer'>
  readonly #passOn: () => void
  #intervalMs = minMs
  #state: 'quiet' | 'heard' | 'waiting' | 'stopped' = 'quiet'
  #hasNews = false
  #stopTimer: () => void = () => undefined

  constructor(runtime: Pick<RegistryRuntime, 'setTimer'>, passOn: () => void) {
    this.#runtime = runtime
    this.#passOn = passOn
  }

  news(): void {
    if (this.#state === 'quiet') this.#next('heard')
    else if (this.#state === 'waiting') this.#hasNews = true
    else if (this.#state === 'heard') {
      this.#state = 'waiting'
      this.#passOn()
    }
  }

  stop(): void {
    this.#state = 'stopped'
    this.#stopTimer()
  }

  #next(state: 'heard' | 'waiting'): void {
    this.#state = state
    this.#hasNews = false
    this.#stopTimer = this.#runtime.setTimer(() => this.#intervalEnds(), this.#intervalMs)
    this.#passOn()
  }

  #intervalEnds(): void {
    this.#intervalMs = this.#hasNews ? Math.min(2 * this.#intervalMs, maxMs) : minMs
    if (this.#hasNews) this.#next('waiting')
    else this.#state = 'quiet'
  }
}
