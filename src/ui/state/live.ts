import type { Client } from './client.js'

/** Something changed that the person may see. `reset`: whatever was loaded may be old. */
export interface LiveEvent {
  readonly type: string
  readonly id?: string | undefined
  readonly integrationId?: string | undefined
  readonly approvalId?: string | undefined
}

/** News of the server, one stream for all tabs of an origin. */
export interface Live {
  /** @returns a function that ends it */
  listen(listener: (event: LiveEvent) => void): () => void
}

/** Where streams are cut, everything is read again so often. */
const pollMs = 15_000

/**
 * One event stream for all tabs: the tab that holds the lock listens and tells the others. HTTP/1.1 allows six
 * connections to a host, so a stream in every tab blocks the seventh. A hidden tab gives the lock away, and counts
 * everything as old when it is looked at again.
 *
 * @param name - what tabs have in common that share the stream
 */
export function liveEvents(client: Client, name: string): Live {
  const listeners = new Set<(event: LiveEvent) => void>()
  let last: string | undefined
  let stop: (() => void) | undefined
  const tell = (event: LiveEvent): void => {
    last = event.id ?? last
    listeners.forEach((listener) => listener(event))
  }

  const start = (): void => {
    if (stop !== undefined || document.hidden || listeners.size === 0) return
    const ending = new AbortController()
    const channel = new BroadcastChannel(name)
    channel.onmessage = ({ data }: MessageEvent<LiveEvent>) => tell(data)
    const share = (event: LiveEvent): void => {
      if (ending.signal.aborted) return
      tell(event)
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a BroadcastChannel is of one origin
      channel.postMessage(event)
    }
    const lead = (): Promise<void> => follow(client, share, () => last, ending.signal)
    // Given up when the tab is hidden: another one waits for it.
    navigator.locks.request(name, { signal: ending.signal }, lead).catch(() => undefined)
    stop = () => {
      ending.abort()
      channel.close()
      stop = undefined
    }
  }

  document.addEventListener('visibilitychange', () => {
    if (document.hidden) return stop?.()
    start()
    tell({ type: 'reset' })
  })

  return {
    listen(listener) {
      listeners.add(listener)
      start()
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0) stop?.()
      }
    },
  }
}

/** Listens until the signal aborts, from what all tabs have heard; without a stream it asks to read everything again. */
async function follow(
  client: Client,
  share: (event: LiveEvent) => void,
  last: () => string | undefined,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const event of client.listen({ after: last(), signal })) share(hint(event))
    } catch {
      // Signed out, too many streams, or a proxy that cuts them: below.
    }
    await pause(pollMs, signal)
    share({ type: 'reset' })
  }
}

/** Other tabs learn what changed, not how it is now: each reads what its own person may see. */
function hint(event: LiveEvent): LiveEvent {
  const { type, id, integrationId, approvalId } = event
  return { type, id, integrationId, approvalId }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
