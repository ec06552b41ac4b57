/** Something changed that the person may see. `reset`: whatever was loaded may be old. */
export interface LiveEvent {
  readonly type: string
  readonly integrationId?: string | undefined
  readonly approvalId?: string | undefined
}

/** News of the server, one stream for all tabs of an origin. */
export interface Live {
  /** @returns a function that ends it */
  listen(listener: (event: LiveEvent) => void): () => void
}

/**
 * One event stream for all tabs: the tab that holds the lock listens and tells the others. HTTP/1.1 allows six
 * connections to a host, so a stream in every tab blocks the seventh. A hidden tab gives the lock away, and counts
 * everything as old when it is looked at again.
 */
export function liveEvents(url: string): Live {
  const listeners = new Set<(event: LiveEvent) => void>()
  const tell = (event: LiveEvent): void => listeners.forEach((listener) => listener(event))
  let stop: (() => void) | undefined

  const start = (): void => {
    if (stop !== undefined || document.hidden || listeners.size === 0) return
    const ending = new AbortController()
    const channel = new BroadcastChannel(`mcp-integrations ${url}`)
    channel.onmessage = ({ data }: MessageEvent<LiveEvent>) => tell(data)
    const share = (event: LiveEvent): void => {
      tell(event)
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a BroadcastChannel is of one origin
      if (!ending.signal.aborted) channel.postMessage(event)
    }
    void lead(url, share, ending.signal)
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

/** Listens; where another tab does already, waits until it gives the lock away. */
async function lead(url: string, share: (event: LiveEvent) => void, signal: AbortSignal): Promise<void> {
  const name = `mcp-integrations ${url}`
  const listen = async (takesOver: boolean): Promise<void> => {
    const source = new EventSource(url)
    // What came between two streams was heard by nobody.
    let missed = takesOver
    source.onopen = () => {
      if (missed) share({ type: 'reset' })
      missed = true
    }
    for (const type of eventTypes)
      source.addEventListener(type, ({ data }: MessageEvent<string>) => share(eventFrom(type, data)))
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    source.close()
  }
  try {
    const led = await navigator.locks.request(name, { ifAvailable: true }, async (lock) => {
      if (lock !== null) await listen(false)
      return lock !== null
    })
    if (!led) await navigator.locks.request(name, { signal }, () => listen(true))
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

function eventFrom(type: string, data: string): LiveEvent {
  try {
    const { integrationId, approvalId } = JSON.parse(data) as Partial<LiveEvent>
    return { type, integrationId, approvalId }
  } catch {
    return { type }
  }
}

const eventTypes = [
  'integration_connected',
  'integration_updated',
  'integration_enabled',
  'integration_disabled',
  'integration_removed',
  'integration_status_changed',
  'tools_changed',
  'tools_configured',
  'tools_accepted',
  'credential_changed',
  'approval_changed',
  'grant_created',
  'grant_revoked',
  'reset',
]
