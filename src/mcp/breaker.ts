import { IntegrationError, isIntegrationError } from '../model/errors.js'
import type { RegistryRuntime } from '../ports/runtime.js'
import { jitter } from './jitter.js'

const firstPauseMs = 1_000
const longestPauseMs = 60_000
/** The longest that a server may keep everybody waiting, in ms. */
const longestWishMs = 300_000

/**
 * Keeps requests from a server that can't be reached. After a failure everybody fails fast with the same error until a
 * jittered, growing pause is over; then exactly one may try.
 */
export class Breaker {
  readonly #runtime: Pick<RegistryRuntime, 'now' | 'randomId'>
  #failures = 0
  #until = 0
  #error: IntegrationError | undefined
  #trying = false

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
   * @param options.insist - A person asks: it is tried all the same.
   * @throws IntegrationError the last failure, with `retryAfterMs`
   */
  async guard<T>(work: () => Promise<T>, options: { readonly insist: boolean }): Promise<T> {
    const left = this.#until - this.#runtime.now()
    const probing = this.#error !== undefined
    if (probing && !options.insist && (left > 0 || this.#trying)) throw this.#again(Math.max(left, 0))
    if (probing) this.#trying = true
    try {
      const result = await work()
      this.#close()
      return result
    } catch (error) {
      this.#note(error)
      throw error
    } finally {
      if (probing) this.#trying = false
    }
  }

  #note(error: unknown): void {
    if (!isIntegrationError(error) || !saysItIsDown(error)) {
      if (answered(error)) this.#close()
      return
    }
    this.#failures++
    const pause = jitter(this.#runtime, Math.min(firstPauseMs * 2 ** (this.#failures - 1), longestPauseMs))
    this.#until = this.#runtime.now() + Math.max(pause, Math.min(error.retryAfterMs ?? 0, longestWishMs))
    this.#error = error
  }

  #close(): void {
    this.#failures = 0
    this.#error = undefined
  }

  #again(retryAfterMs: number): IntegrationError {
    const { code, message, reason, httpStatus } = this.#error!
    return new IntegrationError(code, message, { reason, httpStatus, retryAfterMs })
  }
}

/** It can't be connected to, is overloaded, or asks to be left alone. A slow or broken tool is none of that. */
function saysItIsDown({ code, mayHaveRun, httpStatus }: IntegrationError): boolean {
  if (code === 'rate_limited') return true
  if (code === 'server_error') return !mayHaveRun || [502, 503, 504].includes(httpStatus ?? 0)
  return (code === 'unreachable' || code === 'timeout') && !mayHaveRun
}

function answered(error: unknown): boolean {
  return !isIntegrationError(error) || !['aborted', 'closed', 'timeout', 'unreachable'].includes(error.code)
}
