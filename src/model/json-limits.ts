import { IntegrationError } from './errors.js'
import { maxJsonDepth } from './json.js'

/** Values of one JSON text: parsing many small ones takes far longer than their bytes suggest. */
const maxJsonValues = 400_000
/**
 * Depth from which JSON is skipped: the message's frame, 64 levels of one of its parts, and a few more, so that the
 * part's own depth check still sees the excess.
 */
const skippedJsonDepth = 70

/** How too deeply nested JSON is treated: an error, or an empty list in its place. */
export type DeepJson = 'refuse' | 'skip'

/**
 * Refuses JSON that is nested too deep, or holds too many values, before anything parses it. Text that is no JSON passes.
 *
 * @returns the text, without the skipped parts
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

/** What happens to a character: it is kept, replaced by an empty list, or dropped. */
export type Fate = 'keep' | 'replace' | 'drop'

/** Tracks the brackets of JSON, by character or by byte: brackets, quotes and backslashes are single bytes of UTF-8. */
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

  /** Counts a value: an opened list or object, or an item after a comma. */
  #count(): void {
    if (++this.#values > maxJsonValues) throw tooManyValues()
  }
}

function depthFor(deepJson: DeepJson): number {
  return deepJson === 'skip' ? skippedJsonDepth : maxJsonDepth
}

function tooDeep(maxDepth: number): IntegrationError {
  return new IntegrationError('protocol_error', `The server returned JSON nested deeper than ${maxDepth} levels.`)
}

function tooManyValues(): IntegrationError {
  return new IntegrationError(
    'response_too_large',
    `The server returned more than ${maxJsonValues} JSON values. The response was discarded.`,
  )
}

const comma = 0x2c
const quote = 0x22
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
