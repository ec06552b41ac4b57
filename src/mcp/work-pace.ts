/** Units of work between two pauses. */
const unitsAtOnce = 20_000

/** Yields to the event loop during long work, so that no server can block it. */
export class WorkPace {
  #spent = 0

  /**
   * Counts finished work, in units of one visited value or 64 characters.
   *
   * @returns the end of a pause, after much work; `undefined` otherwise: waiting for nothing in a loop costs more than the
   * work in it
   */
  after(units: number): Promise<void> | undefined {
    this.#spent += units
    if (this.#spent < unitsAtOnce) return undefined
    this.#spent = 0
    return pause()
  }
}

/** Waits for a turn of the event loop. Not a timer of the runtime, because work must continue while a test's clock is stopped. */
function pause(): Promise<void> {
  if (typeof MessageChannel === 'undefined') return Promise.resolve()
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(undefined)
  })
}
