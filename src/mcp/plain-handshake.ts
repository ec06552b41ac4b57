import { isObject } from '../model/json.js'
import { SUPPORTED_PROTOCOL_VERSIONS, type JSONRPCMessage } from '@modelcontextprotocol/client'
import { chunksOf, mediaTypeOf } from '../model/lean-response.js'
import type { Raw } from './absent.js'
import { parseJson } from './answer-body.js'
import { messagesFor } from './answer-messages.js'
import type { CallClock } from './call-clock.js'
import { clientInfo } from './client-info.js'
import type { EndpointFetch, OpenOptions } from './connection-contract.js'
import { EarlyAnswer } from './early-answer.js'
import { endpointFetch, noted } from './endpoint-fetch.js'
import { envelopeOf } from './envelope.js'
import { again, firstMessage } from './first-message.js'
import { FloodGates } from './flood-gate.js'
import type { Awaited } from './wire-message.js'

/** Result of a handshake without the SDK's client. */
export type PlainHandshake =
  | { readonly era: 'modern'; readonly protocolVersion: string; readonly discover: Raw }
  | {
      readonly era: 'legacy'
      readonly protocolVersion: string
      readonly initialize: Raw
      readonly sessionId: string | undefined
    }
  /** Something unusual: the SDK's client continues with the responses as they arrived, and nothing is sent twice. */
  | { readonly era: 'unknown'; readonly answers: readonly EarlyAnswer[] }

/** The revision of the current era. */
export const currentRevision = '2026-07-28'

/** Ids beyond those of the SDK's client, and before those of plain requests. */
const ids = { 'server/discover': 999_999_998, initialize: 999_999_999 } as const

/** Options of {@link shakeHands}. */
export type ShakeOptions = Pick<OpenOptions, 'runtime' | 'timeoutMs'> & {
  readonly endpoint: { readonly url: string; readonly fetch: EndpointFetch }
}

/**
 * Finds a server's era over Streamable HTTP, and runs the handshake with one of an older era, without the SDK's client
 * and transport, which cost more than the network. Only a complete and unambiguous response is used.
 *
 * @param asksForEra - `false`: the server is known to be of an older era
 * @throws the clock's error once it ended
 */
export async function shakeHands(
  options: ShakeOptions,
  asksForEra: boolean,
  clock: CallClock,
): Promise<PlainHandshake> {
  if (clock.ended !== undefined) throw clock.ended
  const asking = new Asking(options)
  const stopListening = clock.whenEnded((reason) => asking.cancel(reason))
  try {
    if (asksForEra) {
      const said = await asking.forEra(clock)
      if (said !== undefined && 'result' in said) {
        const discover = discoveryIn(said.result)
        if (discover !== undefined) return { era: 'modern', protocolVersion: currentRevision, discover }
      }
      if (said === undefined || !isOlder(said)) return { era: 'unknown', answers: asking.answers }
    }
    return (await asking.forSession(clock)) ?? { era: 'unknown', answers: asking.answers }
  } finally {
    stopListening()
  }
}

/** The requests of one handshake, and their responses. */
class Asking {
  readonly answers: EarlyAnswer[] = []
  readonly #options: ShakeOptions
  readonly #fetch: EndpointFetch
  readonly #gates: FloodGates

  constructor(options: ShakeOptions) {
    this.#options = options
    this.#fetch = endpointFetch(options.endpoint.fetch)
    this.#gates = new FloodGates(() => options.runtime.now())
  }

  cancel(reason: Error): void {
    for (const answer of this.answers) answer.cancel(reason)
  }

  /** @returns the response message; `undefined` if none arrives in time, or it is something else */
  async forEra(clock: CallClock): Promise<JSONRPCMessage | undefined> {
    const method = 'server/discover'
    const headers = { 'mcp-protocol-version': currentRevision, 'mcp-method': method }
    const answer = this.#ask(method, { _meta: envelopeOf(currentRevision) }, headers)
    let stopTimer = (): void => undefined
    const silence = new Promise<undefined>((resolve) => {
      stopTimer = this.#options.runtime.setTimer(() => {
        answer.isLate = true
        resolve(undefined)
      }, this.#options.timeoutMs / 2)
    })
    try {
      return await clock.race(Promise.race([answer.message(), silence]))
    } finally {
      stopTimer()
    }
  }

  /** @returns `undefined` if the response is not conclusive */
  async forSession(clock: CallClock): Promise<PlainHandshake | undefined> {
    const [newest] = SUPPORTED_PROTOCOL_VERSIONS
    const params = { protocolVersion: newest, capabilities: {}, clientInfo }
    const answer = this.#ask('initialize', params)
    const said = await clock.race(answer.message())
    if (said === undefined || !('result' in said)) return undefined
    const initialize: Raw = said.result
    const { protocolVersion } = initialize
    if (typeof protocolVersion !== 'string' || !SUPPORTED_PROTOCOL_VERSIONS.includes(protocolVersion)) return undefined
    const sessionId = answer.header('mcp-session-id') ?? undefined
    const session = sessionId === undefined ? undefined : { 'mcp-session-id': sessionId }
    const headers = { 'mcp-protocol-version': protocolVersion, ...session }
    const message = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })
    await clock.race(noted(() => this.#post(message, headers, clock.signal)))
    return { era: 'legacy', protocolVersion, initialize, sessionId }
  }

  #ask(method: keyof typeof ids, params: Raw, headers: Headed = {}): EarlyAnswer {
    const exchange = { id: ids[method], method }
    const body = JSON.stringify({ jsonrpc: '2.0', ...exchange, params })
    const answer = new EarlyAnswer(exchange, {
      send: (signal) => this.#post(body, headers, signal),
      read: (response) => this.#read(response, exchange),
    })
    this.answers.push(answer)
    return answer
  }

  #post(body: string, headers: Headed, signal: AbortSignal): Promise<Response> {
    return this.#fetch(this.#options.endpoint.url, {
      method: 'POST',
      headers: { accept: 'application/json, text/event-stream', 'content-type': 'application/json', ...headers },
      body,
      signal,
    })
  }

  /** The message, if the body is a single one; otherwise the response, readable from its beginning. */
  async #read(response: Response, exchange: Awaited): Promise<JSONRPCMessage | Response> {
    // A server of an older era may refuse the era request with this status.
    const isRefusal = response.status === 400 && exchange.method === 'server/discover'
    if (!response.ok && !isRefusal) return response
    const type = mediaTypeOf(response)
    if (type === 'text/event-stream' && response.ok) {
      const chunks = chunksOf(response)
      if (chunks === null) return response
      const { runtime } = this.#options
      const server = { gates: this.#gates }
      return firstMessage(response, chunks, exchange, { server, runtime, deliver: () => undefined })
    }
    if (type !== 'application/json') return response
    const text = await response.text()
    const [only, ...others] = messagesFor(exchange, parseJson(text))
    const isMessage = only !== undefined && others.length === 0 && 'id' in only && only.id === exchange.id
    if (isMessage && (response.ok || 'error' in only)) return only
    return again(response, type, text === '' ? null : text)
  }
}

type Headed = Readonly<Record<string, string>>

/** The description that a server of the current era gives of itself, if nothing else is needed. */
function discoveryIn(result: unknown): Raw | undefined {
  if (!isObject(result)) return undefined
  const { supportedVersions, resultType } = result
  const isComplete = resultType === 'complete' && Array.isArray(supportedVersions)
  const isCurrent = isComplete && supportedVersions.every((version) => typeof version === 'string')
  return isCurrent && supportedVersions.includes(currentRevision) ? result : undefined
}

/** Any error except one about the revision: the server does not know the request. */
function isOlder(said: JSONRPCMessage): boolean {
  return 'error' in said && said.error.code !== unsupportedRevision
}

const unsupportedRevision = -32022
