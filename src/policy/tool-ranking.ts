import MiniSearch from 'minisearch'
import type { JsonObject, JsonValue } from '../model/json.js'
import type { ToolsetTool } from '../model/toolset.js'

/** A search index of tools. */
export interface ToolIndex {
  /** The best matches first; equal ones by name. */
  find(query: string, limit: number): readonly ToolsetTool[]
}

const maxQueryCharacters = 1000
const maxDepth = 8

/** Indexes names, titles, descriptions, integrations and parameters. */
export function toolIndex(tools: readonly ToolsetTool[]): ToolIndex {
  const byName = new Map(tools.map((tool) => [tool.modelName, tool]))
  const index = new MiniSearch<Indexed>({
    idField: 'modelName',
    fields: ['modelName', 'name', 'title', 'description', 'integration', 'parameters'],
    tokenize: wordsOf,
    processTerm: (term) => term,
    searchOptions: {
      boost: { modelName: 3, name: 3, title: 2, integration: 2 },
      prefix: (term) => term.length > 2,
      fuzzy: (term) => (term.length > 4 ? 0.2 : false),
    },
  })
  index.addAll(tools.map(indexed))
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

function indexed({ modelName, name, title = '', description = '', integration, inputSchema }: ToolsetTool): Indexed {
  return {
    modelName,
    name,
    title,
    description,
    integration: `${integration.name} ${integration.handle}`,
    parameters: parametersOf(inputSchema, 0).join(' '),
  }
}

/** Names, titles and descriptions of parameters, at any depth. */
function parametersOf(schema: JsonValue | undefined, depth: number): readonly string[] {
  if (typeof schema !== 'object' || schema === null || depth > maxDepth) return []
  if (Array.isArray(schema)) return schema.flatMap((item: JsonValue) => parametersOf(item, depth + 1))
  const { properties, items, anyOf, oneOf, allOf, title, description } = schema as JsonObject
  const named = typeof properties === 'object' && properties !== null ? Object.entries(properties) : []
  return [
    ...[title, description].filter((text) => typeof text === 'string'),
    ...named.flatMap(([name, inner]) => [name, ...parametersOf(inner as JsonValue, depth + 1)]),
    ...[items, anyOf, oneOf, allOf].flatMap((inner) => parametersOf(inner, depth + 1)),
  ]
}

/**
 * Splits a text into words: `createIssue`, `create_issue` and `create issue` have the same two. Text in scripts without
 * spaces is split into pairs of characters.
 */
function wordsOf(text: string): string[] {
  const words = text
    .normalize('NFKC')
    .replace(/(\p{Ll}|\d)(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .match(/[\p{L}\p{N}\p{M}]+/gu)
  return (words ?? []).flatMap((word) => (unspaced.test(word) ? pairsOf(word) : [word]))
}

const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Hangul}]/u

function pairsOf(word: string): readonly string[] {
  const characters = [...word]
  return characters.length === 1 ? characters : characters.slice(1).map((character, n) => characters[n]! + character)
}
