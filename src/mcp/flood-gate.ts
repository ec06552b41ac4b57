import { isObject } from './absent.js'
import { IntegrationError } from '../model/errors.js'

/** Units that may come at once on one stream: more than any honest burst of progress, logs and keep-alives. */
const burst = 1_000
/** The same, of a server that flooded a moment ago. */
const burstAfterFlood = 20
const rememberedMs = 60_000
/** Units that may come in a second, in the long run. */
const perSecond = 200
const unitsOfRequest = 10
const bytesPerUnit = 16 * 1024
const readsPerUnit = 20

/** Gates for the streams of one connection: a server that floods one after the other gains nothing. */
export class FloodGates {
  readonly #now: () => number
  #floodedAt = Number.NEGATIVE_INFINITY

  constructor(now: () => number) {
    this.#now = now
  }

  stream(): FloodGate {
    const isKnown = this.#now() - this.#floodedAt < rememberedMs
    return new FloodGate(this.#now, isKnown ? burstAfterFlood : burst, () => (this.#floodedAt = this.#now()))
  }
}

/** Bounds what a server may send on a stream: a message is a unit, and so are 16 KiB and twenty reads of the network. */
export class FloodGate {
  readonly #now: () => number
  readonly #onFlood: () => void
  #left: number
  #at: number

  constructor(now: () => number, atOnce = burst, onFlood: () => void = () => undefined) {
    this.#now = now
    this.#left = atOnce
    this.#at = now()
    this.#onFlood = onFlood
  }

  /** @throws IntegrationError `response_too_large` when the rate is exceeded */
  message(count = 1): void {
    this.#take(count)
  }

  /** What a message asks for: a request has to be answered, which costs more than reading it. @throws the same */
  asked(messages: readonly unknown[]): void {
    const requests = messages.filter((message) => isObject(message) && 'method' in message && 'id' in message).length
    if (requests > 0) this.#take(requests * unitsOfRequest)
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
    if (this.#left >= 0) return
    this.#onFlood()
    throw flooded()
  }
}

/** More was sent at once, or in all, than is accepted. */
export function flooded(): IntegrationError {
  return new IntegrationError(
    'response_too_large',
    "The server sends too many messages. Report it to the server's author.",
    { mayHaveRun: true },
  )
}
