import { IntegrationError } from '../model/errors.js'
import { race } from '../model/race.js'
import type { RegistryRuntime } from '../ports/runtime.js'

/** With jitter, so that many processes don't ask at once. */
export function pause(runtime: RegistryRuntime, ms: number): Promise<void> {
  return new Promise((resolve) => void runtime.setTimer(resolve, ms * (0.5 + Math.random() / 2)))
}

/** One caller leaves; the work goes on for the others. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return race(work, { signal, fault: () => new IntegrationError('aborted', 'The request was aborted.') })
}
