import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { onAbort } from '../model/race.js'
import type { EndpointFetch } from './connection-contract.js'
import type { FloodGates } from './flood-gate.js'
import type { GuardedTransport } from './guarded-transport.js'
import { unaskedEvents } from './server-fetch.js'

/** Options of {@link receiveUnasked}. */
export interface UnaskedOptions {
  readonly url: URL
  readonly fetch: EndpointFetch
  readonly session: StreamableHTTPClientTransport
  readonly deliverTo: GuardedTransport
  readonly gates: FloodGates
  readonly signal: AbortSignal
  readonly onOpen: () => void
}

/**
 * Opens a session's stream of unsolicited messages, and passes them to the transport of the session until the stream
 * ends. Uses a separate transport, because the SDK's would reopen the stream at once, without end.
 */
export async function receiveUnasked({
  url,
  fetch,
  session,
  deliverTo,
  gates,
  signal,
  onOpen,
}: UnaskedOptions): Promise<'ended' | 'unavailable'> {
  const { sessionId, protocolVersion } = session
  const ended = new AbortController()
  let status = 0
  const stream = new StreamableHTTPClientTransport(url, {
    fetch: async (target, init) => {
      const response = await fetch(target, init)
      status = response.status
      return unaskedEvents(response, {
        find: (id) => deliverTo.find(id),
        gate: gates.stream(),
        onEnd: () => ended.abort(),
      })
    },
    sessionId,
    protocolVersion,
    reconnectionOptions: {
      initialReconnectionDelay: 0,
      maxReconnectionDelay: 0,
      reconnectionDelayGrowFactor: 1,
      maxRetries: 0,
    },
  })
  stream.onmessage = (message) => deliverTo.deliver(message)
  const stopListening = onAbort(signal, () => {
    ended.abort()
    void stream.close()
  })
  try {
    await stream.start()
    await stream.resumeStream('')
    if (status === 405) return 'unavailable'
    onOpen()
    await aborted(ended.signal)
    return 'ended'
  } catch (error) {
    // A server without such a stream returns 405 or another error.
    if (status >= 400 && status < 500 && status !== 429) return 'unavailable'
    throw error
  } finally {
    stopListening()
    await stream.close()
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => void onAbort(signal, resolve))
}
