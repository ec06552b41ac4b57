import type { JsonObject, JsonValue } from '../model/json.js'
import { wordKeywords } from '../model/schema-keywords.js'
import { WorkBudget, withinBudget } from '../model/work-budget.js'
import { Fingerprints } from './fingerprints.js'
import { ReferenceNames } from './reference-names.js'
import {
  covering,
  dialect,
  lowerBounds,
  naming,
  notMonotone,
  ofOneDialect,
  reachingElsewhere,
  restricting,
  upperBounds,
} from './schema-keywords.js'

/**
 * How a schema has changed. `cosmetic`: only its notation. `narrowed`: it accepts less. `reworded`: its texts, and it accepts
 * the same or less. `widened`: it accepts more, or may do so.
 */
export type SchemaChange = 'same' | 'cosmetic' | 'narrowed' | 'reworded' | 'widened'

/** The work budget of one comparison. */
const maxWork = 200_000

/**
 * Compares two schemas by the values that they accept, keyword by keyword. Changes that can't be classified, or only at too
 * high a cost, count as widened. So does a new field, because the server now uses it.
 *
 * @see https://json-schema.org/draft/2020-12
 */
export function compareSchemas(
  before: JsonValue,
  after: JsonValue,
  work: WorkBudget = new WorkBudget(maxWork),
): SchemaChange {
  return withinBudget(() => new Comparison(before, after, work).change(), 'widened')
}

/** The worst of several changes. */
export function worst(changes: readonly SchemaChange[]): SchemaChange {
  return order[Math.max(0, ...changes.map((change) => order.indexOf(change)))]!
}

const order = ['same', 'cosmetic', 'narrowed', 'reworded', 'widened'] as const

/** A set of changes as bits. The worst one decides, but the others are needed to combine comparisons. */
type Changes = number
const same = 0
const cosmetic = 1
const narrowed = 2
const reworded = 4
const widened = 8

class Comparison {
  readonly #work: WorkBudget
  readonly #prints: Fingerprints
  readonly #before: JsonValue
  readonly #after: JsonValue
  readonly #references: ReferenceNames

  constructor(before: JsonValue, after: JsonValue, work: WorkBudget) {
    this.#work = work
    this.#prints = new Fingerprints(work)
    this.#before = before
    this.#after = after
    this.#references = new ReferenceNames([before, after], work)
  }

  change(): SchemaChange {
    const [before, after] = [this.#before, this.#after]
    const changes = this.#compare(before, after)
    const mention = (names: readonly string[]): boolean => this.#mentions(before, names) || this.#mentions(after, names)
    if ((changes & narrowed) > 0 && mention(reachingElsewhere) && mention(notMonotone)) return 'widened'
    if ((changes & widened) > 0) return 'widened'
    if ((changes & reworded) > 0) return 'reworded'
    return changes >= narrowed ? 'narrowed' : changes === cosmetic ? 'cosmetic' : 'same'
  }

  #compare(before: JsonValue, after: JsonValue): Changes {
    if (this.#prints.equal(before, after)) return same
    if (before === false || after === false) return after === false ? narrowed : widened
    const [was, is] = [asSchema(before), asSchema(after)]
    if (was === undefined || is === undefined) return widened
    this.#work.enter()
    let changes: Changes = cosmetic
    for (const keyword of namesOf(was, is)) changes |= this.#compareKeyword(keyword, was, is)
    this.#work.leave()
    return changes
  }

  #compareKeyword(keyword: string, before: JsonObject, after: JsonObject): Changes {
    this.#work.spend()
    const [was, is] = [own(before, keyword), own(after, keyword)]
    if (this.#prints.equal(was, is)) return same
    if (wordKeywords.has(keyword)) return reworded
    if (lowerBounds.has(keyword)) return compareBounds(was, is, 1)
    if (upperBounds.has(keyword)) return compareBounds(was, is, -1)
    if (restricting.has(keyword)) return was === undefined ? narrowed : widened
    if (covering.has(keyword)) return this.#compare(was ?? true, is ?? true)
    switch (keyword) {
      case '$schema':
        return this.#compareDialects(before, after)
      case 'type':
        return compareSets(this.#typesOf(was), this.#typesOf(is))
      case 'enum':
      case 'const':
        return namesNewFields(before, after) ? widened : compareSets(this.#valuesOf(before), this.#valuesOf(after))
      case 'required':
        return this.#compareRequired(before, after)
      case 'dependentRequired':
        return this.#compareDependentRequired(before, was, is)
      case 'propertyNames':
        return this.#compareNames(was ?? true, is ?? true)
      case 'multipleOf':
        return compareMultiples(was, is)
      case 'properties':
        return this.#compareProperties(before, after)
      case '$defs':
      case 'definitions':
        return this.#compareDefinitions(was, is)
      case 'allOf':
      case 'anyOf':
      case 'prefixItems':
        return this.#compareEach(was, is)
      case 'oneOf':
        return onlyWords(this.#compareEach(was, is))
      case 'not':
      case 'if':
      case 'then':
      case 'else':
      case 'contains':
        return was === undefined || is === undefined ? widened : onlyWords(this.#compare(was, is))
      default:
        return widened
    }
  }

  #compareDialects(before: JsonObject, after: JsonObject): Changes {
    const isKnown = [before, after].every((schema) => {
      const said = own(schema, '$schema')
      return said === undefined || (typeof said === 'string' && dialect.test(said))
    })
    return isKnown && !this.#mentions(before, ofOneDialect) && !this.#mentions(after, ofOneDialect) ? reworded : widened
  }

  #typesOf(type: JsonValue | undefined): ReadonlySet<number> | undefined {
    if (type === undefined) return undefined
    const types = new Set((Array.isArray(type) ? type : [type]).map((item: JsonValue) => this.#prints.of(item)))
    return types.has(this.#prints.of('number')) ? types.add(this.#prints.of('integer')) : types
  }

  /** The values that `enum` and `const` allow. */
  #valuesOf(schema: JsonObject): ReadonlySet<number> | undefined {
    const [one, many] = [own(schema, 'const'), own(schema, 'enum')]
    if (one !== undefined) return new Set([this.#prints.of(one)])
    return Array.isArray(many) ? new Set(many.map((value: JsonValue) => this.#prints.of(value))) : undefined
  }

  /** A known field that becomes required narrows the schema. A new required field, or one no longer required, widens it. */
  #compareRequired(before: JsonObject, after: JsonObject): Changes {
    const [old, fresh] = [this.#namesIn(own(before, 'required')), this.#namesIn(own(after, 'required'))]
    if (old === undefined || fresh === undefined) return widened
    if ([...old].some((name) => !fresh.has(name))) return widened
    if ([...fresh].some((name) => !old.has(name) && !declares(before, name))) return widened
    return fresh.size > old.size ? narrowed : same
  }

  /** The names of a list. Only texts: others have no effect there, and sets of numbers can be made slow. */
  #namesIn(names: JsonValue = []): ReadonlySet<string> | undefined {
    if (!Array.isArray(names)) return undefined
    this.#work.spend(names.length)
    return names.every((name: JsonValue) => typeof name === 'string') ? new Set<string>(names) : undefined
  }

  /** New rules narrow the schema if all their fields existed before. */
  #compareDependentRequired(before: JsonObject, was: JsonValue | undefined, is: JsonValue | undefined): Changes {
    const rules = asSchema(is ?? false)
    if (was !== undefined || rules === undefined) return widened
    const known = Object.entries(rules).every(
      ([field, names]) =>
        declares(before, field) && Array.isArray(names) && names.every((name) => declares(before, name)),
    )
    return known ? narrowed : widened
  }

  #compareNames(was: JsonValue, is: JsonValue): Changes {
    return this.#mentions(is, naming) ? widened : this.#compare(was, is)
  }

  /** A removed field falls under `additionalProperties`. */
  #compareProperties(before: JsonObject, after: JsonObject): Changes {
    const [old, fresh] = [asSchema(own(before, 'properties') ?? {}), asSchema(own(after, 'properties') ?? {})]
    if (old === undefined || fresh === undefined) return widened
    let changes: Changes = same
    for (const name of namesOf(old, fresh)) {
      this.#work.spend()
      const [was, is] = [own(old, name), own(fresh, name)]
      if (was === undefined) changes |= widened
      else if (is !== undefined) changes |= this.#compare(was, is)
      else if (own(after, 'patternProperties') !== undefined || this.#references.has(name)) changes |= widened
      else changes |= narrowed | this.#compare(was, own(after, 'additionalProperties') ?? true)
    }
    return changes
  }

  /** Definitions have an effect where they are used. A new or removed definition that is unused only counts as new text. */
  #compareDefinitions(was: JsonValue | undefined, is: JsonValue | undefined): Changes {
    const [old, fresh] = [asSchema(was ?? {}), asSchema(is ?? {})]
    if (old === undefined || fresh === undefined) return widened
    let changes: Changes = same
    for (const name of namesOf(old, fresh)) {
      const [before, after] = [own(old, name), own(fresh, name)]
      if (before !== undefined && after !== undefined) changes |= this.#compare(before, after)
      else changes |= this.#references.has(name) ? widened : reworded
    }
    return changes
  }

  /** Compares lists item by item. Lists of different lengths can't be compared. */
  #compareEach(was: JsonValue | undefined, is: JsonValue | undefined): Changes {
    if (!Array.isArray(was) || !Array.isArray(is) || was.length !== is.length) return widened
    return was.reduce(
      (changes: Changes, schema: JsonValue, n) => changes | this.#compare(schema, is[n] as JsonValue),
      same,
    )
  }

  /** Whether one of the names is a key anywhere in the value. Field names count too, which errs on the safe side. */
  #mentions(value: JsonValue, names: readonly string[]): boolean {
    this.#work.spend(names.length)
    if (typeof value !== 'object' || value === null) return false
    if (!Array.isArray(value) && names.some((name) => Object.hasOwn(value, name))) return true
    this.#work.enter()
    const found = Object.values(value).some((item: JsonValue) => this.#mentions(item, names))
    this.#work.leave()
    return found
  }
}

function compareBounds(was: JsonValue | undefined, is: JsonValue | undefined, direction: 1 | -1): Changes {
  if (typeof is !== 'number') return widened
  if (was === undefined) return narrowed
  return typeof was === 'number' && (is - was) * direction > 0 ? narrowed : widened
}

/** Compares sets of allowed values. `undefined`: everything is allowed. */
function compareSets(was: ReadonlySet<number> | undefined, is: ReadonlySet<number> | undefined): Changes {
  if (is === undefined) return was === undefined ? same : widened
  if (was === undefined) return narrowed
  if ([...is].some((value) => !was.has(value))) return widened
  return is.size < was.size ? narrowed : same
}

function compareMultiples(was: JsonValue | undefined, is: JsonValue | undefined): Changes {
  if (typeof is !== 'number') return widened
  if (was === undefined) return narrowed
  const whole = typeof was === 'number' && Number.isSafeInteger(was) && Number.isSafeInteger(is)
  return whole && is % was === 0 ? narrowed : widened
}

/** Whether a new `enum` or `const` contains objects or lists, and so possibly new fields. */
function namesNewFields(before: JsonObject, after: JsonObject): boolean {
  if (own(before, 'enum') !== undefined || own(before, 'const') !== undefined) return false
  const many = own(after, 'enum')
  const values: readonly unknown[] = [own(after, 'const'), ...(Array.isArray(many) ? many : [])]
  return values.some((value) => typeof value === 'object' && value !== null)
}

function onlyWords(changes: Changes): Changes {
  return (changes & (narrowed | widened)) > 0 ? widened : changes
}

function declares(schema: JsonObject, name: JsonValue): boolean {
  return typeof name === 'string' && own(own(schema, 'properties') ?? null, name) !== undefined
}

function namesOf(left: JsonObject, right: JsonObject): ReadonlySet<string> {
  return new Set([...Object.keys(left), ...Object.keys(right)])
}

/** The schema `true` accepts everything, like `{}`. */
function asSchema(value: JsonValue): JsonObject | undefined {
  if (value === true) return {}
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
}

function own(value: JsonValue, key: string): JsonValue | undefined {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as JsonObject)[key]
    : undefined
}
