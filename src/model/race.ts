/** What ends a {@link race} early, and the error it then rejects with. */
export type RaceBounds = {
  readonly signal?: AbortSignal | undefined
  readonly toError: (why: 'aborted' | 'timeout') => Error
} & (
  | { readonly timeoutMs?: undefined }
  /** The time limit in ms, measured by the timers of `runtime`. */
  | { readonly timeoutMs: number; readonly runtime: { setTimer(callback: () => void, ms: number): () => void } }
)

/**
 * Waits for work until the signal aborts or the time is over. The work itself continues. Work given as a function is not
 * started if the signal was aborted before.
 */
export function race<T>(work: Promise<T> | (() => Promise<T>), bounds: RaceBounds): Promise<T> {
  return new Promise((resolve, reject) => {
    const { signal, toError } = bounds
    if (typeof work === 'function' && signal?.aborted === true) return reject(toError('aborted'))
    const running = typeof work === 'function' ? work() : work
    const stopListening = onAbort(signal, () => reject(toError('aborted')))
    let isSettled = false
    let stopTimer: (() => void) | undefined
    const settle = (): void => {
      isSettled = true
      stopListening()
      stopTimer?.()
    }
    running.then(
      (value) => {
        settle()
        resolve(value)
      },
      (error: unknown) => {
        settle()
        reject(error as Error)
      },
    )
    if (bounds.timeoutMs === undefined) return
    const { runtime, timeoutMs } = bounds
    // Work that ends at once, as of a storage in this process, needs no timer.
    void nextMoment.then(() => {
      if (!isSettled) stopTimer = runtime.setTimer(() => reject(toError('timeout')), timeoutMs)
    })
  })
}

const nextMoment = Promise.resolve()

/**
 * Waits until work has ended, well or badly, but no longer than until the signal aborts.
 *
 * @returns whether the work has ended
 */
export function endsBefore(signal: AbortSignal, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const stopListening = onAbort(signal, () => resolve(false))
    const ended = (): void => {
      stopListening()
      resolve(true)
    }
    work.then(ended, ended)
  })
}

/** Calls the listener when the signal aborts, or at once if it is aborted. @returns a function that stops listening */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal?.aborted === true) listener()
  else signal?.addEventListener('abort', listener, { once: true })
  return () => signal?.removeEventListener('abort', listener)
}
