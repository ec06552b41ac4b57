import type { JsonObject, JsonValue } from '../model/json.js'
import type { ToolDifference } from '../model/tool.js'
import { visible } from '../model/visible-text.js'

const maxDifferences = 100
/** Characters of all differences together: they become part of an approval. */
const maxCharacters = 16_384
/** Differences that are looked at: what is left out for its length costs as much as what is shown. */
const maxCompared = 500
const maxValue = 2_000
const maxPath = 500

/** In the order in which they matter, so that a long description pushes nothing out. */
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
 * What is different in two definitions, as a screen can show it: control, bidi and invisible characters are made
 * visible, long values are cut and then are text. At most 100, and 16 KiB together; what doesn't fit is left out.
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

/** Objects and lists, the latter by index. */
function childrenOf(value: JsonValue | undefined): JsonObject | undefined {
  return typeof value === 'object' && value !== null ? (value as JsonObject) : undefined
}

/** A path is cut where it is shown, so that it need not grow beyond. @see https://www.rfc-editor.org/rfc/rfc6901 */
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
