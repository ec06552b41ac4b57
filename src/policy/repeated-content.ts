import { parsedJson, type JsonValue } from '../model/json.js'
import { WorkBudget, withinBudget } from '../model/work-budget.js'
import { Fingerprints } from './fingerprints.js'
import { isJsonObject } from './same-json.js'

/** The work limit of comparing a result's texts with its structured content: a unit is a value, or 4 characters to parse. */
const maxWork = 200_000
/** The work of a text that looks like JSON and is none: an exception costs that much. */
const workOfException = 200

/**
 * Whether the texts of a result repeat its structured content, as servers often do: one text all of it, sometimes without
 * the object around a plain value, or one text for each item of a list. `false` where that is too much work to find out.
 */
export function repeatsStructured(texts: readonly (string | undefined)[], structured: JsonValue): boolean {
  return withinBudget(() => {
    const work = new WorkBudget(maxWork)
    const prints = new Fingerprints(work)
    const repeats = (text: string | undefined, values: Values): boolean => repeatsOne(text, values, prints, work)
    const values = isJsonObject(structured) ? Object.values(structured) : []
    const [only] = values.length === 1 ? values : []
    const wrapped = isJsonObject(structured) && Object.hasOwn(structured, 'result') ? only : undefined
    if (texts.some((text) => repeats(text, [structured, wrapped]))) return true
    return (
      Array.isArray(only) &&
      only.length > 0 &&
      only.length === texts.length &&
      texts.every((text, n) => repeats(text, [{ result: only[n] as JsonValue }, only[n] as JsonValue]))
    )
  }, false)
}

type Values = readonly [whole: JsonValue, plain: JsonValue | undefined]

/** Whether a text is the JSON of one of the values, or is the plain one. */
function repeatsOne(text: string | undefined, values: Values, prints: Fingerprints, work: WorkBudget): boolean {
  if (text === undefined) return false
  if (text === values[1]) return true
  const json = text.trim()
  if (!/^[[{"\-\dtfn]/.test(json)) return false
  work.spend(json.length >> 2)
  const parsed = parsedJson(json)
  if (parsed === undefined) work.spend(workOfException)
  return parsed !== undefined && values.some((value) => prints.equal(parsed, value))
}
