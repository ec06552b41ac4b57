import { IntegrationError } from '../index.js'
import { Refusal } from './problem.js'

/**
 * The JSON of a request.
 *
 * @returns `undefined` if there is no body
 * @throws Refusal `unsupported_media_type`, `body_too_large`; IntegrationError `invalid_input`
 */
export async function jsonBody(request: Request, maxBytes: number): Promise<unknown> {
  const text = await boundedText(request, maxBytes)
  if (text === '') return undefined
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json' && type !== 'application/merge-patch+json')
    throw new Refusal('unsupported_media_type', 'Send the body as Content-Type: application/json.')
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new IntegrationError('invalid_input', 'The body is not valid JSON.', {
      fields: [{ path: '', message: 'must be valid JSON' }],
    })
  }
}

async function boundedText(request: Request, maxBytes: number): Promise<string> {
  if (request.bodyUsed)
    throw new Refusal(
      'internal',
      'The body was already read by a body parser. Mount the handler before body parsers, or wrap it with toNodeListener().',
    )
  if (request.body === null) return ''
  const tooLarge = new Refusal('body_too_large', `The body is larger than ${maxBytes} bytes.`)
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge
  const decoder = new TextDecoder()
  let text = ''
  let length = 0
  for (const reader = request.body.getReader(); ;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    length += value.byteLength
    if (length > maxBytes) {
      void reader.cancel().catch(() => {})
      throw tooLarge
    }
    text += decoder.decode(value, { stream: true })
  }
}
