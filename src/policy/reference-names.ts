import type { JsonValue } from '../model/json.js'
import { pointerNames } from '../model/json-pointer.js'
import type { WorkBudget } from '../model/work-budget.js'

/** Keywords that lead to another part of the schema. */
const references = new Set(['$ref', '$dynamicRef', '$recursiveRef'])

/** The parts that references of some schemas lead to, as far as their names tell: a part of another name is not one of them. */
export class ReferenceNames {
  readonly #schemas: readonly JsonValue[]
  readonly #work: WorkBudget
  #names: ReadonlySet<string> | 'any' | undefined

  constructor(schemas: readonly JsonValue[], work: WorkBudget) {
    this.#schemas = schemas
    this.#work = work
  }

  /** @throws OutOfWork */
  has(name: string): boolean {
    this.#names ??= this.#find()
    return this.#names === 'any' || this.#names.has(name)
  }

  #find(): ReadonlySet<string> | 'any' {
    const names = new Set<string>()
    const open: JsonValue[] = [...this.#schemas]
    for (let value = open.pop(); value !== undefined; value = open.pop()) {
      if (typeof value !== 'object' || value === null) continue
      for (const [key, child] of Object.entries(value) as [string, JsonValue][]) {
        this.#work.spend()
        open.push(child)
        if (!references.has(key) || typeof child !== 'string' || child === '#') continue
        this.#work.spend(child.length)
        // By an anchor or an address.
        if (!child.startsWith('#/')) return 'any'
        for (const name of pointerNames(child)) names.add(name)
      }
    }
    return names
  }
}
