import { IntegrationError } from '../model/errors.js'
import type { RegistryRuntime } from '../ports/runtime.js'

/** With jitter, so that many processes don't ask at once. */
export function pause(runtime: RegistryRuntime, ms: number): Promise<void> {
  return new Promise((resolve) => void runtime.setTimer(resolve, ms * (0.5 + Math.random() / 2)))
}

/** One caller leaves; the work goes on for the others. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  const cleanup = new AbortController()
  const left = new Promise<never>((_, reject) => {
    const leave = () => reject(new IntegrationError('aborted', 'The request was aborted.'))
    signal.addEventListener('abort', leave, { signal: cleanup.signal })
    if (signal.aborted) leave()
  })
  try {
    return await Promise.race([work, left])
  } finally {
    cleanup.abort()
  }
}
