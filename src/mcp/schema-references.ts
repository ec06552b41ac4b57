import type { JsonValue } from '../model/json.js'
import { pointerNames } from '../model/json-pointer.js'
import type { WorkBudget } from '../model/work-budget.js'
import { own } from './schema-values.js'

/** Follows the references of one schema. */
export class SchemaReferences {
  readonly #root: JsonValue
  readonly #work: WorkBudget
  readonly #targets = new Map<string, JsonValue | undefined>()
  /** The references that are being followed for the current value, to detect cycles. */
  #following: readonly string[] = []

  constructor(root: JsonValue, work: WorkBudget) {
    this.#root = root
    this.#work = work
  }

  /**
   * Runs work with the target of a reference.
   *
   * @returns `undefined` if the target is in another document, or the reference refers to itself
   */
  follow<T>(ref: JsonValue, work: (target: JsonValue) => T): T | undefined {
    if (typeof ref !== 'string') return undefined
    // Each comparison with another reference may read all of both.
    this.#work.spend((1 + this.#following.length) * (1 + (ref.length >> 6)))
    if (this.#following.includes(ref)) return undefined
    const target = this.#target(ref)
    if (target === undefined) return undefined
    const before = this.#following
    this.#following = [...before, ref]
    const result = work(target)
    this.#following = before
    return result
  }

  /** Runs work for an inner value, for which every reference may be followed again. */
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
