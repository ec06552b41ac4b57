import { IntegrationError } from './errors.js'

/** `JSON.parse` reads a million levels, but hashing, cloning and printing the result overflow the stack. */
const maxJsonDepth = 64
/** Values of one JSON text: parsing many small ones takes far longer than their bytes suggest. */
const maxJsonValues = 400_000
/** Where deep JSON is skipped: an answer's frame, 64 levels of a part of it, and some more, so that the part shows it. */
const skippedJsonDepth = 70

/** What JSON deeper than is accepted leads to: an error, or an empty list in its place. */
export type DeepJson = 'refuse' | 'skip'

/**
 * Refuses JSON that is nested too deep, or holds too many values, before anything parses it. Text that is no JSON passes.
 *
 * @returns the text, without what is skipped
 * @throws `protocol_error`, `response_too_large`
 */
export function boundedJson(text: string, deepJson: DeepJson = 'refuse', maxDepth = depthFor(deepJson)): string {
  if (text.length <= 2 * maxDepth || !/^\s*[[{]/.test(text)) return text
  const nesting = new JsonNesting(deepJson, maxDepth)
  let kept = ''
  let from = 0
  for (let index = 0; index < text.length; index++) {
    const fate = nesting.next(text.charCodeAt(index))
    if (fate === 'keep') continue
    kept += text.slice(from, index) + (fate === 'replace' ? '[]' : '')
    from = index + 1
  }
  return kept + text.slice(from)
}

/** What becomes of a character: it stays, an empty list stands in its place, or it goes. */
export type Fate = 'keep' | 'replace' | 'drop'

/** Follows the brackets of JSON, character by character or byte by byte: both are the same for what matters here. */
export class JsonNesting {
  readonly #skips: boolean
  readonly #maxDepth: number
  #depth = 0
  #values = 0
  #inString = false
  #escaped = false

  constructor(deepJson: DeepJson, maxDepth = depthFor(deepJson)) {
    this.#skips = deepJson === 'skip'
    this.#maxDepth = maxDepth
  }

  next(code: number): Fate {
    const isSkipped = this.#depth > this.#maxDepth
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false
      else if (code === backslash) this.#escaped = true
      else if (code === quote) this.#inString = false
    } else if (code === quote) this.#inString = true
    else if (code === openBrace || code === openBracket) {
      this.#count()
      if (++this.#depth > this.#maxDepth && !isSkipped) {
        if (this.#skips) return 'replace'
        throw tooDeep(this.#maxDepth)
      }
    } else if (code === closeBrace || code === closeBracket) this.#depth--
    else if (code === comma) this.#count()
    return isSkipped ? 'drop' : 'keep'
  }

  reset(): void {
    this.#depth = 0
    this.#values = 0
    this.#inString = false
    this.#escaped = false
  }

  /** An opened list or object, and what follows a comma. */
  #count(): void {
    if (++this.#values > maxJsonValues) throw tooManyValues()
  }
}

function depthFor(deepJson: DeepJson): number {
  return deepJson === 'skip' ? skippedJsonDepth : maxJsonDepth
}

function tooDeep(maxDepth: number): IntegrationError {
  return new IntegrationError('protocol_error', `The server's answer is JSON nested deeper than ${maxDepth} levels.`)
}

function tooManyValues(): IntegrationError {
  return new IntegrationError(
    'response_too_large',
    `The server's answer holds more than ${maxJsonValues} values. Nothing of it was used.`,
  )
}

const comma = 0x2c
const quote = 0x22
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
