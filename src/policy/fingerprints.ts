import type { JsonValue } from '../model/json.js'
import type { WorkBudget } from '../model/work-budget.js'

/**
 * Numbers for JSON values: two values have the same number exactly when they are equal, in whatever order their keys
 * are written. Every part of a value is visited once, however often it is compared.
 */
export class Fingerprints {
  readonly #numbers = new Map<string, number>()
  readonly #known = new WeakMap<object, number>()
  readonly #work: WorkBudget

  constructor(work: WorkBudget) {
    this.#work = work
  }

  /** @throws OutOfWork */
  of(value: JsonValue): number {
    if (typeof value === 'string') {
      this.#work.spendOnText(value)
      return this.#number(`"${value}`)
    }
    if (typeof value !== 'object' || value === null) return this.#number(String(value))
    const known = this.#known.get(value)
    if (known !== undefined) return known
    this.#work.enter()
    const number = this.#number(Array.isArray(value) ? this.#ofItems(value) : this.#ofFields(value))
    this.#work.leave()
    this.#known.set(value, number)
    return number
  }

  /** @throws OutOfWork */
  equal(left: JsonValue | undefined, right: JsonValue | undefined): boolean {
    if (left === right) return true
    return left !== undefined && right !== undefined && this.of(left) === this.of(right)
  }

  #ofItems(items: readonly JsonValue[]): string {
    return `[${items.map((item) => this.of(item)).join()}`
  }

  #ofFields(fields: object): string {
    const names = Object.keys(fields).toSorted()
    this.#work.spend(names.length)
    return `{${names.map((name) => `${this.of(name)}:${this.of((fields as Record<string, JsonValue>)[name]!)}`).join()}`
  }

  #number(text: string): number {
    this.#work.spend()
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    this.#numbers.set(text, this.#numbers.size)
    return this.#numbers.size - 1
  }
}
