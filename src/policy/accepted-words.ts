import type { JsonObject, JsonValue } from '../model/json.js'
import { schemaMaps, wordKeywords } from '../model/schema-keywords.js'
import type { ToolDefinition } from '../model/tool.js'
import { isJsonObject } from './same-json.js'

/**
 * The current definition as far as its texts are accepted ones, wherever a schema can hold a text. New fields of the input
 * keep their names, because calls need them. Of the result's schema so much is left out that every result still fits.
 */
export function inAcceptedWords(now: ToolDefinition, accepted: ToolDefinition | undefined): ToolDefinition {
  const { title: _title, description: _description, outputSchema, annotations, ...rest } = now
  const { title: _ownTitle, ...hints } = annotations ?? {}
  const texts = textsOf([accepted?.inputSchema ?? null, accepted?.outputSchema ?? null])
  const input = new AcceptedSchema(texts, true)
  const output = new AcceptedSchema(texts, false)
  return {
    ...rest,
    title: accepted?.title,
    description: accepted?.description,
    inputSchema: input.of(now.inputSchema, accepted?.inputSchema) as JsonObject,
    outputSchema: outputSchema && (output.of(outputSchema, accepted?.outputSchema) as JsonObject),
    annotations: annotations === undefined ? undefined : { ...hints, title: accepted?.annotations?.title },
  }
}

/** Keywords with a schema, or a list of schemas. */
const withSchemas = words(`additionalItems additionalProperties allOf anyOf contains else if items not oneOf prefixItems
  propertyNames then unevaluatedItems unevaluatedProperties`)
/** Keywords with a number or a boolean. */
const withoutText = words(`exclusiveMaximum exclusiveMinimum maxContains maxItems maxLength maxProperties maximum
  minContains minItems minLength minProperties minimum multipleOf nullable uniqueItems`)
/** Keywords with data, or with the name of another part. */
const withData = words('$anchor $dynamicRef $id $ref $schema const default dependentRequired pattern')
/** Types and formats: a server doesn't choose their texts. */
const standardTexts = words(`array boolean integer null number object string binary byte date date-time double duration
  email float hostname idn-email idn-hostname int32 int64 ipv4 ipv6 iri iri-reference json-pointer password regex
  relative-json-pointer time uri uri-reference uri-template url uuid`)
/** Keywords that accept less where a part below them accepts more. */
const notMonotone = words('contains dependentSchemas else if not oneOf then')

/** A schema as far as its texts are accepted ones. */
class AcceptedSchema {
  readonly #texts: ReadonlySet<string>
  readonly #isInput: boolean
  /** Parts that were left out so far. */
  #left = 0

  constructor(texts: ReadonlySet<string>, isInput: boolean) {
    this.#texts = texts
    this.#isInput = isInput
  }

  /** @param accepted - the part of the accepted schema at the same place */
  of(schema: JsonValue, accepted: JsonValue | undefined): JsonValue {
    if (Array.isArray(schema)) return schema.map((item: JsonValue, n) => this.of(item, at(accepted, String(n))))
    if (typeof schema === 'string') return {}
    if (!isJsonObject(schema)) return schema
    const before = this.#left
    const kept = new Map(
      Object.entries(isJsonObject(accepted) ? accepted : {}).filter(([key]) => wordKeywords.has(key)),
    )
    for (const [keyword, value] of Object.entries(schema)) {
      if (wordKeywords.has(keyword)) continue
      const was = this.#left
      const part = this.#part(keyword, value, { schema, accepted: at(accepted, keyword) })
      if (part === undefined) this.#left++
      else if (this.#left === was || !notMonotone.has(keyword)) kept.set(keyword, part)
      else if (keyword === 'oneOf' && !Object.hasOwn(schema, 'anyOf')) kept.set('anyOf', part)
    }
    if (!kept.has('if')) for (const branch of ['then', 'else']) kept.delete(branch)
    if (this.#left > before)
      for (const rest of ['additionalProperties', 'unevaluatedItems', 'unevaluatedProperties'])
        if (rest !== 'additionalProperties' || this.#leftOutNames(schema, kept)) kept.delete(rest)
    return Object.fromEntries(kept)
  }

  /** @returns `undefined` to leave the keyword out */
  #part(
    keyword: string,
    value: JsonValue,
    { schema, accepted }: { readonly schema: JsonObject; readonly accepted: JsonValue | undefined },
  ): JsonValue | undefined {
    if (schemaMaps.has(keyword) && isJsonObject(value)) return this.#named(keyword, value, accepted)
    if (withSchemas.has(keyword)) return this.of(value, accepted)
    if (keyword === 'required' && Array.isArray(value)) return this.#required(value, schema)
    if (keyword === 'enum' && Array.isArray(value)) return this.#choices(value)
    if (keyword === 'type' || keyword === 'format') return this.#isAccepted(value, standardTexts) ? value : undefined
    const isKnown = withoutText.has(keyword) || this.#texts.has(keyword)
    return (isKnown || withData.has(keyword)) && this.#isAccepted(value) ? value : undefined
  }

  #named(keyword: string, schemas: JsonObject, accepted: JsonValue | undefined): JsonValue {
    const isKept = (name: string): boolean => this.#texts.has(name) || (this.#isInput && keyword === 'properties')
    const names = Object.keys(schemas)
    const kept = names.filter(isKept)
    this.#left += names.length - kept.length
    return Object.fromEntries(kept.map((name) => [name, this.of(schemas[name]!, at(accepted, name))]))
  }

  #required(names: readonly JsonValue[], schema: JsonObject): JsonValue {
    return names.filter(
      (name) =>
        typeof name === 'string' &&
        (this.#texts.has(name) || (this.#isInput && at(at(schema, 'properties'), name) !== undefined)),
    )
  }

  #choices(values: readonly JsonValue[]): JsonValue | undefined {
    const kept = values.filter((value) => this.#isAccepted(value))
    if (kept.length === values.length) return values
    this.#left++
    return this.#isInput && kept.length > 0 ? kept : undefined
  }

  #isAccepted(value: JsonValue, others?: ReadonlySet<string>): boolean {
    if (typeof value === 'string') return this.#texts.has(value) || others?.has(value) === true
    if (typeof value !== 'object' || value === null) return true
    return Object.entries(value).every(
      ([key, item]) => (Array.isArray(value) || this.#texts.has(key)) && this.#isAccepted(item as JsonValue, others),
    )
  }

  #leftOutNames(schema: JsonObject, kept: ReadonlyMap<string, JsonValue>): boolean {
    return ['properties', 'patternProperties'].some(
      (map) => Object.keys(objectAt(schema, map)).length > Object.keys(kept.get(map) ?? {}).length,
    )
  }
}

function words(list: string): ReadonlySet<string> {
  return new Set(list.split(/\s+/))
}

/** All texts of some values, the names of their members too. */
function textsOf(values: readonly JsonValue[]): ReadonlySet<string> {
  const texts = new Set<string>()
  const open = [...values]
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value === 'string') texts.add(value)
    if (typeof value !== 'object' || value === null) continue
    if (!Array.isArray(value)) for (const key of Object.keys(value)) texts.add(key)
    for (const child of Object.values(value) as JsonValue[]) open.push(child)
  }
  return texts
}

function objectAt(value: JsonObject, key: string): JsonObject {
  const child = at(value, key)
  return isJsonObject(child) ? child : {}
}

function at(value: JsonValue | undefined, key: string): JsonValue | undefined {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as JsonObject)[key]
    : undefined
}
