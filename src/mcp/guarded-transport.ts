import type { JSONRPCMessage, Transport, TransportSendOptions } from '@modelcontextprotocol/client'
import { carryRaw } from './raw-results.js'
import { lostAnswer, Unanswered } from './server-errors.js'

/** One request under way. */
export interface Exchange {
  readonly id: string | number
  readonly method: string
  /** Its answer is a stream, so that it may come later than the answer's head. */
  streams: boolean
  /** What went wrong with its answer. */
  fault?: unknown
  readonly abort: AbortController
}

/** A header by which the transport's `fetch` finds the exchange it belongs to; it never leaves the process. */
export const exchangeHeader = 'x-mcp-integrations-exchange'

/**
 * Stands between the SDK's client and one of its transports, and sees to it that every request ends: an answer that can't
 * come any more becomes an error, an answer that nobody waits for is dropped, and results pass by unread, so that one
 * malformed tool doesn't take the others with it.
 */
export class GuardedTransport implements Transport {
  onclose?: (() => void) | undefined
  onerror?: ((error: Error) => void) | undefined
  onmessage?: Transport['onmessage'] | undefined
  readonly #inner: Transport
  readonly #answersInResponse: boolean
  readonly #exchanges = new Map<string | number, Exchange>()

  /** @param options.answersInResponse - Streamable HTTP: a request whose response ended has no answer any more. */
  constructor(inner: Transport, options: { readonly answersInResponse: boolean }) {
    this.#inner = inner
    this.#answersInResponse = options.answersInResponse
    inner.onmessage = (message) => this.deliver(message)
    inner.onclose = () => this.onclose?.()
    inner.onerror = (error) => this.onerror?.(error)
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

  start(): Promise<void> {
    return this.#inner.start()
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    if (!('method' in message)) return this.#inner.send(message, options)
    if (!('id' in message)) return this.#notify(message, options)
    const { id, method } = message
    const exchange: Exchange = { id, method, streams: false, abort: new AbortController() }
    this.#exchanges.set(id, exchange)
    options?.requestSignal?.addEventListener('abort', () => this.#exchanges.delete(id), { once: true })
    try {
      await this.#inner.send(message, {
        ...options,
        // A signal of its own: listeners don't pile up on the transport's, and a cancelled request frees its socket.
        requestSignal: options?.requestSignal ?? exchange.abort.signal,
        headers: { ...options?.headers, [exchangeHeader]: typeof id === 'number' ? `#${id}` : id },
        onRequestStreamEnd: () => {
          options?.onRequestStreamEnd?.()
          if (method !== 'subscriptions/listen') this.#giveUp(exchange)
        },
      })
    } catch (error) {
      this.#exchanges.delete(id)
      throw error
    }
    if (this.#answersInResponse && !exchange.streams) this.#giveUp(exchange)
  }

  /** Takes a message from the server, also one that came another way than through the transport. */
  deliver(message: JSONRPCMessage): void {
    if ('method' in message) return this.onmessage?.(message)
    const exchange = message.id === undefined ? undefined : this.#exchanges.get(message.id)
    if (exchange === undefined) return
    this.#exchanges.delete(exchange.id)
    this.onmessage?.(carryRaw(exchange.method, message))
  }

  /** Nothing that was asked will be answered any more. */
  giveUpAll(): void {
    for (const exchange of this.#exchanges.values()) this.#giveUp(exchange)
  }

  async #notify(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    const cancelled = cancelledRequest(message)
    const exchange = cancelled === undefined ? undefined : this.#exchanges.get(cancelled)
    if (exchange !== undefined) this.#exchanges.delete(exchange.id)
    try {
      await this.#inner.send(message, options)
    } finally {
      exchange?.abort.abort()
    }
  }

  #giveUp(exchange: Exchange): void {
    if (this.#exchanges.get(exchange.id) !== exchange) return
    this.#exchanges.delete(exchange.id)
    const error = { code: -32000, message: 'No answer came.', data: new Unanswered(exchange.fault ?? lostAnswer()) }
    this.onmessage?.({ jsonrpc: '2.0', id: exchange.id, error })
  }
}

function cancelledRequest(message: JSONRPCMessage): string | number | undefined {
  if (!('method' in message) || message.method !== 'notifications/cancelled') return undefined
  const { requestId } = (message.params ?? {}) as { requestId?: unknown }
  return typeof requestId === 'string' || typeof requestId === 'number' ? requestId : undefined
}
