/** How many streams a server can have resumed at its own pace. Afterwards one per second. */
const atOnce = 10
const perSecond = 1

/**
 * Limits how often streams of a connection are resumed: a server can end each of them at once, and ask for a pause of
 * zero. It may ask for a longer pause, never for a shorter one.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery
 */
export class ResumePace {
  readonly #now: () => number
  #left = atOnce
  #at: number

  constructor(now: () => number) {
    this.#now = now
    this.#at = now()
  }

  /** Whether streams are resumed so often that they have to wait. */
  get isLimited(): boolean {
    return this.#left < 0
  }

  /** Takes one turn. @returns the pause before it, in ms. @param askedMs - the pause that the server asked for */
  pause(askedMs: number): number {
    const now = this.#now()
    this.#left = Math.min(atOnce, this.#left + (Math.max(0, now - this.#at) * perSecond) / 1000) - 1
    this.#at = now
    return Math.max(askedMs, (-this.#left / perSecond) * 1000)
  }
}
