import type { JsonValue } from '../model/json.js'
import { pointerNames } from '../model/json-pointer.js'
import type { WorkBudget } from '../model/work-budget.js'
import { own } from './schema-values.js'

/** The references of one schema, and those that are being followed. */
export class SchemaReferences {
  readonly #root: JsonValue
  readonly #work: WorkBudget
  readonly #targets = new Map<string, JsonValue | undefined>()
  /** For the value in hand: one that comes back says nothing more. */
  #following: readonly string[] = []

  constructor(root: JsonValue, work: WorkBudget) {
    this.#root = root
    this.#work = work
  }

  /**
   * Does something with the schema that a reference leads to.
   *
   * @returns `undefined` when it leads elsewhere, or back to itself
   */
  follow<T>(ref: JsonValue, work: (target: JsonValue) => T): T | undefined {
    if (typeof ref !== 'string' || this.#following.includes(ref)) return undefined
    this.#work.spend(1 + this.#following.length)
    const target = this.#target(ref)
    if (target === undefined) return undefined
    const before = this.#following
    this.#following = [...before, ref]
    const result = work(target)
    this.#following = before
    return result
  }

  /** Does something with a value inside the one in hand: every reference may be followed for it. */
  inside<T>(work: () => T): T {
    const before = this.#following
    this.#following = []
    const result = work()
    this.#following = before
    return result
  }

  #target(ref: string): JsonValue | undefined {
    if (ref === '#') return this.#root
    if (!this.#targets.has(ref)) this.#targets.set(ref, this.#findTarget(ref))
    return this.#targets.get(ref)
  }

  #findTarget(ref: string): JsonValue | undefined {
    if (!ref.startsWith('#/')) return undefined
    this.#work.spend(ref.length)
    let node: JsonValue | undefined = this.#root
    for (const name of pointerNames(ref)) {
      this.#work.spend()
      node = own(node, name)
      if (node === undefined) return undefined
    }
    return node
  }
}
