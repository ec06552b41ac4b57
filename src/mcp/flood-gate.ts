import { IntegrationError } from '../model/errors.js'

/** Units that may come at once: more than any honest burst of progress, logs and keep-alives. */
const burst = 2_000
/** Units that may come in a second, in the long run. */
const perSecond = 300
const bytesPerUnit = 16 * 1024
const readsPerUnit = 10

/** Bounds what a server may send unasked: a message is a unit, and so are 16 KiB and ten reads of the network. */
export class FloodGate {
  readonly #now: () => number
  #left = burst
  #at: number

  constructor(now: () => number) {
    this.#now = now
    this.#at = now()
  }

  /** @throws IntegrationError `response_too_large` when more comes than anybody can want */
  message(count = 1): void {
    this.#take(count)
  }

  /** What was read from the network. @throws IntegrationError `response_too_large` */
  read(bytes: number): void {
    this.#take(1 / readsPerUnit + bytes / bytesPerUnit)
  }

  #take(units: number): void {
    this.#left -= units
    if (this.#left >= 0) return
    const now = this.#now()
    this.#left = Math.min(burst, this.#left + (Math.max(0, now - this.#at) * perSecond) / 1000)
    this.#at = now
    if (this.#left < 0) throw flooded()
  }
}

function flooded(): IntegrationError {
  return new IntegrationError(
    'response_too_large',
    'The server sends more messages than are accepted. Report it to its author.',
    { mayHaveRun: true },
  )
}
