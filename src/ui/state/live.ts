import type { Client } from './client.js'

/** A change that the person may see. `reset`: everything loaded may be out of date. */
export interface LiveEvent {
  readonly type: string
  readonly id?: string | undefined
  readonly integrationId?: string | undefined
  readonly approvalId?: string | undefined
}

/** Events of the server, over one stream for all tabs of an origin. */
export interface Live {
  /** Resolves when it is known from where events are read: what is loaded after that is kept up to date. */
  readonly ready: Promise<void>
  /** @returns a function that stops listening */
  listen(listener: (event: LiveEvent) => void): () => void
}

/** The interval of full reloads while no stream can be opened. */
const pollMs = 15_000
/** The position before the first event of a workspace. */
const beginning = '0'.repeat(16)

/**
 * One event stream for all tabs: the tab that holds the lock listens and forwards events to the others. Browsers open six
 * HTTP/1.1 connections to a host, so a stream in every tab would block the seventh. A hidden tab releases the lock, and
 * reloads everything when it is shown again.
 *
 * @param name - the same in all tabs that share the stream
 */
export function liveEvents(client: Client, name: string): Live {
  const listeners = new Set<(event: LiveEvent) => void>()
  let last: string | undefined
  const ready = client.events({ after: 'latest' }).then(
    ({ after }) => void (last ??= after ?? beginning),
    () => undefined,
  )
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
    const lead = (): Promise<void> => ready.then(() => follow(client, share, () => last, ending.signal))
    // Released when the tab is hidden, for another tab that waits for it.
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
    ready,
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

/** Listens until the signal aborts, from the last event of all tabs; without a stream it requests full reloads. */
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
      // Signed out, too many streams, or a proxy that cuts them: handled below.
    }
    await pause(pollMs, signal)
    share({ type: 'reset' })
  }
}

/** Other tabs get what changed, not the new value: each loads only what its own person may see. */
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
