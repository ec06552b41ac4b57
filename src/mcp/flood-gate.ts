import { isObject } from '../model/json.js'
import { IntegrationError } from '../model/errors.js'
import { ResumePace } from './resume-pace.js'

/** The maximum burst on one stream, in units: more than an honest server sends of progress, logs and keep-alives. */
const burst = 1_000
/** The maximum burst after a recent flood. */
const burstAfterFlood = 20
const rememberedMs = 60_000
/** The maximum rate in units per second. */
const perSecond = 200
const unitsOfRequest = 10
const bytesPerUnit = 16 * 1024
const readsPerUnit = 20

/** Creates the gates of one connection. After a flood, new streams of the same connection have a lower limit. */
export class FloodGates {
  readonly #now: () => number
  readonly #resuming: ResumePace
  #floodedAt = Number.NEGATIVE_INFINITY

  constructor(now: () => number) {
    this.#now = now
    this.#resuming = new ResumePace(now)
  }

  stream(): FloodGate {
    return this.#gate(burst)
  }

  /** The gate of a stream that continues another one. With one per second, the rate of messages stays the same. */
  resumed(): FloodGate {
    return this.#gate(this.#resuming.isLimited ? perSecond : burst)
  }

  /** The pause before a stream is resumed, in ms. @param askedMs - the pause that the server asked for */
  pauseBeforeResuming(askedMs: number): number {
    return this.#resuming.pause(askedMs)
  }

  #gate(atOnce: number): FloodGate {
    const isKnown = this.#now() - this.#floodedAt < rememberedMs
    return new FloodGate(this.#now, isKnown ? burstAfterFlood : atOnce, () => (this.#floodedAt = this.#now()))
  }
}

/** Limits the messages of a stream. A unit is a message, 16 KiB, or twenty reads of the network. */
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

  /** Counts the requests among messages, because responding costs more than reading. @throws IntegrationError `response_too_large` */
  asked(messages: readonly unknown[]): void {
    const requests = messages.filter((message) => isObject(message) && 'method' in message && 'id' in message).length
    if (requests > 0) this.#take(requests * unitsOfRequest)
  }

  /** Counts bytes from the network. @throws IntegrationError `response_too_large` */
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

/** The error for too many messages. */
export function flooded(): IntegrationError {
  return new IntegrationError(
    'response_too_large',
    "The server sends too many messages. Report it to the server's author.",
    { mayHaveRun: true },
  )
}
