import { IntegrationError } from '../model/errors.js'
import { JsonNesting, type DeepJson, type Fate } from '../model/json-limits.js'

/** Answers of OAuth endpoints, in decoded bytes. */
export const maxMetadataBytes = 256 * 1024
/** Redirects that a metadata request follows. */
export const maxMetadataHops = 3
/** How long DNS, TCP and TLS may take together, in ms. */
export const connectTimeoutMs = 10_000
/** How long an OAuth endpoint may take in all, in ms. MCP requests are bounded by their caller's signal. */
export const oauthTimeoutMs = 30_000
/** How long an idle connection is kept, in ms: less than what servers usually do, so that they rarely close it under a request. */
export const idleSocketMs = 4_000
/** Layers of `content-encoding`: each multiplies what a few bytes can become. */
export const maxEncodings = 1

/** Counts what is read of one body. */
export interface Meter {
  /**
   * Returns what is to be read in place of a chunk: the chunk itself, or less where deep JSON is skipped.
   *
   * @throws `response_too_large`, `protocol_error`
   */
  count(chunk: Uint8Array): Uint8Array
}

/** Bounds a body as a whole. */
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
 * Bounds each event of an event stream, in bytes and in the depth and the values of its JSON. The stream as a whole has
 * no end by nature: its caller's deadline bounds it.
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
        // Parsers drop a byte order mark, and some what looks like one.
        if (!begun && byte > 0x7f) continue
        begun = true
        if (lineBytes < dataField.length) isData &&= byte === dataField.charCodeAt(lineBytes++)
        else if (isData) kept.note(index, nesting.next(byte))
      }
      return kept.bytes
    },
  }
}

/** A chunk from which bytes are taken out; the chunk itself while none is. */
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

/** Pieces of bytes as one. */
export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.byteLength, 0))
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.byteLength
  }
  return whole
}

/** The answer was larger than the cap. */
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
