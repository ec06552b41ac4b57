import type { JsonObject, JsonValue } from '../model/json.js'
import type { WorkBudget } from '../model/work-budget.js'
import { isArray, isNested } from './schema-values.js'

/** Reads and compares JSON values within a work budget. */
export class PaidReading {
  readonly #work: WorkBudget
  readonly #enums = new Map<readonly JsonValue[], EnumValues>()
  /** Caches the keys of objects, because listing them takes time proportional to their number. */
  readonly #names = new Map<JsonObject, readonly string[]>()

  constructor(work: WorkBudget) {
    this.#work = work
  }

  /** Whether a value is in a list. Plain values are looked up; only lists and objects are compared one by one. */
  isAmong(values: readonly JsonValue[], value: JsonValue): boolean {
    let known = this.#enums.get(values)
    if (known === undefined) {
      this.#work.spend(values.length)
      known = { plain: new Set(values.filter((one) => !isNested(one)).map(keyOf)), nested: values.filter(isNested) }
      this.#enums.set(values, known)
    }
    if (!isNested(value)) {
      if (typeof value === 'string') this.#work.spendOnText(value)
      return known.plain.has(keyOf(value))
    }
    return known.nested.some((one) => this.equal(one, value))
  }

  /** Whether two values are the same JSON. */
  equal(left: JsonValue, right: JsonValue): boolean {
    this.#work.spend()
    if (typeof left === 'string' && typeof right === 'string') {
      if (left.length === right.length) this.#work.spendOnText(left)
      return left === right
    }
    if (!isNested(left) || !isNested(right)) return left === right
    this.#work.enter()
    const result = this.#equalInside(left, right)
    this.#work.leave()
    return result
  }

  /** The length in characters, not UTF-16 units. */
  length(text: string): number {
    this.#work.spend(1 + (text.length >> 2))
    let pairs = 0
    for (let n = 0; n < text.length; n++) if ((text.charCodeAt(n) & 0xfc00) === 0xd800) pairs++
    return text.length - pairs
  }

  /** The names of an object's members. */
  namesOf(value: JsonObject): readonly string[] {
    const known = this.#names.get(value)
    if (known !== undefined) return known
    const names = Object.keys(value)
    this.#work.spend(names.length)
    this.#names.set(value, names)
    return names
  }

  /** Whether an object has all of these members. */
  hasAll(value: JsonObject, names: readonly JsonValue[]): boolean {
    return names.every((name) => {
      this.#work.spend()
      return typeof name !== 'string' || Object.hasOwn(value, name)
    })
  }

  #equalInside(left: JsonObject | readonly JsonValue[], right: JsonObject | readonly JsonValue[]): boolean {
    if (isArray(left) !== isArray(right)) return false
    if (isArray(left) && isArray(right))
      return left.length === right.length && left.every((item, n) => this.equal(item, right[n]!))
    const [some, others] = [left as JsonObject, right as JsonObject]
    const names = this.namesOf(some)
    if (names.length !== this.namesOf(others).length) return false
    return names.every((name) => Object.hasOwn(others, name) && this.equal(some[name]!, others[name]!))
  }
}

/**
 * A text for a plain value, different for different ones. Sets of numbers can be made slow by numbers that a server chooses,
 * because the platform hashes them without a secret.
 */
function keyOf(value: JsonValue): string {
  return typeof value === 'string' ? `"${value}` : String(value)
}

interface EnumValues {
  readonly plain: ReadonlySet<string>
  readonly nested: readonly JsonValue[]
}
