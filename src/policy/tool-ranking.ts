import MiniSearch from 'minisearch'
import type { JsonObject, JsonValue } from '../model/json.js'
import type { ToolsetTool } from '../model/toolset.js'

/** A search index of tools. */
export interface ToolIndex {
  /** The best matches first; equal ones by name. */
  find(query: string, limit: number): readonly ToolsetTool[]
}

/** The limits of a query, in characters and in words. */
const maxQueryCharacters = 1000
const maxQueryWords = 40
/** The limit of the indexed descriptions of one integration, in characters; the same limit holds for its parameters. */
const maxCharacters = 200_000
/** The limits of one tool's share of it, and of a title. */
const shares = { least: 200, most: 4_000 }
const maxTitle = 200
const maxDepth = 8
/** Units of work for one indexed character, in values visited. */
const workOfCharacter = 4

/**
 * Indexes names, titles, descriptions, integrations and parameters, and yields after each tool how much work it was. Of
 * long texts only the beginning is indexed, so that no server makes the index of all tools large.
 */
export function* indexing(tools: readonly ToolsetTool[]): Generator<number, ToolIndex> {
  const byName = new Map(tools.map((tool) => [tool.modelName, tool]))
  const counts = new Map<string, number>()
  for (const { integration } of tools) counts.set(integration.id, (counts.get(integration.id) ?? 0) + 1)
  const index = new MiniSearch<Indexed>({
    idField: 'modelName',
    fields: ['modelName', 'name', 'title', 'description', 'integration', 'parameters'],
    tokenize: wordsOf,
    processTerm: (term) => term,
    searchOptions: {
      boost: { modelName: 3, name: 3, title: 2, integration: 2 },
      prefix: (term) => term.length > (isHexSpelling(term) ? 2 * hexLength : 2),
      fuzzy: (term) => (term.length > 4 && !isHexSpelling(term) ? 0.2 : false),
      maxFuzzy: 2,
      tokenize: (query) => [...new Set(wordsOf(query))].slice(0, maxQueryWords),
    },
  })
  for (const tool of tools) {
    const share = Math.floor(maxCharacters / counts.get(tool.integration.id)!)
    const document = indexed(tool, Math.min(shares.most, Math.max(shares.least, share)))
    index.add(document)
    yield (document.description.length + document.parameters.length) * workOfCharacter
  }
  return {
    find: (query, limit) =>
      index
        .search(query.slice(0, maxQueryCharacters))
        .toSorted(({ score: a, id: left }, { score: b, id: right }) => b - a || (left < right ? -1 : 1))
        .slice(0, limit)
        .map(({ id }) => byName.get(id as string)!),
  }
}

type Indexed = Readonly<Record<'modelName' | 'name' | 'title' | 'description' | 'integration' | 'parameters', string>>

function indexed(
  { modelName, name, title = '', description = '', integration, inputSchema }: ToolsetTool,
  room: number,
): Indexed {
  return {
    modelName,
    name,
    title: title.slice(0, maxTitle),
    description: description.slice(0, room),
    integration: `${integration.name} ${integration.handle}`,
    parameters: parametersOf(inputSchema, room),
  }
}

/** Names, titles and descriptions of parameters, outer ones first, as far as there is room. */
function parametersOf(root: JsonObject, room: number): string {
  let words = ''
  let level: readonly JsonValue[] = [root]
  for (let depth = 0; level.length > 0 && depth <= maxDepth && words.length < room; depth++) {
    const below: JsonValue[] = []
    for (const schema of level) {
      if (words.length >= room) break
      const { properties, items, anyOf, oneOf, allOf, title, description } = schema as JsonObject
      for (const text of [title, description]) if (typeof text === 'string') words += `${text} `
      if (typeof properties === 'object' && properties !== null)
        for (const [name, inner] of Object.entries(properties)) {
          words += `${name} `
          below.push(inner as JsonValue)
        }
      below.push(...[items, anyOf, oneOf, allOf].flat().filter((inner) => inner !== undefined))
    }
    level = below.filter((inner) => typeof inner === 'object' && inner !== null)
  }
  return words.slice(0, room)
}

/**
 * Splits a text into words: `createIssue`, `create_issue` and `create issue` have the same two. Text in scripts without
 * spaces is split into pairs of characters.
 */
function wordsOf(text: string): string[] {
  const words = text
    .normalize('NFKC')
    // One character can stand for many.
    .slice(0, Math.max(maxTitle, 2 * text.length))
    .replace(/(\p{Ll}|\d)(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .match(/[\p{L}\p{N}\p{M}]+/gu)
  return (words ?? []).flatMap((word) => (unspaced.test(word) ? pairsOf(word) : [word])).map(hexSpelling)
}

const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Hangul}]/u

function pairsOf(word: string): readonly string[] {
  const characters = [...word]
  return characters.length === 1 ? characters : characters.slice(1).map((character, n) => characters[n]! + character)
}

/** Scripts with few letters. */
const withAlphabet = /^[\0-\u06ff]*$/
const hexLength = 4

/**
 * Words of scripts with thousands of characters are indexed as hex codes: the index tries every possible next character
 * one by one, and hex has 16.
 */
function hexSpelling(word: string): string {
  if (withAlphabet.test(word)) return word
  const codes = Array.from({ length: word.length }, (_, n) => word.charCodeAt(n).toString(16).padStart(hexLength, '0'))
  return `~${codes.join('')}`
}

function isHexSpelling(term: string): boolean {
  return term.startsWith('~')
}
