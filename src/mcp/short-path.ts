import {
  PROTOCOL_VERSION_META_KEY,
  StreamableHTTPClientTransport,
  type JSONRPCMessage,
  type JSONRPCRequest,
  type StreamableHTTPClientTransportOptions,
  type TransportSendOptions,
} from '@modelcontextprotocol/client'
import { exchangeHeader, type Exchange } from './guarded-transport.js'
import { isCarried } from './raw-results.js'
import { answerTo, endpointFetch, ReadAnswer, serverFetch, type ServerFetchOptions } from './server-fetch.js'

/**
 * The SDK's transport of Streamable HTTP with a short path for `tools/call` and `tools/list`: their requests are made of
 * plain objects, and a plain JSON answer is handed on as it was read. Whatever else comes, streams and refusals
 * too, is the SDK's own to go on with: it is given the answer that was received, so that nothing is sent twice.
 */
export class ShortPathTransport extends StreamableHTTPClientTransport {
  readonly #url: URL
  readonly #options: ServerFetchOptions
  readonly #underWay = new Set<Exchange>()
  #closed = false

  constructor(
    url: URL,
    options: Omit<StreamableHTTPClientTransportOptions, 'fetch'> & { readonly server: ServerFetchOptions },
  ) {
    const { server, ...rest } = options
    super(url, { ...rest, fetch: serverFetch(server) })
    this.#url = url
    this.#options = { ...server, fetch: endpointFetch(server.fetch) }
  }

  override async send(message: JSONRPCMessage | JSONRPCMessage[], options?: TransportSendOptions): Promise<void> {
    const exchange = this.#options.exchange(options?.headers?.[exchangeHeader] ?? null)
    const headers = exchange === undefined || this.#closed ? undefined : this.#plainHeaders(message, options)
    if (exchange === undefined || headers === undefined) return super.send(message, options)
    this.#underWay.add(exchange)
    try {
      const answer = await this.#ask(exchange, headers, JSON.stringify(message))
      if (answer instanceof ReadAnswer && answer.messages.every((one) => isPlain(one, exchange))) {
        for (const one of answer.messages) this.onmessage?.(one)
        return
      }
      exchange.received = answer instanceof ReadAnswer ? answer.response() : answer
    } catch (error) {
      if (options?.requestSignal?.aborted !== true) this.onerror?.(error as Error)
      throw error
    } finally {
      this.#underWay.delete(exchange)
    }
    return super.send(message, options)
  }

  override async close(): Promise<void> {
    this.#closed = true
    for (const { abort } of this.#underWay) abort.abort()
    return super.close()
  }

  async #ask(
    exchange: Exchange,
    headers: Readonly<Record<string, string>>,
    body: string,
  ): Promise<Response | ReadAnswer> {
    const { fetch, now, gates } = this.#options
    const response = await fetch(this.#url, {
      method: 'POST',
      headers,
      body,
      signal: exchange.abort.signal,
      deepJson: exchange.method === 'tools/list' ? 'skip' : undefined,
      beforeSend: exchange.beforeSend,
    })
    return answerTo(exchange, response, { inSession: 'mcp-session-id' in headers, now, gates })
  }

  /** The headers of a request that has nothing out of the way about it. */
  #plainHeaders(
    message: JSONRPCMessage | JSONRPCMessage[],
    options: TransportSendOptions | undefined,
  ): Record<string, string> | undefined {
    if (Array.isArray(message) || !('method' in message) || !('id' in message)) return undefined
    if (!shortMethods.has(message.method) || options?.resumptionToken !== undefined) return undefined
    const headers: Record<string, string> = {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
    }
    if (this.sessionId !== undefined) headers['mcp-session-id'] = this.sessionId
    if (this.protocolVersion !== undefined) headers['mcp-protocol-version'] = this.protocolVersion
    Object.assign(headers, headersOfBody(message))
    for (const [name, value] of Object.entries(options?.headers ?? {})) {
      const key = name.toLowerCase()
      if (key === exchangeHeader) continue
      // What the SDK would leave out, or join with what is there, is its own to judge.
      if (key in headers || reserved.has(key)) return undefined
      headers[key] = value
    }
    return Object.values(headers).every((value) => plainValue.test(value)) ? headers : undefined
  }
}

/** The 2026-07-28 revision mirrors what a request is about into headers. */
function headersOfBody({ method, params }: JSONRPCRequest): Readonly<Record<string, string>> {
  const version = params?._meta?.[PROTOCOL_VERSION_META_KEY]
  if (typeof version !== 'string') return {}
  const name = method === 'tools/call' ? params?.name : undefined
  return {
    'mcp-protocol-version': version,
    'mcp-method': method,
    ...(typeof name === 'string' ? { 'mcp-name': name } : undefined),
  }
}

/** What the SDK's schemas would neither refuse nor change: an error, or a result that travels beside an empty one. */
function isPlain(message: JSONRPCMessage, { id }: Exchange): boolean {
  return 'id' in message && message.id === id && ('error' in message || isCarried(message))
}

const shortMethods = new Set(['tools/call', 'tools/list'])
const reserved = new Set(['authorization', 'dpop', 'mcp-method', 'mcp-name'])
/** Text that is the same as a header's value: other names of tools are encoded, which the SDK sees to. */
const plainValue = /^(?!=\?)[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/
