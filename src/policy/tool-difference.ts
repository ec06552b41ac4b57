import type { JsonObject, JsonValue } from '../model/json.js'
import type { ToolDifference } from '../model/tool.js'
import { visible } from '../model/visible-text.js'

const maxDifferences = 100
/** The limit of all differences together, because they are stored in an approval. */
const maxCharacters = 16_384
/** The limit of compared values: an omitted long difference costs as much as a shown one. */
const maxCompared = 500
const maxValue = 2_000
const maxPath = 500

/** The most important fields first, so that a long description can't displace them. */
const fields = [
  'name',
  'annotations',
  'inputSchema',
  'outputSchema',
  'title',
  'description',
  'icons',
  'execution',
  '_meta',
]

/**
 * The differences between two definitions, to show: control, bidi and invisible characters are made visible, and long
 * values are cut and converted to text. At most 100 differences and 16 KiB; the rest is left out.
 */
export function differencesBetween(before: JsonObject, after: JsonObject): readonly ToolDifference[] {
  const found: ToolDifference[] = []
  const room = { characters: maxCharacters, looks: maxCompared }
  for (const field of fields) collect(`/${field}`, own(before, field), own(after, field), { found, room })
  return found
}

interface Collected {
  readonly found: ToolDifference[]
  readonly room: { characters: number; looks: number }
}

function collect(path: string, before: JsonValue | undefined, after: JsonValue | undefined, into: Collected): void {
  if (before === after || into.found.length >= maxDifferences || into.room.looks <= 0) return
  const [was, is] = [childrenOf(before), childrenOf(after)]
  if (was !== undefined && is !== undefined && Array.isArray(before) === Array.isArray(after)) {
    for (const key of new Set([...Object.keys(was), ...Object.keys(is)]))
      collect(below(path, key), own(was, key), own(is, key), into)
    return
  }
  into.room.looks--
  const difference = {
    path: visible(path, maxPath),
    before: before === undefined ? undefined : shown(before),
    after: after === undefined ? undefined : shown(after),
  }
  const { length } = JSON.stringify(difference)
  const isFirst = into.found.length === 0
  if (length > into.room.characters && !isFirst) return
  into.room.characters -= length
  into.found.push(difference)
}

/** The children of an object or a list, by key or index. */
function childrenOf(value: JsonValue | undefined): JsonObject | undefined {
  return typeof value === 'object' && value !== null ? (value as JsonObject) : undefined
}

/** Stops growing beyond the length that is shown. @see https://www.rfc-editor.org/rfc/rfc6901 */
function below(path: string, key: string): string {
  return path.length > maxPath ? path : `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

function shown(value: JsonValue): JsonValue {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  if (text.length > maxValue) return visible(text, maxValue)
  const whole = madeVisible(value)
  return JSON.stringify(whole).length <= maxValue ? whole : visible(text, maxValue)
}

function madeVisible(value: JsonValue): JsonValue {
  if (typeof value === 'string') return visible(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item: JsonValue) => madeVisible(item))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [visible(key), madeVisible(item as JsonValue)]))
}

function own(value: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined
}
