import type { JSONRPCMessage } from '@modelcontextprotocol/client'
import type { BodySource } from '../model/lean-response.js'
import type { RegistryRuntime } from '../ports/runtime.js'
import { dataOf, EventReading, type StreamEvent } from './event-stream.js'
import type { FloodGates } from './flood-gate.js'
import { isCarried } from './raw-results.js'
import { messagesFor } from './answer-messages.js'
import { readMessages, type Awaited } from './wire-message.js'

/** The maximum of comments and ids before the response, in bytes. */
const maxBefore = 64 * 1024
/** How long a stream may continue after the response, in ms. */
const maxAfterMs = 1_000

/** Options of {@link firstMessage}. */
export interface FirstMessageOptions {
  readonly server: { readonly gates: FloodGates }
  readonly runtime: Pick<RegistryRuntime, 'setTimer'>
  /** Called with messages after the response. */
  deliver(message: JSONRPCMessage): void
}

/**
 * The response to a request if it is the first message of its stream; otherwise the same stream from its start.
 */
export async function firstMessage(
  response: Response,
  chunks: BodySource,
  exchange: Awaited,
  options: FirstMessageOptions,
): Promise<JSONRPCMessage | Response> {
  const reading = new EventReading(chunks, options.server.gates.stream())
  const taken: Uint8Array[] = []
  let size = 0
  try {
    while (!reading.ended && size <= maxBefore) {
      const { chunk, events } = await reading.next()
      if (chunk !== undefined) taken.push(chunk)
      size += chunk?.byteLength ?? 0
      for (const [n, event] of events.entries()) {
        const [first, ...others] = messagesFor(exchange, dataOf(event))
        if (first === undefined) continue
        if (others.length > 0 || !isAnswer(first, exchange)) return replayed(response, taken, chunks)
        void afterwards(reading, events.slice(n + 1), options).catch(() => undefined)
        return first
      }
    }
  } catch {
    // The reader of the replayed stream gets the same error.
  }
  return replayed(response, taken, chunks)
}

/** Whether a message completes its request: an error, or a complete result. */
export function isAnswer(message: JSONRPCMessage, { id, method }: Awaited): boolean {
  const isHandshake = method === 'initialize' || method === 'server/discover'
  return 'id' in message && message.id === id && (isHandshake || 'error' in message || isCarried(message))
}

/** The same response with an unread body. */
export function again(response: Response, type: string, body: BodyInit | null): Response {
  const headers = new Headers(response.headers)
  headers.set('content-type', type)
  return new Response(body, { status: response.status, headers })
}

function replayed(response: Response, taken: Uint8Array[], chunks: BodySource): Response {
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = taken.shift() ?? (await chunks.read())
        if (chunk === undefined) controller.close()
        else controller.enqueue(chunk)
      },
      cancel: () => chunks.cancel(),
    },
    { highWaterMark: 0 },
  )
  return again(response, 'text/event-stream', body)
}

/** Reads the rest of a stream, so that its connection is free for the next request. Later messages are still delivered. */
async function afterwards(
  reading: EventReading,
  left: readonly StreamEvent[],
  { runtime, deliver }: FirstMessageOptions,
): Promise<void> {
  const stopTimer = runtime.setTimer(() => reading.cancel(), maxAfterMs)
  try {
    for (let events = left, size = 0; ;) {
      for (const event of events)
        for (const message of readMessages(dataOf(event), () => undefined)) if ('method' in message) deliver(message)
      if (reading.ended || size > maxBefore) break
      const next = await reading.next()
      events = next.events
      size += next.chunk?.byteLength ?? 0
    }
  } finally {
    stopTimer()
    if (!reading.ended) reading.cancel()
  }
}
