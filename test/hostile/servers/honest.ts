import type { ServerResponse } from 'node:http'
import type { Answer, Exchange } from '../case.js'

export const MiB = 1024 * 1024
export const good = { name: 'good', description: 'Says hello.', inputSchema: { type: 'object' } }
export const hello = { resultType: 'complete', content: [{ type: 'text', text: 'hello' }] }
export const list = (tools: readonly unknown[], more: object = {}) => ({
  resultType: 'complete',
  ttlMs: 0,
  cacheScope: 'private',
  tools,
  ...more,
})

export function result(exchange: Exchange, value: unknown): void {
  exchange.send({ jsonrpc: '2.0', id: exchange.message.id, result: value })
}

const capabilities = { tools: { listChanged: false } }
const discovered = {
  resultType: 'complete',
  supportedVersions: ['2026-07-28'],
  capabilities,
  ttlMs: 0,
  cacheScope: 'private',
}

/** An honest server, but for what it does instead on some methods. */
export function server(instead: Readonly<Record<string, Answer>>): Answer {
  return async (exchange) => {
    const { message, response, era } = exchange
    const own = instead[message.method]
    if (own !== undefined) return own(exchange)
    switch (message.method) {
      case 'server/discover':
        if (era === 'modern') return result(exchange, discovered)
        return exchange.send({ jsonrpc: '2.0', id: message.id, error: { code: -32601, message: 'Method not found' } })
      case 'initialize':
        response.setHeader('mcp-session-id', 'one')
        return result(exchange, {
          protocolVersion: '2025-11-25',
          capabilities,
          serverInfo: { name: 'hostile', version: '1' },
        })
      case 'tools/list':
        return result(exchange, list([good]))
      case 'tools/call':
        return result(exchange, hello)
      case 'ping':
        return result(exchange, {})
      default:
        response.writeHead(202).end()
    }
  }
}

export const onList = (answer: Answer): Answer => server({ 'tools/list': answer })
export const onCall = (answer: Answer): Answer => server({ 'tools/call': answer })
export const listed = (tools: readonly unknown[]): Answer => onList((exchange) => result(exchange, list(tools)))
/** Answers calls by hand. */
export const raw = (write: (response: ServerResponse, exchange: Exchange) => void | Promise<void>): Answer =>
  onCall((exchange) => write(exchange.response, exchange))

export const events = (response: ServerResponse): void =>
  void response.writeHead(200, { 'content-type': 'text/event-stream' })
export const jsonHead = (response: ServerResponse, headers: Record<string, string> = {}): void =>
  void response.writeHead(200, { 'content-type': 'application/json', ...headers })
export const answerText = (exchange: Exchange, value: string): string =>
  `{"jsonrpc":"2.0","id":${JSON.stringify(exchange.message.id)},"result":${value}}`
export const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`

/** Writes the same piece until so many bytes are written or nobody reads any more. */
export async function pour(
  response: ServerResponse,
  piece: string | Buffer,
  bytes = Number.POSITIVE_INFINITY,
): Promise<void> {
  for (let written = 0; written < bytes && !response.destroyed; written += piece.length)
    if (!response.write(piece)) await drained(response)
}

/** Writes a piece from time to time until nobody reads any more. */
export async function drip(response: ServerResponse, piece: string): Promise<void> {
  while (!response.destroyed) {
    response.write(piece)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** One listener for each, taken back: many waits on one response. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.once('drain', done).once('close', done)
  })
}
