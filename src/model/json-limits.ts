import { IntegrationError } from './errors.js'
import { maxJsonDepth } from './json.js'

/** The limit of values in one JSON text: parsing many small values takes far longer than their size suggests. */
const maxJsonValues = 400_000
/** A new property name counts as this many values, because new names take most of the parsing time. */
const valuesOfName = 8
/** Names are counted only after this many values, so that a small response has no extra cost. */
const freeValues = 4_000
/** Longer names always count as new. */
const maxKnownName = 64
/**
 * The depth below which JSON is skipped: the frame of the message, 64 levels of one of its parts, and a few more, so that the
 * part's own depth check still sees the excess.
 */
const skippedJsonDepth = 70

/** What to do with JSON that is nested too deep: throw an error, or replace it by an empty list. */
export type DeepJson = 'refuse' | 'skip'

/**
 * Refuses JSON that is nested too deep or has too many values, before anything parses it. Other text is returned unchanged.
 *
 * @returns the text, without the skipped parts
 * @throws `protocol_error`, `response_too_large`
 */
export function boundedJson(text: string, deepJson: DeepJson = 'refuse', maxDepth = depthFor(deepJson)): string {
  if (text.length <= 2 * maxDepth || !/^\s*[[{]/.test(text) || isModest(text, maxDepth)) return text
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

/** Whether so little is in a text that names need not be looked at, and none of it is too deep: most answers are so. */
function isModest(text: string, maxDepth: number): boolean {
  let depth = 0
  let values = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === quote) index = endOfString(text, index)
    else if (code === closeBrace || code === closeBracket) depth = Math.max(0, depth - 1)
    else if (code === openBrace || code === openBracket || code === comma) {
      if (code !== comma) depth++
      if (++values > freeValues || depth > maxDepth) return false
    }
  }
  return true
}

/** The index of the quote that ends a string, or of the end of a text that breaks off within it. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = 0
    while (text.charCodeAt(end - 1 - escapes) === backslash) escapes++
    if (escapes % 2 === 0) return end
  }
  return text.length
}

/** What to do with a character: keep it, replace it by an empty list, or drop it. */
export type Fate = 'keep' | 'replace' | 'drop'

/** Tracks the brackets of JSON, by character or by byte: brackets, quotes and backslashes are single bytes of UTF-8. */
export class JsonNesting {
  readonly #skips: boolean
  readonly #maxDepth: number
  readonly #maxValues: number
  #depth = 0
  #values = 0
  #inString = false
  #escaped = false
  /** By depth: whether the open bracket is that of an object. */
  readonly #isObject: boolean[] = []
  #expectsName = false
  /** The name that is being read. */
  #name: string | undefined
  readonly #names = new Set<string>()

  constructor(deepJson: DeepJson, maxDepth = depthFor(deepJson), maxValues = maxJsonValues) {
    this.#skips = deepJson === 'skip'
    this.#maxDepth = maxDepth
    this.#maxValues = maxValues
  }

  next(code: number): Fate {
    const isSkipped = this.#depth > this.#maxDepth
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false
      else if (code === backslash) this.#escaped = true
      else if (code === quote) {
        this.#inString = false
        if (this.#name !== undefined) this.#endName(this.#name)
      }
      if (this.#name !== undefined && this.#name.length <= maxKnownName) this.#name += String.fromCharCode(code)
    } else if (code === quote) {
      this.#inString = true
      if (this.#expectsName && this.#values > freeValues) this.#name = ''
      this.#expectsName = false
    } else if (code === openBrace || code === openBracket) {
      this.#count()
      this.#expectsName = this.#isObject[this.#depth + 1] = code === openBrace
      if (++this.#depth > this.#maxDepth && !isSkipped) {
        if (this.#skips) return 'replace'
        throw tooDeep(this.#maxDepth)
      }
    } else if (code === closeBrace || code === closeBracket) {
      if (this.#depth > 0) this.#depth--
      this.#expectsName = false
    } else if (code === comma) {
      this.#count()
      this.#expectsName = this.#isObject[this.#depth] === true
    }
    return isSkipped ? 'drop' : 'keep'
  }

  reset(): void {
    this.#depth = 0
    this.#values = 0
    this.#inString = false
    this.#escaped = false
    this.#expectsName = false
    this.#name = undefined
    this.#names.clear()
  }

  #endName(name: string): void {
    this.#name = undefined
    if (this.#names.has(name)) return
    if (name.length <= maxKnownName) this.#names.add(name)
    this.#count(valuesOfName)
  }

  /** Counts a value: an opened list or object, or an item after a comma. */
  #count(values = 1): void {
    this.#values += values
    if (this.#values > this.#maxValues) throw tooManyValues()
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
    `The server returned more than ${maxJsonValues} JSON values, or very many different names. The response was discarded.`,
  )
}

const comma = 0x2c
const quote = 0x22
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
