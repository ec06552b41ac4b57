import { IntegrationError, isIntegrationError } from '../model/errors.js'
import type { RegistryRuntime } from '../ports/runtime.js'
import { jitter } from './jitter.js'

const firstPauseMs = 1_000
const longestPauseMs = 60_000
/** The longest that a server may keep everybody waiting, in ms. */
const longestRequestedPauseMs = 300_000

/** How many calls in a row a server may fail with 502, 503 or 504 before it counts as down. */
const failuresInARow = 3

/** How {@link Breaker.guard} is to be done. */
export interface GuardCallOptions {
  /** A person asks: it is tried all the same. */
  readonly bypass: boolean
  /** Nobody waits for it: whoever does goes first. */
  readonly background: boolean
}

/**
 * Keeps requests from a server that can't be reached. After a failure everybody fails fast with the same error until a
 * jittered, growing pause is over; then exactly one may try, and one in the background keeps nobody from it.
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

  /** Nothing is held against the server. */
  get closed(): boolean {
    return this.#error === undefined
  }

  /**
   * Runs work unless the server is left alone now.
   *
   * @throws IntegrationError the last failure, with `retryAfterMs`; nothing was sent
   */
  async guard<T>(work: () => Promise<T>, { bypass, background }: GuardCallOptions): Promise<T> {
    const left = this.#until - this.#runtime.now()
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

  #note(error: unknown): void {
    if (isIntegrationError(error) && isFailedCall(error)) {
      if (++this.#callFailures < failuresInARow) return
    } else if (!isIntegrationError(error) || !saysItIsDown(error)) {
      if (answered(error)) this.#close()
      return
    }
    this.#failures++
    const pause = jitter(this.#runtime, Math.min(firstPauseMs * 2 ** (this.#failures - 1), longestPauseMs))
    this.#until = this.#runtime.now() + Math.max(pause, Math.min(error.retryAfterMs ?? 0, longestRequestedPauseMs))
    this.#error = error
  }

  #close(): void {
    this.#failures = 0
    this.#callFailures = 0
    this.#error = undefined
  }

  #refusal(retryAfterMs: number): IntegrationError {
    const { code, message, reason, httpStatus } = this.#error!
    const next = retryAfterMs > 0 ? 'it is tried again after a pause' : 'it is being tried at this moment'
    return new IntegrationError(code, `Nothing was sent: the server failed before, and ${next}. ${message}`, {
      reason,
      httpStatus,
      retryAfterMs,
    })
  }
}

/** One tool's gateway gave up on it; that says little of the others. */
function isFailedCall({ code, mayHaveRun, httpStatus }: IntegrationError): boolean {
  return code === 'server_error' && mayHaveRun && [502, 503, 504].includes(httpStatus ?? 0)
}

/** It can't be connected to, is overloaded, or asks to be left alone. A slow or broken tool is none of that. */
function saysItIsDown({ code, mayHaveRun }: IntegrationError): boolean {
  if (code === 'rate_limited') return true
  return (code === 'server_error' || code === 'unreachable' || code === 'timeout') && !mayHaveRun
}

function answered(error: unknown): boolean {
  return !isIntegrationError(error) || !['aborted', 'closed', 'timeout', 'unreachable'].includes(error.code)
}
