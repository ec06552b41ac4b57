import { IntegrationError } from '../model/errors.js'
import { JsonNesting, type DeepJson, type Fate } from '../model/json-limits.js'

/** The limit for responses of OAuth endpoints, in decoded bytes. */
export const maxMetadataBytes = 256 * 1024
/** The number of redirects that a metadata request follows. */
export const maxMetadataHops = 3
/** The limit for DNS, TCP and TLS together, in ms. */
export const connectTimeoutMs = 10_000
/** The limit for a whole request to an OAuth endpoint, in ms. MCP requests are limited by their caller's signal. */
export const oauthTimeoutMs = 30_000
/** How long an idle connection is kept, in ms: shorter than most servers keep it, so that they rarely close it during a request. */
export const idleSocketMs = 4_000
/** The number of `content-encoding` layers: each multiplies the expansion of a decompression bomb. */
export const maxEncodings = 1

/** Counts the bytes read of one body. */
export interface Meter {
  /**
   * Returns the bytes to use of a chunk: all, or fewer if deep JSON is skipped.
   *
   * @throws `response_too_large`, `protocol_error`
   */
  count(chunk: Uint8Array): Uint8Array
}

/** Limits a body as a whole. */
export function bodyMeter(maxBytes: number): Meter {
  let total = 0
  return {
    count(chunk) {
      total += chunk.byteLength
      if (total > maxBytes) throw tooLarge(maxBytes)
      return chunk
    },
  }
}

/**
 * Limits each event of an event stream, in bytes and in the depth and number of values of its JSON. The whole stream is
 * limited only by its caller's deadline.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export function eventStreamMeter(maxEventBytes: number, deepJson: DeepJson = 'refuse'): Meter {
  const nesting = new JsonNesting(deepJson)
  let eventBytes = 0
  let lineBytes = 0
  let isData = true
  let afterCarriageReturn = false
  let begun = false

  const endLine = () => {
    if (lineBytes === 0) {
      eventBytes = 0
      nesting.reset()
    }
    lineBytes = 0
    isData = true
  }

  return {
    count(chunk) {
      const kept = new KeptBytes(chunk)
      for (let index = 0; index < chunk.length; index++) {
        const byte = chunk[index]!
        if (++eventBytes > maxEventBytes) throw tooLarge(maxEventBytes)
        if (byte === lineFeed || byte === carriageReturn) {
          if (!(byte === lineFeed && afterCarriageReturn)) endLine()
          afterCarriageReturn = byte === carriageReturn
          begun = true
          continue
        }
        afterCarriageReturn = false
        // Parsers drop a byte order mark, and some also similar bytes.
        if (!begun && byte > 0x7f) continue
        begun = true
        if (lineBytes < dataField.length) isData &&= byte === dataField.charCodeAt(lineBytes++)
        else if (isData) kept.note(index, nesting.next(byte))
      }
      return kept.bytes
    },
  }
}

/** A chunk without the skipped bytes; not copied while none is skipped. */
class KeptBytes {
  readonly #chunk: Uint8Array
  #parts: Uint8Array[] | undefined
  #from = 0

  constructor(chunk: Uint8Array) {
    this.#chunk = chunk
  }

  note(index: number, fate: Fate): void {
    if (fate === 'keep') return
    this.#parts ??= []
    if (index > this.#from) this.#parts.push(this.#chunk.subarray(this.#from, index))
    if (fate === 'replace') this.#parts.push(emptyList)
    this.#from = index + 1
  }

  get bytes(): Uint8Array {
    if (this.#parts === undefined) return this.#chunk
    return joined([...this.#parts, this.#chunk.subarray(this.#from)])
  }
}

/** Concatenates chunks. */
export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.byteLength, 0))
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.byteLength
  }
  return whole
}

/** The error for a response above the limit. */
export function tooLarge(maxBytes: number): IntegrationError {
  return new IntegrationError(
    'response_too_large',
    `The server's response is larger than ${maxBytes} bytes and was discarded.`,
  )
}

const emptyList = new TextEncoder().encode('[]')
const dataField = 'data:'
const lineFeed = 0x0a
const carriageReturn = 0x0d
