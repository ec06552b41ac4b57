import { parseTree, type Node, type ParseError, printParseErrorCode } from 'jsonc-parser'
import { parse as parseToml, TomlError } from 'smol-toml'
import { invalid } from '../model/invalid.js'

/** Unchecked values of a document. Objects have no prototype, so any key is safe. */
export type Unchecked = null | boolean | number | string | readonly Unchecked[] | UncheckedObject
/** An object of a document. */
export interface UncheckedObject {
  readonly [key: string]: Unchecked | undefined
}

const maxCharacters = 1_048_576
const maxDepth = 32

/**
 * Reads JSON with comments and trailing commas, or TOML.
 *
 * @throws IntegrationError `invalid_input` with the line of the error
 */
export function readDocument(text: string): { readonly syntax: 'json' | 'toml'; readonly value: Unchecked } {
  if (typeof text !== 'string') throw refused('must be text')
  if (text.length > maxCharacters) throw refused('is longer than 1 MiB')
  if (/^[\s\uFEFF]*$/.test(text)) throw refused('is empty')
  const document = text.replace(/^\uFEFF/, '')
  return isJson(document)
    ? { syntax: 'json', value: readJson(document) }
    : { syntax: 'toml', value: readToml(document) }
}

/** An object of the document, or `undefined`. */
export function asObject(value: Unchecked | undefined): UncheckedObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as UncheckedObject) : undefined
}

/** The objects of a list. */
export function asObjects(value: Unchecked | undefined): readonly UncheckedObject[] {
  if (!Array.isArray(value)) return []
  return (value as readonly Unchecked[]).map(asObject).filter((item) => item !== undefined)
}

/** A non-empty text, or `undefined`. */
export function asText(value: Unchecked | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The texts of a list, or of a text separated by spaces or commas. */
export function asTexts(value: Unchecked | undefined): readonly string[] | undefined {
  if (typeof value === 'string') return value.split(/[\s,]+/).filter((item) => item !== '')
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : undefined
}

/** The members of an object with text, number or boolean values, as text. */
export function asTextEntries(value: Unchecked | undefined): readonly (readonly [string, string])[] {
  return Object.entries(asObject(value) ?? {}).flatMap(([key, item]) =>
    typeof item === 'string' || typeof item === 'number' || typeof item === 'boolean' ? [[key, String(item)]] : [],
  )
}

/** Whether a document begins as JSON, with comments or without. `[name]` on a line of its own begins a table of TOML. */
function isJson(document: string): boolean {
  return /^\s*(?:[{[]|\/\/|\/\*)/.test(document) && !tableHeader.test(document)
}

/** @see https://toml.io/en/v1.0.0#table */
const tableKey = String.raw`(?:[\w-]+|"[^"\n]*"|'[^'\n]*')`
const tableHeader = new RegExp(
  String.raw`^\s*\[{1,2}[ \t]*${tableKey}(?:[ \t]*\.[ \t]*${tableKey})*[ \t]*\]{1,2}[^\S\n]*(?:#.*)?(?:\n|$)`,
)

function readJson(text: string): Unchecked {
  checkDepth(text)
  checkNumberOfValues(text)
  const errors: ParseError[] = []
  const tree = parseTree(text, errors, { allowTrailingComma: true })
  const [error] = errors
  if (tree === undefined || error !== undefined)
    throw refused(
      error === undefined
        ? 'has no value'
        : `is not valid JSON at line ${lineAt(text, error.offset)}: ${printParseErrorCode(error.error)}`,
    )
  return valueOf(tree)
}

function readToml(text: string): Unchecked {
  checkNumberOfValues(text)
  try {
    return withoutPrototypes(parseToml(text))
  } catch (error) {
    throw refused(
      error instanceof TomlError
        ? `is neither JSON nor valid TOML (line ${error.line})`
        : 'is neither valid JSON nor valid TOML',
    )
  }
}

/** Refuses deep nesting before parsing, because the parser is recursive. */
function checkDepth(text: string): void {
  let depth = 0
  for (const [token] of text.matchAll(/"(?:[^"\\\n]|\\.)*"?|\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)|[[\]{}]/g))
    if (token === '{' || token === '[') {
      if (++depth > maxDepth) throw refused(`is nested deeper than ${maxDepth} levels`)
    } else if (token === '}' || token === ']') depth--
}

/** Refuses very many values before parsing, because each takes far more memory and time than its characters. */
function checkNumberOfValues(text: string): void {
  let marks = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if ((code === comma || code === equals || code === dot || code === openBracket) && ++marks > maxMarks)
      throw refused('has too many values')
  }
}

/** Characters that begin a value or a name in JSON or TOML, those inside texts included. A list of {@link maxServers} servers has far fewer. */
const maxMarks = 100_000
const comma = 0x2c
const dot = 0x2e
const equals = 0x3d
const openBracket = 0x5b

function valueOf(node: Node): Unchecked {
  if (node.type === 'array') return (node.children ?? []).map(valueOf)
  if (node.type !== 'object') return node.value as Unchecked
  return bare(
    (node.children ?? []).flatMap(({ children }) =>
      children?.[1] === undefined ? [] : [[String(children[0]!.value), valueOf(children[1])] as const],
    ),
  )
}

function withoutPrototypes(value: unknown): Unchecked {
  if (Array.isArray(value)) return value.map(withoutPrototypes)
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'object' || value === null) return value as Unchecked
  return bare(Object.entries(value).map(([key, item]) => [key, withoutPrototypes(item)] as const))
}

function bare(entries: readonly (readonly [string, Unchecked])[]): UncheckedObject {
  const object = Object.create(null) as Record<string, Unchecked>
  for (const [key, value] of entries) object[key] = value
  return object
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

function refused(message: string): Error {
  return invalid('readServers()', [{ path: 'text', message }])
}
