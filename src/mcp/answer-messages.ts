import type { JSONRPCMessage } from '@modelcontextprotocol/client'
import { IntegrationError } from '../model/errors.js'
import { parseJson, type AnswerBody } from './answer-body.js'
import { notMcp } from './mcp-errors.js'
import type { Doing } from './http-error.js'
import { hasNoId, isSameId, readMessages, type Awaited } from './wire-message.js'

/** The messages in the response to a request. */
export function messagesFor(exchange: Awaited, sent: unknown): readonly JSONRPCMessage[] {
  return readMessages(sent, (id) => awaitedBy(exchange, id))
}

/**
 * The messages of a successful response that is not a stream.
 *
 * @throws IntegrationError if no message responds to the request
 */
export function messagesIn(
  answer: Exclude<AnswerBody, { readonly kind: 'stream' }>,
  exchange: Awaited,
  status: number,
): readonly JSONRPCMessage[] {
  switch (answer.kind) {
    case 'json':
      return messagesInJson(answer.text, exchange)
    case 'page':
      throw notMcp(doingOf(exchange))
    case 'unknown':
      throw unreadable(exchange, 'The server sent a response that is not JSON.')
    case 'nothing':
      throw unreadable(
        exchange,
        status === 202 || status === 204
          ? 'The server accepted a request but will not respond to it.'
          : 'The server sent an empty response.',
      )
  }
}

function messagesInJson(text: string, exchange: Awaited): readonly JSONRPCMessage[] {
  const sent = parseJson(text)
  if (sent === undefined) throw unreadable(exchange, 'The server sent invalid JSON.')
  const messages = messagesFor(exchange, sent)
  if (messages.some((message) => 'id' in message && message.id === exchange.id)) return messages
  if (messages.length > 0) throw unreadable(exchange, answersAnother)
  if (exchange.method === 'initialize') throw notMcp('connect', 'Something else')
  throw unreadable(exchange, 'The server sent JSON that is not an MCP message.')
}

/** A message without an id belongs to the request of its HTTP response. */
function awaitedBy(exchange: Awaited, id: unknown): Awaited | undefined {
  return hasNoId(id) || isSameId(id, exchange.sentAs ?? exchange.id) ? exchange : undefined
}

/** The operation of a request. Only a call may have had an effect. */
export function doingOf({ method }: Awaited): Doing {
  if (method === 'tools/call') return 'call'
  return method === 'initialize' || method === 'server/discover' ? 'connect' : 'list'
}

/** The error for an unreadable response, after which the outcome of the request is unknown. */
export function unreadable(exchange: Awaited, message: string): IntegrationError {
  return new IntegrationError('protocol_error', message, { mayHaveRun: doingOf(exchange) === 'call' })
}

export const answersAnother = 'The server sent a response to a different request.'
