import { IntegrationError } from '../model/errors.js'
import { boundedJson, type DeepJson } from '../model/json-limits.js'
import { streamBody, type BodySource, type LeanResponse } from '../model/lean-response.js'
import { bytesBody, readWhole } from './body.js'
import type { IncomingResponse } from './dialer.js'
import { bodyMeter, eventStreamMeter, tooLarge } from './limits.js'

export interface GuardedResponseOptions {
  /** The final URL of the response. */
  readonly url: URL
  readonly redirected: boolean
  /** The limit in decoded bytes: of the whole body, or with `streams` of each event of an event stream. */
  readonly maxBytes: number
  readonly streams: boolean
  /** Whether the request may have run a tool. */
  readonly mayHaveRun: boolean
  /** `@default 'refuse'` */
  readonly deepJson?: DeepJson | undefined
}

/**
 * A `Response` with a limited body, however it is read. Headers and streams of the platform are created only when needed,
 * because they are the largest cost of a request.
 */
export class GuardedResponse implements LeanResponse {
  static {
    // An `instanceof Response` without running its constructor, which is costly.
    Object.setPrototypeOf(this.prototype, Response.prototype)
  }

  readonly type = 'default'
  readonly status: number
  readonly ok: boolean
  /** Empty, because the server's text could end up in an error message. */
  readonly statusText = ''
  #headers: IncomingResponse['headers']
  #source: BodySource | undefined
  readonly #options: GuardedResponseOptions
  #stream: ReadableStream<Uint8Array<ArrayBuffer>> | undefined
  #used = false

  constructor(answer: IncomingResponse, options: GuardedResponseOptions) {
    this.status = answer.status
    this.ok = answer.status >= 200 && answer.status < 300
    this.#headers = answer.headers
    this.#options = options
    // Reads the empty body to its end, so that the connection is free for the next request.
    if (answer.status === 204) void answer.body.read().catch(() => undefined)
    else this.#source = answer.body
    if (!this.#isEventStream && Number(this.header('content-length')) > options.maxBytes) {
      answer.body.cancel()
      throw this.#toError(tooLarge(options.maxBytes))
    }
  }

  header(name: string): string | null {
    if (!Array.isArray(this.#headers)) return this.#headers.get(name)
    let joined: string | null = null
    for (const [key, value] of this.#headers)
      if (key.length === name.length && key.toLowerCase() === name)
        joined = joined === null ? value.trim() : `${joined}, ${value.trim()}`
    return joined
  }

  get headers(): Headers {
    if (Array.isArray(this.#headers)) this.#headers = new Headers(this.#headers)
    return this.#headers
  }

  get url(): string {
    return this.#options.url.href
  }

  get redirected(): boolean {
    return this.#options.redirected
  }

  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    if (!this.#source) return null
    this.#stream ??= this.#streamed(this.#source)
    return this.#stream
  }

  get bodyUsed(): boolean {
    return this.#used
  }

  chunks(): BodySource | null {
    if (this.#used || this.#stream) throw new TypeError('The body was already read.')
    if (!this.#source) return null
    this.#used = true
    return this.#bounded(this.#source)
  }

  async text(): Promise<string> {
    const source = this.#unread()
    try {
      return boundedJson(utf8.decode(await readWhole(source, this.#options.maxBytes)), this.#options.deepJson)
    } catch (error) {
      throw this.#toError(error)
    }
  }

  async json(): Promise<unknown> {
    const text = await this.text()
    try {
      return JSON.parse(text)
    } catch {
      // The platform's message quotes the body.
      throw this.#toError(new IntegrationError('protocol_error', "The server's response is not valid JSON."))
    }
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const source = this.#unread()
    try {
      return new Uint8Array(await readWhole(source, this.#options.maxBytes))
    } catch (error) {
      throw this.#toError(error)
    }
  }

  async blob(): Promise<Blob> {
    return new Blob([await this.bytes()], { type: this.headers.get('content-type') ?? '' })
  }

  async formData(): Promise<FormData> {
    return new Response(await this.bytes(), { headers: this.headers }).formData()
  }

  clone(): Response {
    if (this.#used || this.#stream?.locked) throw new TypeError('The body was already read.')
    const { status, headers } = this
    const answer = { status, headers }
    if (!this.body) return new GuardedResponse({ ...answer, body: bytesBody() }, this.#options)
    const [mine, copy] = this.body.tee()
    this.#source = streamBody(mine)
    this.#stream = undefined
    return new GuardedResponse({ ...answer, body: streamBody(copy) }, this.#options)
  }

  /** The body, to read it as a whole. */
  #unread(): BodySource {
    if (this.#used || this.#stream?.locked) throw new TypeError('The body was already read.')
    this.#used = true
    return (this.#stream ? streamBody(this.#stream) : this.#source) ?? bytesBody()
  }

  /** The same chunks, up to the limit. */
  #bounded(source: BodySource): BodySource {
    const { maxBytes, deepJson } = this.#options
    const meter = this.#isEventStream ? eventStreamMeter(maxBytes, deepJson) : bodyMeter(maxBytes)
    return {
      read: async () => {
        try {
          const chunk = await source.read()
          return chunk && meter.count(chunk)
        } catch (error) {
          source.cancel()
          throw this.#toError(error)
        }
      },
      cancel: () => source.cancel(),
    }
  }

  #streamed(source: BodySource): ReadableStream<Uint8Array<ArrayBuffer>> {
    const chunks = this.#bounded(source)
    return new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        pull: async (controller) => {
          this.#used = true
          const chunk = await chunks.read()
          if (chunk) controller.enqueue(chunk as Uint8Array<ArrayBuffer>)
          else controller.close()
        },
        cancel: () => {
          this.#used = true
          source.cancel()
        },
      },
      // No read-ahead, and no byte stream: its `enqueue` would detach the network buffer.
      { highWaterMark: 0 },
    )
  }

  get #isEventStream(): boolean {
    return this.#options.streams && /^\s*text\/event-stream\s*(;|$)/i.test(this.header('content-type') ?? '')
  }

  #toError(error: unknown): IntegrationError {
    const { mayHaveRun } = this.#options
    if (error instanceof IntegrationError) return error.with({ mayHaveRun })
    return new IntegrationError('unreachable', "The server's response was cut off.", { reason: 'reset', mayHaveRun })
  }
}

const utf8 = new TextDecoder()
