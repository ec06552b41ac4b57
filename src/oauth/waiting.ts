import { IntegrationError } from '../model/errors.js'
import { race } from '../model/race.js'
import type { RegistryRuntime } from '../ports/runtime.js'

/** Waits, with jitter, so that many processes don't send requests at once. */
export function pause(runtime: RegistryRuntime, ms: number): Promise<void> {
  return new Promise((resolve) => void runtime.setTimer(resolve, ms * (0.5 + Math.random() / 2)))
}

/** Rejects when the signal aborts; the work continues for other callers. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return race(work, { signal, toError: () => new IntegrationError('aborted', 'The request was aborted.') })
}
