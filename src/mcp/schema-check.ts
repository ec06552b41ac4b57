import type { JsonObject, JsonValue } from '../model/json.js'
import type { WorkBudget } from '../model/work-budget.js'
import { PaidReading } from './paid-reading.js'
import { SchemaReferences } from './schema-references.js'
import { isArray, isMultiple, isNested, isNumber, isObject, isType, own } from './schema-values.js'

/**
 * Whether a value fits a JSON Schema. Only the parts of the schema that concern the value are read, within the work
 * budget. Not enforced: regular expressions, formats, `uniqueItems`, and references to other documents or to themselves.
 *
 * @throws OutOfWork if the budget is not enough, so that the result is unknown
 * @see https://json-schema.org/draft/2020-12/json-schema-validation
 */
export function fits(schema: JsonValue, value: JsonValue, work: WorkBudget): boolean {
  return new SchemaCheck(schema, work).fits(schema, value)
}

type Keyword = (operand: JsonValue, value: JsonValue, schema: JsonObject) => boolean

class SchemaCheck {
  readonly #work: WorkBudget
  readonly #references: SchemaReferences
  readonly #reading: PaidReading
  readonly #keywords: ReadonlyMap<string, Keyword>

  constructor(root: JsonValue, work: WorkBudget) {
    this.#work = work
    this.#references = new SchemaReferences(root, work)
    this.#reading = new PaidReading(work)
    this.#keywords = this.#checks()
  }

  fits(schema: JsonValue, value: JsonValue): boolean {
    this.#work.spend()
    if (typeof schema === 'boolean') return schema
    if (!isObject(schema)) return true
    this.#work.enter()
    for (const keyword of this.#reading.namesOf(schema)) {
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
    const reading = this.#reading
    return new Map<string, Keyword>([
      ['$ref', (ref, value) => this.#references.follow(ref, (target) => this.fits(target, value)) ?? true],
      ['type', (type, value) => this.#hasType(type, value)],
      ['const', (expected, value) => reading.equal(expected, value)],
      ['enum', (values, value) => !isArray(values) || reading.isAmong(values, value)],
      ['minimum', bounded((least, value) => value >= least)],
      ['maximum', bounded((most, value) => value <= most)],
      ['exclusiveMinimum', bounded((least, value) => value > least)],
      ['exclusiveMaximum', bounded((most, value) => value < most)],
      ['multipleOf', bounded((unit, value) => isMultiple(value, unit))],
      ['minLength', (least, value) => typeof value !== 'string' || !isNumber(least) || reading.length(value) >= least],
      ['maxLength', (most, value) => typeof value !== 'string' || !isNumber(most) || reading.length(value) <= most],
      ['minItems', (least, value) => !isArray(value) || !isNumber(least) || value.length >= least],
      ['maxItems', (most, value) => !isArray(value) || !isNumber(most) || value.length <= most],
      [
        'minProperties',
        (least, value) => !isObject(value) || !isNumber(least) || reading.namesOf(value).length >= least,
      ],
      ['maxProperties', (most, value) => !isObject(value) || !isNumber(most) || reading.namesOf(value).length <= most],
      ['required', (names, value) => !isObject(value) || !isArray(names) || reading.hasAll(value, names)],
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

  #inside(schema: JsonValue, value: JsonValue): boolean {
    return this.#references.inside(() => this.fits(schema, value))
  }

  #hasType(type: JsonValue, value: JsonValue): boolean {
    if (!isArray(type)) return isType(type, value)
    return type.some((one) => {
      this.#work.spend()
      return isType(one, value)
    })
  }

  #hasNamed(value: JsonValue, names: JsonValue): boolean {
    return !isObject(value) || !isArray(names) || this.#reading.hasAll(value, names)
  }

  /** Applies a rule to each present property. */
  #each(rules: JsonValue, value: JsonValue, holds: (rule: JsonValue) => boolean): boolean {
    if (!isObject(rules) || !isObject(value)) return true
    for (const name of this.#reading.namesOf(rules)) {
      this.#work.spend()
      if (Object.hasOwn(value, name) && !holds(rules[name]!)) return false
    }
    return true
  }

  #propertiesFit(schemas: JsonValue, value: JsonValue): boolean {
    if (!isObject(schemas) || !isObject(value)) return true
    for (const name of this.#reading.namesOf(value)) {
      this.#work.spend()
      if (Object.hasOwn(schemas, name) && !this.#inside(schemas[name]!, value[name]!)) return false
    }
    return true
  }

  #othersFit(rest: JsonValue, value: JsonValue, schema: JsonObject): boolean {
    if (!isObject(value) || own(schema, 'patternProperties') !== undefined) return true
    const named = own(schema, 'properties')
    for (const name of this.#reading.namesOf(value)) {
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

  /** Checks `items`. In older drafts, a list of schemas is a tuple. */
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

  /** Whether the schema contains keywords that are not enforced, so that a fitting value proves nothing. */
  #isUncertain(schema: JsonValue): boolean {
    this.#work.spend()
    if (!isNested(schema)) return false
    this.#work.enter()
    const result = isArray(schema)
      ? schema.some((one) => this.#isUncertain(one))
      : this.#reading.namesOf(schema as JsonObject).some((key) => {
          this.#work.spend()
          const child = (schema as JsonObject)[key]!
          return (
            notEnforced.has(key) ||
            (key === '$ref' && (this.#references.follow(child, (target) => this.#isUncertain(target)) ?? true)) ||
            this.#isUncertain(child)
          )
        })
    this.#work.leave()
    return result
  }
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

/** A keyword for numbers, which ignores other values. */
function bounded(holds: (operand: number, value: number) => boolean): Keyword {
  return (operand, value) => !isNumber(operand) || !isNumber(value) || holds(operand, value)
}
