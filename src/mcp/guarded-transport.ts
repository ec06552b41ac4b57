import type {
  JSONRPCMessage,
  JSONRPCNotification,
  JSONRPCRequest,
  Transport,
  TransportSendOptions,
} from '@modelcontextprotocol/client'
import { onAbort } from '../model/race.js'
import type { RegistryRuntime } from '../ports/runtime.js'
import type { FloodGate } from './flood-gate.js'
import type { Raw } from './absent.js'
import { carriedIn } from './carried.js'
import type { EarlyAnswer } from './early-answer.js'
import { Unanswered } from './errors-through-sdk.js'
import { cancelledRequest, cancelling, exchangeHeader, type Exchange } from './exchange.js'
import { lostAnswer } from './mcp-errors.js'
import { isFinalRefusal } from './server-errors.js'
import { isSameId, readMessage } from './wire-message.js'

/** Options of {@link GuardedTransport}. */
export interface GuardOptions {
  /** Streamable HTTP: whether the end of the HTTP response ends the request. */
  readonly answersInResponse: boolean
  /** A local server: whether messages are still unchecked. */
  readonly unread: boolean
  /** A local server: ends the connection after too many messages. Other transports limit their streams. */
  readonly gate?: FloodGate | undefined
  /** The time limit of the `server/discover` probe, in ms. */
  readonly questionMs: number
  readonly runtime: Pick<RegistryRuntime, 'setTimer'>
  /** Responses to requests that the SDK's client is about to send. */
  readonly early?: readonly EarlyAnswer[] | undefined
  /** The result of `initialize`, where the older handshake is done: the SDK's client gets it once more. */
  readonly handshake?: Raw | undefined
}

/**
 * Wraps one of the SDK's transports so that every request ends: a response that can no longer arrive becomes an error, and
 * a response without a waiting request is dropped. The `server/discover` probe never breaks a
 * connection: an unexpected result counts as "unknown", and the older handshake follows.
 */
export class GuardedTransport implements Transport {
  onclose?: (() => void) | undefined
  onerror?: ((error: Error) => void) | undefined
  onmessage?: Transport['onmessage'] | undefined
  /** Called when the server says that its tools changed. */
  onToolsChanged?: (() => void) | undefined
  /** Called with a request of the server while no client listens. */
  onQuestion?: ((message: JSONRPCRequest) => void) | undefined
  /** Whether the server has sent any JSON-RPC. */
  spoke = false
  /** The revision that the server chose in its handshake. */
  chosenVersion: unknown
  /** The result of the `server/discover` probe, if it arrived after the older handshake had started. */
  lateDiscovery: unknown
  readonly #inner: Transport
  readonly #options: GuardOptions
  readonly #exchanges = new Map<string | number, Exchange>()
  /** By method. */
  readonly #early: Map<string, EarlyAnswer>
  /** Whether the bytes being read contained a response. */
  #answered = false

  constructor(inner: Transport, options: GuardOptions) {
    this.#inner = inner
    this.#options = options
    this.#early = new Map(options.early?.map((answer) => [answer.method, answer]))
    inner.onmessage = (message) => this.#admits(countOf(message)) && this.deliver(message, options.unread)
    inner.onclose = () => this.onclose?.()
    inner.onerror = (error) => this.onerror?.(error)
    if (options.unread)
      Object.assign(inner, {
        onfailure: (failure: unknown) => this.giveUpAll(failure),
        onread: (bytes: number) => this.#wasRead(bytes),
      })
  }

  get sessionId(): string | undefined {
    return this.#inner.sessionId
  }

  get hasPerRequestStream(): boolean {
    return this.#inner.hasPerRequestStream ?? false
  }

  setProtocolVersion(version: string): void {
    this.#inner.setProtocolVersion?.(version)
  }

  exchange(mark: string | null): Exchange | undefined {
    if (mark === null) return undefined
    return this.#exchanges.get(mark.startsWith('#') ? Number(mark.slice(1)) : mark)
  }

  /** The pending request with this id, even if the server returned the id as text. */
  find(id: unknown): Exchange | undefined {
    if (typeof id !== 'string' && typeof id !== 'number') return undefined
    const known = this.#exchanges.get(id)
    return known ?? [...this.#exchanges.values()].find(({ id: own, sentAs = own }) => isSameId(id, sentAs))
  }

  start(): Promise<void> {
    return this.#inner.start()
  }

  close(): Promise<void> {
    for (const { stopTimer } of this.#exchanges.values()) stopTimer?.()
    for (const answer of this.#options.early ?? []) answer.cancel()
    return this.#inner.close()
  }

  async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    if (!('method' in message))
      // A signal of its own, so that the listeners of many responses don't accumulate at the transport's.
      return this.#inner.send(message, { ...options, requestSignal: new AbortController().signal })
    if (!('id' in message)) return this.#notify(message, options)
    const { id, method } = message
    if (method === 'initialize' && this.#options.handshake !== undefined)
      return this.onmessage?.({ jsonrpc: '2.0', id, result: this.#options.handshake })
    const { sending, received, headers } = carriedIn(options?.headers)
    const early = this.#early.get(method)
    this.#early.delete(method)
    const exchange: Exchange = {
      id,
      sentAs: early?.sentAs ?? received?.sentAs,
      method,
      streams: false,
      abort: new AbortController(),
      received: early?.response() ?? received?.response,
      sending,
    }
    this.#exchanges.set(id, exchange)
    const given = options?.requestSignal
    onAbort(given, () => {
      this.#exchanges.delete(id)
      exchange.abort.abort(given?.reason)
    })
    const asksForEra = method === 'server/discover'
    const stopTimer = asksForEra
      ? this.#options.runtime.setTimer(() => this.#isUnknown(exchange), this.#options.questionMs)
      : undefined
    exchange.stopTimer = stopTimer
    if (early?.isLate === true) this.#isUnknown(exchange)
    try {
      // A local server has no `fetch` that could do this check.
      if (this.#options.unread) await sending?.beforeSend(false)
      // The call may have been cancelled during that check.
      if (!this.#exchanges.has(id)) throw lostAnswer().with({ mayHaveRun: false })
      await this.#inner.send(message, {
        ...options,
        // Each request has its own signal, so that listeners don't accumulate and a cancelled request frees its socket.
        requestSignal: options?.requestSignal ?? exchange.abort.signal,
        headers: { ...headers, [exchangeHeader]: typeof id === 'number' ? `#${id}` : id },
        onRequestStreamEnd: () => {
          options?.onRequestStreamEnd?.()
          if (method !== 'subscriptions/listen') this.#giveUp(exchange)
        },
      })
    } catch (error) {
      stopTimer?.()
      if (asksForEra && !isFinalRefusal(error)) return this.#isUnknown(exchange)
      this.#exchanges.delete(id)
      throw error
    }
    if (this.#options.answersInResponse && !exchange.streams) this.#giveUp(exchange)
  }

  /**
   * Delivers a message of the server, including messages that arrived outside the transport.
   *
   * @param unread - it is what the server sent, not yet the message that it means
   */
  deliver(sent: JSONRPCMessage, unread = false): void {
    const message = unread ? this.#read(sent) : sent
    if (message === undefined) return
    this.spoke = true
    if ('method' in message) return this.#tell(message)
    const exchange = message.id === undefined ? undefined : this.#exchanges.get(message.id)
    if (exchange === undefined) return
    this.#answered = true
    this.#exchanges.delete(exchange.id)
    exchange.stopTimer?.()
    const result = 'result' in message ? (message.result as Readonly<Record<string, unknown>>) : undefined
    if (exchange.method === 'initialize') this.chosenVersion = result?.protocolVersion
    if (exchange.method === 'server/discover' && result !== undefined) {
      if (exchange.isLate === true) return void (this.lateDiscovery = result)
      if (!Array.isArray(result.supportedVersions)) return this.#isUnknown(exchange)
    }
    if (exchange.isLate !== true) this.onmessage?.(message)
  }

  /** Ends all pending requests with an error. */
  giveUpAll(failure?: unknown): void {
    for (const exchange of this.#exchanges.values()) {
      exchange.failure ??= failure
      this.#giveUp(exchange)
    }
  }

  /** Counts bytes: an awaited response has its own size limit; everything else is limited by rate. */
  #wasRead(bytes: number): void {
    if (!this.#answered) this.#admits((gate) => gate.read(bytes))
    this.#answered = false
  }

  /** Closes the connection of a server that floods, and ends its pending requests. */
  #admits(count: (gate: FloodGate) => void): boolean {
    try {
      if (this.#options.gate !== undefined) count(this.#options.gate)
      return true
    } catch (error) {
      for (const exchange of this.#exchanges.values()) this.#giveUp(Object.assign(exchange, { failure: error }))
      void this.close().catch(() => undefined)
      return false
    }
  }

  #read(sent: JSONRPCMessage): JSONRPCMessage | undefined {
    let asked: Exchange | undefined
    try {
      return readMessage(sent, (id) => (asked = this.find(id)))
    } catch (error) {
      if (asked !== undefined) this.#giveUp(Object.assign(asked, { failure: error }))
      return undefined
    }
  }

  /** The `server/discover` probe had no usable result: the older handshake is tried. */
  #isUnknown(exchange: Exchange): void {
    exchange.isLate = true
    exchange.stopTimer?.()
    this.onmessage?.({ jsonrpc: '2.0', id: exchange.id, error: { code: -32601, message: 'Method not found' } })
  }

  #tell(message: JSONRPCRequest | JSONRPCNotification): void {
    if (message.method === 'notifications/tools/list_changed') this.onToolsChanged?.()
    if (this.onmessage !== undefined) this.onmessage(message)
    else if ('id' in message) this.onQuestion?.(message)
  }

  /** Sends a notification. Errors are ignored. */
  async #notify(message: JSONRPCNotification, options?: TransportSendOptions): Promise<void> {
    if (message.method === 'notifications/initialized' && this.#options.handshake !== undefined) return
    const cancelled = cancelledRequest(message)
    const exchange = cancelled === undefined ? undefined : this.#exchanges.get(cancelled)
    if (exchange !== undefined) this.#exchanges.delete(exchange.id)
    try {
      await this.#inner.send(exchange === undefined ? message : cancelling(exchange, message), options)
    } catch (error) {
      this.onerror?.(error as Error)
    } finally {
      exchange?.abort.abort()
    }
  }

  #giveUp(exchange: Exchange): void {
    if (this.#exchanges.get(exchange.id) !== exchange || exchange.isLate === true) return
    this.#exchanges.delete(exchange.id)
    exchange.stopTimer?.()
    const error = {
      code: -32000,
      message: 'No response arrived.',
      data: new Unanswered(exchange.failure ?? lostAnswer()),
    }
    this.onmessage?.({ jsonrpc: '2.0', id: exchange.id, error })
  }
}

function countOf(message: unknown): (gate: FloodGate) => void {
  return (gate) => {
    gate.message()
    gate.asked([message])
  }
}
