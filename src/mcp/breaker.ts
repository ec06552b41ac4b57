import { IntegrationError, isIntegrationError } from '../model/errors.js'
import type { RegistryRuntime } from '../ports/runtime.js'
import { jitter } from './jitter.js'

const firstPauseMs = 1_000
const maxPauseMs = 60_000
/** The longest pause that a server may request, in ms. */
const maxRequestedPauseMs = 300_000

/** How many calls in a row may fail with 502, 503 or 504 before the server counts as down. */
const failuresInARow = 3

/** Options of {@link Breaker.guard}. */
export interface GuardCallOptions {
  /** Whether to try the server anyway, because a person asks for it. */
  readonly bypass: boolean
  /** Whether this is background work, which waits for other work. */
  readonly background: boolean
}

/**
 * Stops requests to a server that can't be reached. After a failure, requests fail at once with the same error until a
 * pause is over. Pauses increase, with jitter. Then exactly one request is sent; a background request blocks no other.
 */
export class Breaker {
  readonly #runtime: Pick<RegistryRuntime, 'now' | 'randomId'>
  #failures = 0
  #callFailures = 0
  #until = 0
  #error: IntegrationError | undefined
  #trying: 'call' | 'background' | undefined

  constructor(runtime: Pick<RegistryRuntime, 'now' | 'randomId'>) {
    this.#runtime = runtime
  }

  /** Whether requests are allowed. */
  get closed(): boolean {
    return this.#error === undefined
  }

  /**
   * Runs work unless the server is in a pause.
   *
   * @throws IntegrationError the last failure, with `retryAfterMs`; nothing was sent
   */
  async guard<T>(work: () => Promise<T>, { bypass, background }: GuardCallOptions): Promise<T> {
    const left = this.#pauseLeft()
    const probing = this.#error !== undefined
    const taken = this.#trying === 'call' || (background && this.#trying !== undefined)
    if (probing && !bypass && (left > 0 || taken)) throw this.#refusal(Math.max(left, 0))
    const mine = background ? 'background' : 'call'
    if (probing) this.#trying = mine
    try {
      const result = await work()
      this.#close()
      return result
    } catch (error) {
      this.#note(error)
      throw error
    } finally {
      if (probing && this.#trying === mine) this.#trying = undefined
    }
  }

  /** What is left of the pause, in ms. One that is longer than any pause comes from a clock that was set back. */
  #pauseLeft(): number {
    const left = this.#until - this.#runtime.now()
    return left > maxRequestedPauseMs ? 0 : left
  }

  #note(error: unknown): void {
    if (isIntegrationError(error) && isFailedCall(error)) {
      if (++this.#callFailures < failuresInARow) return
    } else if (!isIntegrationError(error) || !saysItIsDown(error)) {
      if (answered(error)) this.#close()
      return
    }
    this.#failures++
    const pause = jitter(this.#runtime, Math.min(firstPauseMs * 2 ** (this.#failures - 1), maxPauseMs))
    this.#until = this.#runtime.now() + Math.max(pause, Math.min(error.retryAfterMs ?? 0, maxRequestedPauseMs))
    this.#error = error
  }

  #close(): void {
    this.#failures = 0
    this.#callFailures = 0
    this.#error = undefined
  }

  #refusal(retryAfterMs: number): IntegrationError {
    const { code, message, reason, httpStatus } = this.#error!
    const next = retryAfterMs > 0 ? 'it will be retried after a pause' : 'it is being retried now'
    return new IntegrationError(code, `Nothing was sent: the server failed before, and ${next}. ${message}`, {
      reason,
      httpStatus,
      retryAfterMs,
    })
  }
}

/** A gateway timeout of one tool says little about the other tools. */
function isFailedCall({ code, mayHaveRun, httpStatus }: IntegrationError): boolean {
  return code === 'server_error' && mayHaveRun && [502, 503, 504].includes(httpStatus ?? 0)
}

/** Whether the server is unreachable, overloaded, or asks for a pause. A slow or broken tool doesn't count. */
function saysItIsDown({ code, mayHaveRun }: IntegrationError): boolean {
  if (code === 'rate_limited') return true
  return (code === 'server_error' || code === 'unreachable' || code === 'timeout') && !mayHaveRun
}

function answered(error: unknown): boolean {
  return (
    !isIntegrationError(error) ||
    !['aborted', 'closed', 'timeout', 'unreachable', 'storage_unavailable', 'credential_unreadable'].includes(
      error.code,
    )
  )
}
