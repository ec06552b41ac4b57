import type { JSONRPCMessage } from '@modelcontextprotocol/client'
import type { BodySource } from '../model/lean-response.js'
import type { RegistryRuntime } from '../ports/runtime.js'
import { dataOf, EventReading, type StreamEvent } from './event-stream.js'
import type { FloodGates } from './flood-gate.js'
import { isCarried } from './raw-results.js'
import { messagesFor } from './answer-messages.js'
import { readMessages, type Awaited } from './wire-message.js'

/** Bytes of comments and ids that are kept while an answer is waited for. */
const maxBefore = 64 * 1024
/** How long a stream may go on after its answer, in ms. */
const maxAfterMs = 1_000

/** What reading the first message of a stream needs. */
export interface FirstMessageOptions {
  readonly server: { readonly gates: FloodGates }
  readonly runtime: Pick<RegistryRuntime, 'setTimer'>
  /** Takes a message that came after the answer. */
  deliver(message: JSONRPCMessage): void
}

/**
 * The answer to a request, where it is the first message of its stream. Otherwise the same stream from its beginning,
 * as it then goes on or breaks off.
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
    // What broke it is met again by whoever reads on.
  }
  return replayed(response, taken, chunks)
}

/** Whether a message ends its request by itself: an error, or a result that nothing more has to be asked for. */
export function isAnswer(message: JSONRPCMessage, { id, method }: Awaited): boolean {
  const isHandshake = method === 'initialize' || method === 'server/discover'
  return 'id' in message && message.id === id && (isHandshake || 'error' in message || isCarried(message))
}

/** The same response with a body that is still to be read. */
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

/** Reads a stream to its end, which is near, so that its connection is free for the next request. News are still news. */
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
