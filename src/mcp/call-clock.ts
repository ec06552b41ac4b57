import { IntegrationError } from '../model/errors.js'
import { onAbort } from '../model/race.js'
import type { RegistryRuntime } from '../ports/runtime.js'
import { abortedBy } from './aborted-by.js'

/** The maximum duration of a call that reports progress, as a multiple of its timeout. */
const maxTimeouts = 5

/**
 * The deadline of one piece of work: `timeoutMs` without a sign of life from the server, five times that in total, or
 * until the caller aborts. Adds one listener to the caller's signal; {@link CallClock.stop} removes it.
 */
export class CallClock {
  readonly #controller = new AbortController()
  readonly #runtime: Pick<RegistryRuntime, 'now' | 'setTimer'>
  readonly #started: number
  readonly #timeoutMs: number
  #stopTotal: (() => void) | undefined
  readonly #stopListening: () => void
  readonly #onEnd = new Set<(reason: IntegrationError) => void>()
  #ended: IntegrationError | undefined
  #stopIdle: () => void
  #waiting = 0

  constructor(options: {
    readonly runtime: Pick<RegistryRuntime, 'now' | 'setTimer'>
    readonly timeoutMs: number
    readonly signal?: AbortSignal | undefined
  }) {
    this.#runtime = options.runtime
    this.#timeoutMs = options.timeoutMs
    this.#started = options.runtime.now()
    const { signal } = options
    this.#stopIdle = options.runtime.setTimer(() => this.end(timedOut()), options.timeoutMs)
    this.#stopListening = onAbort(signal, () => this.end(abortedBy(signal!)))
  }

  /** Aborts when the time is over or the caller aborts. The reason is an `IntegrationError`. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** The error that ended the work early, if any. */
  get ended(): IntegrationError | undefined {
    return this.#ended
  }

  /** Restarts the timeout after a sign of life from the server. */
  alive(): void {
    this.#stopIdle()
    if (this.#ended !== undefined) return
    this.#boundTotal()
    if (this.#waiting > 0) return
    this.#stopIdle = this.#runtime.setTimer(() => this.end(timedOut()), this.#timeoutMs)
  }

  /** Runs work with the clock paused, because a person's time doesn't count as the server's. */
  async pausedForElicitation<T>(answer: () => Promise<T>): Promise<T> {
    this.#waiting++
    this.#stopIdle()
    this.#boundTotal()
    try {
      return await answer()
    } finally {
      this.#waiting--
      this.alive()
    }
  }

  /** Waits for a promise until the deadline. */
  race<T>(work: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const stop = this.whenEnded(reject)
      work.then(
        (value) => {
          stop()
          resolve(value)
        },
        (error: unknown) => {
          stop()
          reject(error as Error)
        },
      )
    })
  }

  /**
   * Calls back once if the work is ended early; at once if it already was.
   *
   * @returns a function that removes the callback
   */
  whenEnded(callback: (reason: IntegrationError) => void): () => void {
    if (this.#ended !== undefined) callback(this.#ended)
    else this.#onEnd.add(callback)
    return () => this.#onEnd.delete(callback)
  }

  /** Ends the work early. */
  end(reason: IntegrationError): void {
    this.#stopIdle()
    if (this.#ended !== undefined) return
    this.#ended = reason
    this.#controller.abort(reason)
    for (const callback of this.#onEnd) callback(reason)
  }

  stop(): void {
    this.#stopIdle()
    this.#stopTotal?.()
    this.#stopListening()
  }

  /** Sets the total limit after the first sign of life. */
  #boundTotal(): void {
    const left = this.#timeoutMs * maxTimeouts - (this.#runtime.now() - this.#started)
    this.#stopTotal ??= this.#runtime.setTimer(() => this.end(timedOut()), left)
  }
}

function timedOut(): IntegrationError {
  return new IntegrationError('timeout', 'The server did not respond in time.')
}
