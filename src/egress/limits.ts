import { IntegrationError } from '../model/errors.js'

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
/** `JSON.parse` reads a million levels, but hashing, cloning and printing the result overflow the stack. */
export const maxJsonDepth = 64
/** Layers of `content-encoding`: each multiplies what a few bytes can become. */
export const maxEncodings = 1

/** Counts what is read of one body. */
export interface Meter {
  /** @throws `response_too_large`, `protocol_error` */
  count(chunk: Uint8Array): void
}

/** Bounds a body as a whole. */
export function bodyMeter(maxBytes: number): Meter {
  let total = 0
  return {
    count(chunk) {
      total += chunk.byteLength
      if (total > maxBytes) throw tooLarge(maxBytes)
    },
  }
}

/**
 * Bounds each event of an event stream, in bytes and in the depth of its JSON. The stream as a whole has no end by
 * nature: its caller's deadline bounds it.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export function eventStreamMeter(maxEventBytes: number): Meter {
  const nesting = new JsonNesting(maxJsonDepth)
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
        else if (isData) nesting.next(byte)
      }
    },
  }
}

/**
 * Refuses JSON that is nested deeper than `maxDepth`, before anything parses it. Text that is no JSON passes.
 *
 * @throws `protocol_error`
 */
export function assertJsonDepth(text: string, maxDepth: number = maxJsonDepth): void {
  if (text.length <= 2 * maxDepth || !/^\s*[[{]/.test(text)) return
  const nesting = new JsonNesting(maxDepth)
  for (let index = 0; index < text.length; index++) nesting.next(text.charCodeAt(index))
}

/** Follows the brackets of JSON, character by character or byte by byte: both are the same for what matters here. */
class JsonNesting {
  readonly #maxDepth: number
  #depth = 0
  #inString = false
  #escaped = false

  constructor(maxDepth: number) {
    this.#maxDepth = maxDepth
  }

  next(code: number): void {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false
      else if (code === backslash) this.#escaped = true
      else if (code === quote) this.#inString = false
    } else if (code === quote) this.#inString = true
    else if (code === openBrace || code === openBracket) {
      if (++this.#depth > this.#maxDepth) throw tooDeep(this.#maxDepth)
    } else if (code === closeBrace || code === closeBracket) this.#depth--
  }

  reset(): void {
    this.#depth = 0
    this.#inString = false
    this.#escaped = false
  }
}

/** The answer was larger than the cap. */
export function tooLarge(maxBytes: number): IntegrationError {
  return new IntegrationError(
    'response_too_large',
    `The server's answer is larger than ${maxBytes} bytes. Nothing of it was used.`,
  )
}

function tooDeep(maxDepth: number): IntegrationError {
  return new IntegrationError('protocol_error', `The server's answer is JSON nested deeper than ${maxDepth} levels.`)
}

const dataField = 'data:'
const lineFeed = 0x0a
const carriageReturn = 0x0d
const quote = 0x22
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
