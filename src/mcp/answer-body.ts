/** What the body of an answer is, by what it holds: its label is a hint. */
export type AnswerBody =
  | { readonly kind: 'json'; readonly text: string }
  | { readonly kind: 'stream'; readonly body: ReadableStream<Uint8Array> }
  /** A web page, or anything else that is written for people. */
  | { readonly kind: 'page' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unknown' }

/**
 * Looks at an answer. A stream that says it is one is handed on unread, so that it may take its time.
 *
 * @throws what reading the body throws
 */
export async function readBody(response: Response): Promise<AnswerBody> {
  const type = mediaType(response)
  // First, because the body as a stream is made when it is asked for.
  if (type === 'application/json') return ofText(await response.text())
  if (response.body === null) return { kind: 'nothing' }
  if (type === 'text/event-stream') return { kind: 'stream', body: response.body }
  const { begin, body } = await peek(response.body)
  if (looksLikeStream(begin)) return { kind: 'stream', body }
  return ofText(await new Response(body).text())
}

function ofText(text: string): AnswerBody {
  const begin = text.replace(/^\uFEFF/, '').trimStart()
  if (begin === '') return { kind: 'nothing' }
  if (begin.startsWith('{') || begin.startsWith('[')) return { kind: 'json', text: begin }
  if (looksLikeStream(begin)) return { kind: 'stream', body: new Response(text).body! }
  return { kind: begin.startsWith('<') ? 'page' : 'unknown' }
}

/** @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
function looksLikeStream(begin: string): boolean {
  return /^\s*(?:event|data|id|retry)?:/.test(begin)
}

/** The first characters that are no blanks, and the whole body again. */
async function peek(body: ReadableStream<Uint8Array>): Promise<{ begin: string; body: ReadableStream<Uint8Array> }> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  const taken: Uint8Array[] = []
  let begin = ''
  for (let done = false; !done && begin.trimStart().length < enoughToTell;) {
    const chunk = await reader.read()
    done = chunk.done
    if (chunk.value === undefined) continue
    taken.push(chunk.value)
    begin += decoder.decode(chunk.value, { stream: true })
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

/** Characters of the longest field name of an event stream, and its colon. */
const enoughToTell = 6

function mediaType(response: Response): string {
  const [essence = ''] = (response.headers.get('content-type') ?? '').split(';')
  return essence.trim().toLowerCase()
}
