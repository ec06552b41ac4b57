/** What ends a {@link race} before its work does, and the error that it then ends with. */
export type RaceBounds = {
  readonly signal?: AbortSignal | undefined
  readonly toError: (why: 'aborted' | 'timeout') => Error
} & (
  | { readonly timeoutMs?: undefined }
  /** In ms, by the timers of `runtime`. */
  | { readonly timeoutMs: number; readonly runtime: { setTimer(callback: () => void, ms: number): () => void } }
)

/**
 * Waits for work until its caller gives up or its time is over. The work goes on, unless it is handed a signal of its own;
 * given as a function, it isn't begun for a caller who gave up before.
 */
export function race<T>(work: Promise<T> | (() => Promise<T>), bounds: RaceBounds): Promise<T> {
  return new Promise((resolve, reject) => {
    const { signal, toError } = bounds
    if (typeof work === 'function' && signal?.aborted === true) return reject(toError('aborted'))
    const running = typeof work === 'function' ? work() : work
    const stopListening = onAbort(signal, () => reject(toError('aborted')))
    const stopTimer =
      bounds.timeoutMs === undefined
        ? undefined
        : bounds.runtime.setTimer(() => reject(toError('timeout')), bounds.timeoutMs)
    const settle = (): void => {
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
  })
}

/** Calls back when the signal aborts, at once when it has. @returns how to stop listening */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal?.aborted === true) listener()
  else signal?.addEventListener('abort', listener, { once: true })
  return () => signal?.removeEventListener('abort', listener)
}
