import type { JsonObject, JsonValue } from '../model/json.js'
import type { WorkBudget } from '../model/work-budget.js'
import { decoded, isArray, isMultiple, isNested, isNumber, isObject, isType, own } from './schema-values.js'

/**
 * Whether a value fits a JSON Schema. The schema is read where the value leads, and every step is paid for, so that
 * neither can be made to cost more than the budget. Not enforced: regular expressions, formats, comparisons of all items
 * with all, and references that lead elsewhere or back to themselves.
 *
 * @throws OutOfWork when the budget is not enough: nobody knows whether it fits
 * @see https://json-schema.org/draft/2020-12/json-schema-validation
 */
export function fits(schema: JsonValue, value: JsonValue, work: WorkBudget): boolean {
  return new SchemaCheck(schema, work).fits(schema, value)
}

type Keyword = (operand: JsonValue, value: JsonValue, schema: JsonObject) => boolean

class SchemaCheck {
  readonly #root: JsonValue
  readonly #work: WorkBudget
  /** References that are being followed for the value in hand: one that comes back says nothing more. */
  #following: readonly string[] = []
  readonly #enums = new Map<readonly JsonValue[], EnumValues>()
  /** Listing the keys of an object takes as long as it has keys, so that it is done, and paid for, once. */
  readonly #names = new Map<JsonObject, readonly string[]>()
  readonly #targets = new Map<string, JsonValue | undefined>()
  readonly #keywords: ReadonlyMap<string, Keyword>

  constructor(root: JsonValue, work: WorkBudget) {
    this.#root = root
    this.#work = work
    this.#keywords = this.#checks()
  }

  fits(schema: JsonValue, value: JsonValue): boolean {
    this.#work.spend()
    if (typeof schema === 'boolean') return schema
    if (!isObject(schema)) return true
    this.#work.enter()
    for (const keyword of this.#namesOf(schema)) {
      this.#work.spend()
      const check = this.#keywords.get(keyword)
      if (check === undefined || check(schema[keyword]!, value, schema)) continue
      this.#work.leave()
      return false
    }
    this.#work.leave()
    return true
  }

  #checks(): ReadonlyMap<string, Keyword> {
    return new Map<string, Keyword>([
      ['$ref', (ref, value) => this.#followed(ref, value)],
      ['type', (type, value) => this.#hasType(type, value)],
      ['const', (expected, value) => this.#equal(expected, value)],
      ['enum', (values, value) => !isArray(values) || this.#isAmong(values, value)],
      ['minimum', bounded((least, value) => value >= least)],
      ['maximum', bounded((most, value) => value <= most)],
      ['exclusiveMinimum', bounded((least, value) => value > least)],
      ['exclusiveMaximum', bounded((most, value) => value < most)],
      ['multipleOf', bounded((unit, value) => isMultiple(value, unit))],
      ['minLength', (least, value) => typeof value !== 'string' || !isNumber(least) || this.#length(value) >= least],
      ['maxLength', (most, value) => typeof value !== 'string' || !isNumber(most) || this.#length(value) <= most],
      ['minItems', (least, value) => !isArray(value) || !isNumber(least) || value.length >= least],
      ['maxItems', (most, value) => !isArray(value) || !isNumber(most) || value.length <= most],
      ['minProperties', (least, value) => !isObject(value) || !isNumber(least) || this.#namesOf(value).length >= least],
      ['maxProperties', (most, value) => !isObject(value) || !isNumber(most) || this.#namesOf(value).length <= most],
      ['required', (names, value) => !isObject(value) || !isArray(names) || this.#hasAll(value, names)],
      ['dependentRequired', (needs, value) => this.#each(needs, value, (names) => this.#hasNamed(value, names))],
      ['dependentSchemas', (schemas, value) => this.#each(schemas, value, (schema) => this.fits(schema, value))],
      ['properties', (schemas, value) => this.#propertiesFit(schemas, value)],
      ['additionalProperties', (rest, value, schema) => this.#othersFit(rest, value, schema)],
      ['prefixItems', (schemas, value) => this.#tupleFits(schemas, value)],
      ['items', (items, value, schema) => this.#itemsFit(items, value, schema)],
      ['contains', (item, value, schema) => this.#contains(item, value, schema)],
      ['allOf', (schemas, value) => !isArray(schemas) || schemas.every((schema) => this.fits(schema, value))],
      ['anyOf', (schemas, value) => !isArray(schemas) || schemas.some((schema) => this.fits(schema, value))],
      ['oneOf', (schemas, value) => !isArray(schemas) || this.#fitsOne(schemas, value)],
      ['not', (schema, value) => this.#isUncertain(schema) || !this.fits(schema, value)],
      ['if', (condition, value, schema) => this.#conditionHolds(condition, value, schema)],
    ])
  }

  #followed(ref: JsonValue, value: JsonValue): boolean {
    if (typeof ref !== 'string' || this.#following.includes(ref)) return true
    this.#work.spend(1 + this.#following.length)
    const target = this.#target(ref)
    if (target === undefined) return true
    const before = this.#following
    this.#following = [...before, ref]
    const result = this.fits(target, value)
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
    for (const part of ref.slice(2).split('/')) {
      this.#work.spend()
      node = own(node, decoded(part).replaceAll('~1', '/').replaceAll('~0', '~'))
      if (node === undefined) return undefined
    }
    return node
  }

  #inside(schema: JsonValue, value: JsonValue): boolean {
    const before = this.#following
    this.#following = []
    const result = this.fits(schema, value)
    this.#following = before
    return result
  }

  #hasType(type: JsonValue, value: JsonValue): boolean {
    if (!isArray(type)) return isType(type, value)
    return type.some((one) => {
      this.#work.spend()
      return isType(one, value)
    })
  }

  /** Plain values are looked up; only lists and objects are compared one by one. */
  #isAmong(values: readonly JsonValue[], value: JsonValue): boolean {
    let known = this.#enums.get(values)
    if (known === undefined) {
      this.#work.spend(values.length)
      known = { plain: new Set(values.filter((one) => !isNested(one))), nested: values.filter(isNested) }
      this.#enums.set(values, known)
    }
    if (!isNested(value)) {
      if (typeof value === 'string') this.#work.spendOnText(value)
      return known.plain.has(value)
    }
    return known.nested.some((one) => this.#equal(one, value))
  }

  #equal(left: JsonValue, right: JsonValue): boolean {
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

  #equalInside(left: JsonObject | readonly JsonValue[], right: JsonObject | readonly JsonValue[]): boolean {
    if (isArray(left) !== isArray(right)) return false
    if (isArray(left) && isArray(right))
      return left.length === right.length && left.every((item, n) => this.#equal(item, right[n]!))
    const [some, others] = [left as JsonObject, right as JsonObject]
    const names = this.#namesOf(some)
    if (names.length !== this.#namesOf(others).length) return false
    return names.every((name) => Object.hasOwn(others, name) && this.#equal(some[name]!, others[name]!))
  }

  /** In characters, not UTF-16 units. */
  #length(text: string): number {
    this.#work.spend(1 + (text.length >> 2))
    let pairs = 0
    for (let n = 0; n < text.length; n++) if ((text.charCodeAt(n) & 0xfc00) === 0xd800) pairs++
    return text.length - pairs
  }

  #namesOf(value: JsonObject): readonly string[] {
    const known = this.#names.get(value)
    if (known !== undefined) return known
    const names = Object.keys(value)
    this.#work.spend(names.length)
    this.#names.set(value, names)
    return names
  }

  #hasAll(value: JsonObject, names: readonly JsonValue[]): boolean {
    return names.every((name) => {
      this.#work.spend()
      return typeof name !== 'string' || Object.hasOwn(value, name)
    })
  }

  #hasNamed(value: JsonValue, names: JsonValue): boolean {
    return !isObject(value) || !isArray(names) || this.#hasAll(value, names)
  }

  /** A rule for each property that is there. */
  #each(rules: JsonValue, value: JsonValue, holds: (rule: JsonValue) => boolean): boolean {
    if (!isObject(rules) || !isObject(value)) return true
    for (const name of this.#namesOf(rules)) {
      this.#work.spend()
      if (Object.hasOwn(value, name) && !holds(rules[name]!)) return false
    }
    return true
  }

  #propertiesFit(schemas: JsonValue, value: JsonValue): boolean {
    if (!isObject(schemas) || !isObject(value)) return true
    for (const name of this.#namesOf(value)) {
      this.#work.spend()
      if (Object.hasOwn(schemas, name) && !this.#inside(schemas[name]!, value[name]!)) return false
    }
    return true
  }

  #othersFit(rest: JsonValue, value: JsonValue, schema: JsonObject): boolean {
    if (!isObject(value) || own(schema, 'patternProperties') !== undefined) return true
    const named = own(schema, 'properties')
    for (const name of this.#namesOf(value)) {
      this.#work.spend()
      const isNamed = isObject(named) && Object.hasOwn(named, name)
      if (!isNamed && !this.#inside(rest, value[name]!)) return false
    }
    return true
  }

  #tupleFits(schemas: JsonValue, value: JsonValue): boolean {
    if (!isArray(schemas) || !isArray(value)) return true
    const count = Math.min(schemas.length, value.length)
    for (let n = 0; n < count; n++) if (!this.#inside(schemas[n]!, value[n]!)) return false
    return true
  }

  /** A list of schemas is the tuple of older drafts. */
  #itemsFit(items: JsonValue, value: JsonValue, schema: JsonObject): boolean {
    if (!isArray(value)) return true
    if (isArray(items)) return this.#tupleFits(items, value)
    const prefix = own(schema, 'prefixItems')
    const from = isArray(prefix) ? prefix.length : 0
    for (let n = from; n < value.length; n++) if (!this.#inside(items, value[n]!)) return false
    return true
  }

  #contains(item: JsonValue, value: JsonValue, schema: JsonObject): boolean {
    if (!isArray(value) || this.#isUncertain(item)) return true
    const [least, most] = [own(schema, 'minContains') ?? 1, own(schema, 'maxContains')]
    const found = value.filter((one) => this.#inside(item, one)).length
    return (!isNumber(least) || found >= least) && (!isNumber(most) || found <= most)
  }

  #fitsOne(schemas: readonly JsonValue[], value: JsonValue): boolean {
    const found = schemas.filter((schema) => this.fits(schema, value)).length
    return found === 1 || (found > 1 && this.#isUncertain(schemas))
  }

  #conditionHolds(condition: JsonValue, value: JsonValue, schema: JsonObject): boolean {
    if (this.#isUncertain(condition)) return true
    const branch = own(schema, this.fits(condition, value) ? 'then' : 'else')
    return branch === undefined || this.fits(branch, value)
  }

  /** Whether something in it is not enforced, so that fitting it proves nothing. */
  #isUncertain(schema: JsonValue): boolean {
    this.#work.spend()
    if (!isNested(schema)) return false
    this.#work.enter()
    const result = isArray(schema)
      ? schema.some((one) => this.#isUncertain(one))
      : this.#namesOf(schema as JsonObject).some((key) => {
          this.#work.spend()
          const child = (schema as JsonObject)[key]!
          return notEnforced.has(key) || (key === '$ref' && this.#leadsToUncertain(child)) || this.#isUncertain(child)
        })
    this.#work.leave()
    return result
  }

  #leadsToUncertain(ref: JsonValue): boolean {
    if (typeof ref !== 'string' || this.#following.includes(ref)) return true
    const target = this.#target(ref)
    if (target === undefined) return true
    const before = this.#following
    this.#following = [...before, ref]
    const result = this.#isUncertain(target)
    this.#following = before
    return result
  }
}

interface EnumValues {
  readonly plain: ReadonlySet<JsonValue>
  readonly nested: readonly JsonValue[]
}

const notEnforced = new Set([
  'pattern',
  'patternProperties',
  'propertyNames',
  'format',
  'uniqueItems',
  'unevaluatedProperties',
  'unevaluatedItems',
  'dependencies',
  'additionalItems',
  '$dynamicRef',
  '$recursiveRef',
])

/** A keyword about numbers says nothing of other values. */
function bounded(holds: (operand: number, value: number) => boolean): Keyword {
  return (operand, value) => !isNumber(operand) || !isNumber(value) || holds(operand, value)
}
