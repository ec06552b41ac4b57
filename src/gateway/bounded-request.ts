import { JsonNesting } from '../model/json-limits.js'
import { rpcError } from './rpc-error.js'

/** The largest body of a request, in bytes: the arguments of a call are at most 192 KiB. */
const maxBytes = 1_048_576
/** The most values in a body. Reading and checking many small values takes far longer than their size suggests. */
const maxValues = 100_000
/** The most levels of objects and lists: twice what the arguments of a call may have. */
const maxDepth = 128

/**
 * The request with its body read, if that is as large as a call can be.
 *
 * @returns a response that refuses a larger one, or one that can't be read
 */
export async function boundedRequest(request: Request): Promise<Request | Response> {
  if (request.body === null) return request
  const text = await boundedText(request.body).catch(() => undefined)
  if (text === undefined) return rpcError(400, { code: -32700, message: 'The request body could not be read.' })
  if (text === 'too large')
    return rpcError(413, { code: -32000, message: `The request is larger than ${maxBytes} bytes.` })
  if (!isModest(text))
    return rpcError(413, { code: -32000, message: 'The request has too many values, or is nested too deep.' })
  const { url, method, headers, signal } = request
  return new Request(url, { method, headers, body: text, signal })
}

async function boundedText(body: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for (const reader = body.getReader(); ;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    bytes += value.byteLength
    if (bytes > maxBytes) {
      void reader.cancel().catch(() => {})
      return 'too large'
    }
    text += decoder.decode(value, { stream: true })
  }
}

/** Whether a text has not too many values, and none is too deep. */
function isModest(text: string): boolean {
  const nesting = new JsonNesting('refuse', maxDepth, maxValues)
  try {
    for (let index = 0; index < text.length; index++) nesting.next(text.charCodeAt(index))
    return true
  } catch {
    return false
  }
}
