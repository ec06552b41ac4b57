import { isIntegrationError } from '../model/errors.js'
import { boundedJson, type DeepJson } from '../model/json-limits.js'
import { mediaTypeOf } from '../model/lean-response.js'

/** The kind of a response's body, by its content: its `Content-Type` is only a hint. */
export type AnswerBody =
  | { readonly kind: 'json'; readonly text: string }
  | { readonly kind: 'stream'; readonly body: ReadableStream<Uint8Array> }
  /** A web page or other text for people. */
  | { readonly kind: 'page' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unknown' }

/**
 * Classifies a response's body. A body labelled as an event stream is returned unread.
 *
 * @throws the errors of reading the body
 */
export async function readBody(response: Response): Promise<AnswerBody> {
  const type = mediaTypeOf(response)
  // Checked first, because creating the body as a stream is costly.
  if (type === 'application/json') return ofText(await response.text())
  if (response.body === null) return { kind: 'nothing' }
  if (type === 'text/event-stream') return { kind: 'stream', body: response.body }
  const { begin, body } = await peek(response.body)
  if (looksLikeStream(begin)) return { kind: 'stream', body }
  return ofText(limitedJson(await new Response(body).text(), 'skip'))
}

/**
 * JSON within the limits of one response: the network checks only what is labelled and spelt as usual.
 *
 * @throws IntegrationError `response_too_large`, `protocol_error`; after a call, which has run
 */
export function limitedJson(text: string, deepJson?: DeepJson): string {
  try {
    return boundedJson(text, deepJson)
  } catch (error) {
    throw isIntegrationError(error) ? error.with({ mayHaveRun: true }) : error
  }
}

function ofText(text: string): AnswerBody {
  const begin = text.replace(/^\uFEFF/, '').trimStart()
  if (begin === '') return { kind: 'nothing' }
  if (/^(?:[[{]|"\s*[[{])/.test(begin)) return { kind: 'json', text: begin }
  if (looksLikeStream(begin)) return { kind: 'stream', body: streamOf(text) }
  // The JSON may follow a warning or a line of a log.
  if (jsonLines(begin).length > 0) return { kind: 'json', text: begin }
  return { kind: begin.startsWith('<') ? 'page' : 'unknown' }
}

/**
 * Parses JSON as servers write it: one value, a value that is encoded twice, or JSON lines among other text.
 *
 * @returns `undefined` if there is none
 */
export function parseJson(text: string): unknown {
  const value = parsed(text)
  if (typeof value === 'string') return parsed(limitedJson(value))
  if (value !== undefined) return value
  const lines = jsonLines(text)
  return lines.length === 0 ? undefined : lines
}

/**
 * The lines that are JSON objects.
 *
 * @throws IntegrationError for a line that is nested too deep or has too many values, because it was not checked before
 */
function jsonLines(text: string): readonly unknown[] {
  if (text.length > maxLinesLength) return []
  const lines = text.split(/[\r\n\0]+/).filter((line) => /^\s*\{.*\}\s*$/.test(line))
  return lines.slice(0, maxLines).flatMap((line) => parsed(limitedJson(line)) ?? [])
}

/** The limit of a body that is searched for JSON lines, in characters. */
const maxLinesLength = 1024 * 1024
const maxLines = 100

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
function looksLikeStream(begin: string): boolean {
  return /^\s*(?:event|data|id|retry)?:/i.test(begin)
}

/** A text in pieces like those of a network, because the reader of a stream pauses and counts between them. */
function streamOf(text: string): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text)
  let at = 0
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (at < bytes.length) controller.enqueue(bytes.subarray(at, (at += pieceBytes)))
        else controller.close()
      },
    },
    { highWaterMark: 0 },
  )
}

const pieceBytes = 16 * 1024

/** The first characters without white space, and the whole body to read again. */
async function peek(body: ReadableStream<Uint8Array>): Promise<{ begin: string; body: ReadableStream<Uint8Array> }> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  const taken: Uint8Array[] = []
  let begin = ''
  for (let done = false; !done && begin.length < enoughToTell;) {
    const chunk = await reader.read()
    done = chunk.done
    if (chunk.value === undefined) continue
    taken.push(chunk.value)
    // White space is dropped at once: looking at all of it again with every chunk would take ever longer.
    begin = (begin + decoder.decode(chunk.value, { stream: true })).trimStart()
  }
  const again = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const first = taken.shift()
      if (first !== undefined) return controller.enqueue(first)
      const { done, value } = await reader.read()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: (reason) => reader.cancel(reason),
  })
  return { begin, body: again }
}

/** The length of the longest field name of an event stream with its colon. */
const enoughToTell = 6
