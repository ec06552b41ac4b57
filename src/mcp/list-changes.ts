import { ProtocolError } from '@modelcontextprotocol/client'
import type { OpenOptions } from './connection-contract.js'
import { jitter } from './jitter.js'
import type { OpenClient } from './connect-client.js'

/** How long to wait before opening the stream of a connection, in ms, because a connection for one use needs none. */
const listensAfterMs = 5_000
const minPauseMs = 1_000
const maxPauseMs = 60_000
/** How long the first call waits for the stream of questions, in ms. */
const streamWaitMs = 2_000

/** Watches the unsolicited messages of a server. */
export interface Watch {
  /** Resolves when questions of the server can arrive, or never will. */
  readonly ready: Promise<void>
  stop(): void
}

/**
 * Reports when a server's tools change: by its session's stream of unsolicited messages, or by `subscriptions/listen`.
 * A stream that ends is reopened after a growing, jittered pause, and then a change in the meantime is assumed. Where
 * questions may arrive on that stream, it is opened at once.
 */
export function watchTools(
  open: OpenClient,
  { elicits, onToolsChanged, runtime }: Pick<OpenOptions, 'elicits' | 'onToolsChanged' | 'runtime'>,
): Watch {
  const { transport, profile, state } = open
  const changes =
    (profile.serverCapabilities as { tools?: { listChanged?: boolean | undefined } | undefined } | undefined)?.tools
      ?.listChanged === true
  const wanted = onToolsChanged !== undefined && changes
  const ended = new AbortController()
  if (wanted) transport.onToolsChanged = tell
  const asksUnasked = elicits && profile.era === 'legacy'
  // HTTP+SSE and local servers use their only stream for unsolicited messages.
  const hasStream = profile.era === 'legacy' && profile.transport !== 'streamable-http'
  if (hasStream || !(wanted || asksUnasked)) return { ready: Promise.resolve(), stop: () => undefined }

  let stopTimer = (): void => undefined
  let isReady = (): void => undefined
  const ready = new Promise<void>((resolve) => (isReady = resolve))
  if (asksUnasked) {
    stopTimer = runtime.setTimer(isReady, streamWaitMs)
    void listen(0)
  } else {
    stopTimer = runtime.setTimer(() => void listen(0), listensAfterMs)
    isReady()
  }
  return {
    ready,
    stop() {
      stopTimer()
      ended.abort()
      isReady()
    },
  }

  function tell(): void {
    try {
      onToolsChanged?.()
    } catch {
      // An error of the listener must not affect the connection.
    }
  }

  function opened(): void {
    if (asksUnasked) stopTimer()
    isReady()
  }

  function once(): Promise<'ended' | 'unavailable'> {
    return profile.era === 'modern' ? listening(open, ended.signal) : open.receive(ended.signal, opened)
  }

  async function listen(failures: number): Promise<void> {
    const began = runtime.now()
    const outcome = await once().catch(() => 'refused' as const)
    opened()
    if (ended.signal.aborted || state.broken || outcome === 'unavailable') return
    const stable = outcome === 'ended' && runtime.now() - began > maxPauseMs
    const tries = stable ? 0 : failures
    const pause = jitter(runtime, Math.min(minPauseMs * 2 ** tries, maxPauseMs))
    stopTimer = runtime.setTimer(() => {
      if (wanted && outcome === 'ended') tell()
      void listen(tries + 1)
    }, pause)
  }
}

async function listening({ sdk }: OpenClient, signal: AbortSignal): Promise<'ended' | 'unavailable'> {
  try {
    const client = await sdk()
    const subscription = await client.listen({ toolsListChanged: true }, { signal })
    await subscription.closed
    return 'ended'
  } catch (error) {
    if (error instanceof ProtocolError) return 'unavailable'
    throw error
  }
}
