import type { ActorEvent, OperationOptions } from '../../index.js'
import { ProblemError } from './problem-error.js'
import { request, type IntegrationsClientOptions } from './requests.js'

/** Too many events were missed: read everything again. */
export interface StreamReset {
  readonly type: 'reset'
}

/** The events of a client until its signal aborts; a lost stream is opened again after the last event that came. */
export async function* listen(
  options: IntegrationsClientOptions,
  { after, signal }: OperationOptions & { readonly after?: string | undefined } = {},
): AsyncGenerator<ActorEvent | StreamReset, void, undefined> {
  let lastId = after
  for (let failures = 0; !isAborted(signal);) {
    try {
      const headers: Record<string, string> = { Accept: 'text/event-stream' }
      if (lastId !== undefined) headers['Last-Event-ID'] = lastId
      const { body } = await request(options, '/events', { headers, signal: signal ?? null })
      for await (const { id, event, data } of framesOf(body!)) {
        failures = 0
        lastId = id ?? lastId
        if (event === 'reset') yield { type: 'reset' }
        else if (event === undefined) yield JSON.parse(data) as ActorEvent
      }
    } catch (error) {
      if (isAborted(signal)) return
      if (error instanceof ProblemError && error.status < 500 && error.status !== 429) throw error
      failures++
    }
    await sleep(Math.min(1_000 * 2 ** failures, 30_000), signal)
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true
}

interface Frame {
  readonly id: string | undefined
  readonly event: string | undefined
  readonly data: string
}

/** @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
async function* framesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Frame, void, undefined> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  try {
    for (let text = ''; ;) {
      const { done, value } = await reader.read()
      if (done) return
      const parts = (text + decoder.decode(value, { stream: true })).split('\n\n')
      text = parts.pop()!
      for (const part of parts) {
        const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(part)?.[1]
        const data = field('data')
        if (data !== undefined) yield { id: field('id'), event: field('event'), data }
      }
    }
  } finally {
    void reader.cancel().catch(() => {})
  }
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms)
    function done(): void {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    signal?.addEventListener('abort', done)
  })
}
