import { ProtocolError, type JSONRPCMessage } from '@modelcontextprotocol/client'
import type { IntegrationError } from '../model/errors.js'
import { chunksOf, mediaTypeOf } from '../model/lean-response.js'
import type { RegistryRuntime } from '../ports/runtime.js'
import { readBody } from './answer-body.js'
import type { CallClock } from './call-clock.js'
import type { Carried } from './carried.js'
import type { Sending, ServerProfile } from './connection-contract.js'
import { again, firstMessage, isAnswer } from './first-message.js'
import { takeRaw } from './raw-results.js'
import { messagesIn } from './answer-messages.js'
import { endpointFetch } from './endpoint-fetch.js'
import { envelopeOf } from './envelope.js'
import { lostAnswer } from './mcp-errors.js'
import { refused } from './refused-request.js'
import type { ServerFetchOptions } from './server-fetch.js'
import type { Awaited } from './wire-message.js'

/** A request that may be sent without the SDK. */
export interface PlainRequest {
  readonly method: 'tools/call' | 'tools/list'
  readonly params: Readonly<Record<string, unknown>>
  readonly clock: CallClock
  readonly sending?: Sending | undefined
}

/** Options of {@link PlainRequests}. */
export interface PlainRequestsOptions {
  readonly url: URL
  readonly server: ServerFetchOptions
  readonly runtime: Pick<RegistryRuntime, 'setTimer'>
  readonly era: ServerProfile['era']
  /** The session and revision that were agreed with the server. */
  readonly session: { readonly sessionId?: string | undefined; readonly protocolVersion?: string | undefined }
  readonly protocolVersion: string
  /** Sends a notification to the server. */
  notify(message: JSONRPCMessage): Promise<void>
  /** Called with messages of the server other than responses. */
  deliver(message: JSONRPCMessage): void
}

/**
 * `tools/call` and `tools/list` over Streamable HTTP without the SDK's client and transport, which cost more than the
 * network: a request is written here, and its response is read once. The SDK continues with any response other than a
 * single result or error (a notification before it, a question, a stream to resume). Nothing is sent twice.
 */
export class PlainRequests {
  readonly #options: PlainRequestsOptions
  readonly #fetch: ServerFetchOptions['fetch']
  /** The members that the SDK's client adds to `_meta` of every request. */
  readonly #envelope: object | undefined
  readonly #underWay = new Set<CallClock>()
  #lastId = someId()

  constructor(options: PlainRequestsOptions) {
    this.#options = options
    this.#fetch = endpointFetch(options.server.fetch)
    this.#envelope = options.era === 'legacy' ? undefined : envelopeOf(options.protocolVersion)
  }

  /**
   * Sends a request, and returns its result as the server sent it.
   *
   * @param viaSdk - sends the request with the SDK's client, or continues with a received response
   * @throws ProtocolError for a JSON-RPC error; IntegrationError, or what the given `fetch` throws
   */
  async ask(request: PlainRequest, viaSdk: (carried: Carried) => Promise<unknown>): Promise<unknown> {
    const headers = this.#headers(request)
    if (headers === undefined) return viaSdk({ sending: request.sending })
    const { method, clock, sending } = request
    const exchange: Awaited = { id: ++this.#lastId, method }
    // A server of the current era notices that the response is no longer read.
    const { era, server } = this.#options
    const stop = era === 'modern' ? undefined : clock.whenEnded((reason) => this.#cancel(exchange, reason))
    this.#underWay.add(clock)
    try {
      const response = await this.#send(request, headers, exchange)
      if (!response.ok) await refused(response, exchange, 'mcp-session-id' in headers, server.now)
      const chunks = mediaTypeOf(response) === 'text/event-stream' ? chunksOf(response) : null
      const answer = await (chunks === null
        ? onlyMessage(response, exchange)
        : firstMessage(response, chunks, exchange, this.#options))
      // From here, the SDK tells the server of a cancellation.
      stop?.()
      if (answer instanceof Response)
        return await viaSdk({ sending, received: { response: answer, sentAs: Number(exchange.id) } })
      if ('error' in answer) throw ProtocolError.fromError(answer.error.code, answer.error.message, answer.error.data)
      return takeRaw((answer as { readonly result: object }).result)
    } finally {
      stop?.()
      this.#underWay.delete(clock)
    }
  }

  /** Ends all pending requests. */
  close(): void {
    for (const clock of this.#underWay) clock.end(lostAnswer())
  }

  #send(request: PlainRequest, headers: Readonly<Record<string, string>>, { id, method }: Awaited): Promise<Response> {
    return this.#fetch(this.#options.url, {
      method: 'POST',
      headers,
      body: this.#message(request, id),
      signal: request.clock.signal,
      // Depth is checked for each tool, because one that nests too deep must not affect the others.
      deepJson: method === 'tools/list' ? 'skip' : undefined,
      ...request.sending,
    })
  }

  #message({ method, params }: PlainRequest, id: string | number): string {
    const asksForNews = method === 'tools/call'
    if (this.#envelope === undefined && !asksForNews) return JSON.stringify({ jsonrpc: '2.0', id, method, params })
    const progressToken = asksForNews ? id : undefined
    const _meta = { ...this.#envelope, ...(params._meta as object | undefined), progressToken }
    return JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta } })
  }

  /** The headers of a request; `undefined` if the tool's name must be encoded for a header. */
  #headers({ method, params }: PlainRequest): Readonly<Record<string, string>> | undefined {
    const { era, session } = this.#options
    const headers: Record<string, string> = {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
    }
    if (session.sessionId !== undefined) headers['mcp-session-id'] = session.sessionId
    if (session.protocolVersion !== undefined) headers['mcp-protocol-version'] = session.protocolVersion
    if (era === 'legacy') return headers
    headers['mcp-protocol-version'] = this.#options.protocolVersion
    headers['mcp-method'] = method
    if (method === 'tools/list') return headers
    const name = String(params.name)
    headers['mcp-name'] = name
    return plainValue.test(name) ? headers : undefined
  }

  /** Notifies the server of a cancelled request. Errors are ignored. */
  #cancel({ id }: Awaited, reason: IntegrationError): void {
    const params = { requestId: id, reason: String(reason) }
    void this.#options.notify({ jsonrpc: '2.0', method: 'notifications/cancelled', params }).catch(() => undefined)
  }
}

/** The only message of a body; the response again if the body contains more. */
async function onlyMessage(response: Response, exchange: Awaited): Promise<JSONRPCMessage | Response> {
  const body = await readBody(response)
  if (body.kind === 'stream') return again(response, 'text/event-stream', body.body)
  const [first, ...others] = messagesIn(body, exchange, response.status)
  if (first !== undefined && others.length === 0 && isAnswer(first, exchange)) return first
  return again(response, 'application/json', 'text' in body ? body.text : null)
}

/**
 * Where ids begin: beyond those of the SDK's client, which counts from 0, and elsewhere in each process, because several
 * may use one session: not a secret. 32 bits, which every server can read.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic#requests ids are unique within a session
 */
function someId(): number {
  return 1_000_000_000 + Math.floor(Math.random() * 1_000_000_000)
}

/** Text that can be a header value without encoding. */
const plainValue = /^(?!=\?)[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/
