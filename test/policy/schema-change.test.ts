import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../src/model/json.js'
import { compareSchemas } from '../../src/policy/schema-change.js'
import { collidingNumbers } from '../support/colliding-numbers.js'
import { expectCpuBelow } from '../support/cpu.js'

const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: 'object', properties, ...more })
const closed = { additionalProperties: false }
const text = { type: 'string' }
const ref = { $ref: '#/$defs/a' }
const inside = (schema: JsonValue): JsonObject => object({ a: schema as JsonObject })

describe('the change of the values that a schema accepts', () => {
  it.each<[string, JsonValue, JsonValue, JsonValue]>([
    // what, one schema, a schema that accepts less, and what the way back is
    ['a range from below', { minimum: 1 }, { minimum: 2 }, 'widened'],
    ['a range from above', { maxLength: 10 }, { maxLength: 5 }, 'widened'],
    ['a bound where there was none', { type: 'string' }, { type: 'string', maxLength: 5 }, 'widened'],
    ['types', { type: ['string', 'null'] }, { type: 'string' }, 'widened'],
    ['integers among numbers', { type: 'number' }, { type: 'integer' }, 'widened'],
    ['a type where there was none', {}, { type: 'string' }, 'widened'],
    ['values', { enum: ['a', 'b'] }, { enum: ['b'] }, 'widened'],
    ['values that became one', { enum: ['a', 'b'] }, { const: 'a' }, 'widened'],
    ['values where any were', text, { ...text, enum: ['a'] }, 'widened'],
    ['a pattern', text, { ...text, pattern: '^a' }, 'widened'],
    ['a format', text, { ...text, format: 'email' }, 'widened'],
    ['multiples', { multipleOf: 2 }, { multipleOf: 4 }, 'widened'],
    ['what must be given', object({ a: text }), object({ a: text }, { required: ['a'] }), 'widened'],
    ['a field', object({ a: text }), object({ a: { ...text, maxLength: 5 } }), 'widened'],
    ['a field that is gone', object({ a: text, b: text }, closed), object({ a: text }, closed), 'widened'],
    ['other fields', object({ a: text }), object({ a: text }, closed), 'widened'],
    ['items', { items: {} }, { items: text }, 'widened'],
    ['items where any were', { type: 'array' }, { type: 'array', items: text }, 'widened'],
    ['items, distinct', { type: 'array' }, { type: 'array', uniqueItems: true }, 'widened'],
    ['names of fields', {}, { propertyNames: { maxLength: 3 } }, 'widened'],
    ['each of all', { allOf: [text] }, { allOf: [{ ...text, maxLength: 5 }] }, 'widened'],
    [
      'each of any',
      { anyOf: [text, { type: 'null' }] },
      { anyOf: [{ ...text, maxLength: 5 }, { type: 'null' }] },
      'widened',
    ],
    ['a definition', { ...ref, $defs: { a: text } }, { ...ref, $defs: { a: { ...text, maxLength: 5 } } }, 'widened'],
    ['anything', true, text, 'widened'],
    ['everything', text, false, 'widened'],
  ])('narrows with %s', (_what, wide, narrow, back) => {
    expect(compareSchemas(wide, narrow)).toBe('narrowed')
    expect(compareSchemas(narrow, wide)).toBe(back)
    expect(compareSchemas(inside(wide), inside(narrow))).toBe('narrowed')
    expect(compareSchemas(inside(narrow), inside(wide))).toBe(back)
  })

  it.each<[string, JsonValue, JsonValue]>([
    ['the same', object({ a: text }), object({ a: text })],
    ['the same in another order', { type: 'string', maxLength: 5 }, { maxLength: 5, type: 'string' }],
    ['an empty object', {}, {}],
  ])('stays with %s', (_what, before, after) => {
    expect(compareSchemas(before, after)).toBe('same')
  })

  it.each<[string, JsonValue, JsonValue]>([
    ['descriptions', object({ a: text }), object({ a: { ...text, description: 'to whom', title: 'To' } })],
    ['examples', text, { ...text, examples: ['a'] }],
    ['words in a choice', { oneOf: [text, { type: 'null' }] }, { oneOf: [{ ...text, title: 'A' }, { type: 'null' }] }],
    ['words in what is excluded', { not: text }, { not: { ...text, description: 'no' } }],
    ['the dialect', { ...text, $schema: 'http://json-schema.org/draft-07/schema#' }, text],
    ['a definition that nothing uses', { ...text, $defs: { a: {} } }, text],
    ['a definition beside those that are used', { ...ref, $defs: { a: text, b: {} } }, { ...ref, $defs: { a: text } }],
  ])('is told in other words by %s', (_what, before, after) => {
    expect(compareSchemas(before, after)).toBe('reworded')
    expect(compareSchemas(after, before)).toBe('reworded')
  })

  it.each<[string, JsonValue, JsonValue]>([
    ['the order of values', { enum: ['a', 'b'] }, { enum: ['b', 'a'] }],
    ['a type said twice', { type: ['string'] }, { type: 'string' }],
    ['true and an empty schema', true, {}],
  ])('is only written otherwise by %s', (_what, before, after) => {
    expect(compareSchemas(before, after)).toBe('cosmetic')
    expect(compareSchemas(after, before)).toBe('cosmetic')
  })

  it('does not let a narrower part hide other words, nor other words a narrower part', () => {
    expect(compareSchemas(object({ a: text }), object({ a: { maxLength: 5, ...text, title: 'A' } }))).toBe('reworded')
    const beside = (a: JsonObject): JsonObject => ({ not: ref, ...ref, $defs: { a } })
    expect(compareSchemas(beside(text), beside({ ...text, maxLength: 5, title: 'A' }))).toBe('widened')
  })

  it.each<[string, JsonObject]>([
    ['must now be given', { required: ['a', 'b'] }],
    ['must be given with another', { dependentRequired: { a: ['b'] } }],
    ['asks for others', { dependentRequired: { b: ['a'] } }],
    ['is the only name', { propertyNames: { enum: ['b'] } }],
    ['is the only name that fits', { propertyNames: { pattern: '^b$' } }],
    ['is in the only value', { const: { b: 1 } }],
    ['is in one of the values', { enum: [{ a: 'x' }, { a: 'x', b: 1 }] }],
  ])('is wider where a field that nobody knew %s', (_what, more) => {
    expect(compareSchemas(object({ a: text }), object({ a: text }, more))).toBe('widened')
    expect(compareSchemas(inside(object({ a: text })), inside(object({ a: text }, more)))).toBe('widened')
  })

  it.each<[string, JsonValue, JsonValue]>([
    ['a new field', object({ a: text }), object({ a: text, bcc: text })],
    ['a new field, though any were accepted', object({}), object({ bcc: text })],
    ['a new field below a field that took anything', object({ a: true }), object({ a: object({ bcc: text }) })],
    ['a new field in one of all', { allOf: [text] }, { allOf: [text, object({ bcc: text })] }],
    ['a field that is gone and may still be sent', object({ a: text }), object({})],
    [
      'a field that is gone and fits a pattern',
      object({ a: text }, { ...closed, patternProperties: { a: {} } }),
      object({}, { ...closed, patternProperties: { a: {} } }),
    ],
    [
      'a new pattern of fields',
      object({}, { ...closed, patternProperties: { b: text } }),
      object({}, { ...closed, patternProperties: { b: text, a: {} } }),
    ],
    ['a default', text, { ...text, default: 'production' }],
    ['another default', { ...text, default: 'test' }, { ...text, default: 'production' }],
    ['another pattern', { pattern: '^a$' }, { pattern: '^ab?$' }],
    ['values and types that only overlap', { enum: ['a', 'b'] }, { enum: ['b', 'c'] }],
    ['a bound that became strict by another word', { minimum: 1 }, { exclusiveMinimum: 1 }],
    ['multiples that only overlap', { multipleOf: 4 }, { multipleOf: 6 }],
    ['a narrower exclusion', { not: text }, { not: { ...text, maxLength: 5 } }],
    ['an exclusion of everything that is gone', { not: {} }, {}],
    ['a required kind of item that is gone', { contains: {} }, {}],
    ['a narrower choice of one', { oneOf: [text, {}] }, { oneOf: [{ ...text, maxLength: 5 }, {}] }],
    ['another choice', { anyOf: [text] }, { anyOf: [text, { type: 'null' }] }],
    [
      'a narrower definition below an exclusion',
      { not: ref, $defs: { a: text } },
      { not: ref, $defs: { a: { ...text, maxLength: 5 } } },
    ],
    [
      'a narrower field beside unevaluated ones',
      object({ a: text }, { unevaluatedProperties: false }),
      object({ a: { ...text, maxLength: 5 } }, { unevaluatedProperties: false }),
    ],
    ['a definition that is gone and still used', { ...ref, $defs: { a: text } }, { ...ref, $defs: {} }],
    [
      'a definition that is gone and used deep inside',
      object({ b: { items: ref } }, { $defs: { a: text } }),
      object({ b: { items: ref } }),
    ],
    [
      'a definition that a reference was waiting for',
      { ...ref, $defs: {} },
      { ...ref, $defs: { a: object({ bcc: text }) } },
    ],
    [
      'a definition of an escaped name that is gone',
      { $ref: '#/definitions/a~1b%20c', definitions: { 'a/b c': text } },
      { $ref: '#/definitions/a~1b%20c', definitions: {} },
    ],
    [
      'a definition that is gone, where an anchor leads',
      { $ref: '#b', $defs: { a: { ...text, $anchor: 'b' } } },
      { $ref: '#b', $defs: {} },
    ],
    ['a definition that is gone, found dynamically', { $dynamicRef: '#b', $defs: { a: text } }, { $dynamicRef: '#b' }],
    [
      'a field that is gone and that another refers to',
      object({ a: text, b: { $ref: '#/properties/a' } }, closed),
      object({ b: { $ref: '#/properties/a' } }, closed),
    ],
    [
      'a definition of names that names a field',
      { propertyNames: ref, $defs: { a: { maxLength: 3 } } },
      { propertyNames: ref, $defs: { a: { maxLength: 3, enum: ['bcc'] } } },
    ],
    ['a dialect of its own', text, { ...text, $schema: 'https://dialect.example/schema' }],
    [
      'a dialect without some keywords',
      { ...text, $schema: 'http://json-schema.org/draft-07/schema#' },
      { ...text, $schema: 'http://json-schema.org/draft-03/schema#' },
    ],
    ['a dialect that is none', text, { ...text, $schema: 7 }],
    ['another definition to refer to', { $ref: '#/$defs/a', $defs: {} }, { $ref: '#/$defs/b', $defs: {} }],
    ['another place in the request', text, { ...text, 'x-mcp-header': 'Tenant' }],
    ['a keyword nobody knows', text, { ...text, 'x-allow': ['*'] }],
    [
      'another dialect, where it matters',
      { const: 'a', $schema: 'http://json-schema.org/draft-07/schema#' },
      { const: 'a', $schema: 'http://json-schema.org/draft-04/schema#' },
    ],
    ['what is no schema', text, 5],
    ['what is no bound', { minimum: 1 }, { minimum: '2' }],
    ['what is no list', { required: ['a'] }, { required: 'a' }],
    ['fields that are none', object({ a: text }), { type: 'object', properties: [] }],
    ['nothing that accepted nothing', false, text],
  ])('widens, or nobody can tell, with %s', (_what, before, after) => {
    expect(compareSchemas(before, after)).toBe('widened')
    expect(compareSchemas(inside(before), inside(after))).toBe('widened')
  })

  it.each(['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'])(
    'narrows with a higher %s',
    (keyword) => {
      expect(compareSchemas({ [keyword]: 1 }, { [keyword]: 2 })).toBe('narrowed')
      expect(compareSchemas({ [keyword]: 2 }, { [keyword]: 1 })).toBe('widened')
    },
  )

  it.each(['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'])(
    'narrows with a lower %s',
    (keyword) => {
      expect(compareSchemas({ [keyword]: 2 }, { [keyword]: 1 })).toBe('narrowed')
      expect(compareSchemas({ [keyword]: 1 }, { [keyword]: 2 })).toBe('widened')
    },
  )

  it.each(['$comment', 'title', 'description', 'examples', 'deprecated', 'readOnly', 'writeOnly'])(
    'means the same with another %s',
    (keyword) => {
      expect(compareSchemas({ [keyword]: 'a' }, { [keyword]: 'b' })).toBe('reworded')
    },
  )

  it('narrows with fields that need others, and only where they are new', () => {
    const needing = (dependentRequired: JsonObject): JsonObject => object({ a: text, b: text }, { dependentRequired })
    expect(compareSchemas(object({ a: text, b: text }), needing({ a: ['b'] }))).toBe('narrowed')
    expect(compareSchemas(needing({ a: ['b'] }), needing({ b: ['a'] }))).toBe('widened')
    expect(compareSchemas(needing({ a: ['b'] }), object({ a: text, b: text }))).toBe('widened')
  })

  it.each(['pattern', 'format', 'uniqueItems'])('narrows with a %s that is new, and only then', (keyword) => {
    expect(compareSchemas({}, { [keyword]: 'a' })).toBe('narrowed')
    expect(compareSchemas({ [keyword]: 'a' }, { [keyword]: 'b' })).toBe('widened')
    expect(compareSchemas({ [keyword]: 'a' }, {})).toBe('widened')
  })

  it.each(['not', 'if', 'then', 'else', 'contains'])('is reworded if only texts below %s differ', (keyword) => {
    expect(compareSchemas({ [keyword]: text }, { [keyword]: { ...text, title: 'A' } })).toBe('reworded')
    expect(compareSchemas({ [keyword]: text }, { [keyword]: { ...text, maxLength: 1 } })).toBe('widened')
    expect(compareSchemas({}, { [keyword]: true })).toBe('widened')
    expect(compareSchemas({ [keyword]: true }, {})).toBe('widened')
  })

  it.each(['allOf', 'anyOf', 'prefixItems'])('narrows with each of %s', (keyword) => {
    expect(compareSchemas({ [keyword]: [text] }, { [keyword]: [{ ...text, maxLength: 1 }] })).toBe('narrowed')
    expect(compareSchemas({ [keyword]: [text] }, { [keyword]: [text, text] })).toBe('widened')
  })

  it.each(['$defs', 'definitions'])('narrows with a definition of %s', (keyword) => {
    const of = (a: JsonObject): JsonObject => ({ $ref: `#/${keyword}/a`, [keyword]: { a } })
    expect(compareSchemas(of(text), of({ ...text, maxLength: 1 }))).toBe('narrowed')
    expect(compareSchemas(of({ ...text, maxLength: 1 }), of(text))).toBe('widened')
    expect(compareSchemas(of(text), { ...of(text), [keyword]: [] })).toBe('widened')
  })

  it.each(['not', 'if', 'oneOf', 'contains', 'dependentSchemas', 'unevaluatedProperties', 'unevaluatedItems'])(
    "can't be told of a narrower definition beside %s",
    (keyword) => {
      const of = (a: JsonObject): JsonObject => ({ $ref: '#/$defs/a', $defs: { a }, [keyword]: {} })
      expect(compareSchemas(of(text), of({ ...text, maxLength: 1 }))).toBe('widened')
    },
  )

  it.each(['unevaluatedProperties', 'unevaluatedItems'])('is widened if a part is narrower next to %s', (keyword) => {
    const of = (a: JsonObject) => ({ ...inside(a), [keyword]: false })
    expect(compareSchemas(of(text), of({ ...text, maxLength: 1 }))).toBe('widened')
  })

  it.each([
    '$ref',
    '$dynamicRef',
    '$recursiveRef',
    'prefixItems',
    'additionalItems',
    'const',
    'propertyNames',
    'not',
    'if',
    'dependentRequired',
    'dependencies',
    'exclusiveMinimum',
    'exclusiveMaximum',
    'contains',
    'unevaluatedItems',
  ])("can't be told of another dialect where %s is used", (keyword) => {
    const of = (version: string) => ({ $schema: `http://json-schema.org/${version}/schema#`, items: { [keyword]: 1 } })
    expect(compareSchemas(of('draft-07'), of('draft-04'))).toBe('widened')
  })

  it('narrows if a removed field falls under the rule for other fields', () => {
    const others = { additionalProperties: text }
    expect(compareSchemas(object({ a: text }, others), object({}, others))).toBe('narrowed')
    expect(compareSchemas(object({ a: {} }, others), object({}, others))).toBe('narrowed')
    expect(compareSchemas(object({ a: { ...text, maxLength: 1 } }, others), object({}, others))).toBe('widened')
    expect(compareSchemas(object({ a: true }), object({}))).toBe('narrowed')
  })

  it('stays with a number said to be an integer too, or the same twice', () => {
    expect(compareSchemas({ type: 'number' }, { type: ['integer', 'number'] })).toBe('cosmetic')
    expect(compareSchemas({ required: ['a'] }, { required: ['a', 'a'] })).toBe('cosmetic')
    expect(compareSchemas({ multipleOf: 1.5 }, { multipleOf: 3 })).toBe('widened')
    expect(compareSchemas({ multipleOf: '2' }, { multipleOf: 4 })).toBe('widened')
    expect(compareSchemas({ multipleOf: 2 }, {})).toBe('widened')
    expect(compareSchemas({}, { multipleOf: 2 })).toBe('narrowed')
  })

  it('is widened as a whole by one part that is', () => {
    const before = object({ a: { maxLength: 9 }, b: text }, closed)
    expect(compareSchemas(before, object({ a: { maxLength: 5 }, b: { type: ['string', 'null'] } }, closed))).toBe(
      'widened',
    )
  })

  it('handles fields named like keywords or like members of every object', () => {
    const names = JSON.parse('{"description":{"type":"string"},"__proto__":{"type":"string"}}') as JsonObject
    expect(compareSchemas(object(names), object({ ...names, title: text }))).toBe('widened')
    expect(compareSchemas(object({}, closed), object(names, closed))).toBe('widened')
    expect(compareSchemas(object(names), object(JSON.parse(JSON.stringify(names)) as JsonObject))).toBe('same')
    expect(compareSchemas(object({}), object({ constructor: text }))).toBe('widened')
  })
})

describe('the cost of a comparison', () => {
  const nested = (levels: number, leaf: JsonObject): JsonObject =>
    levels === 0 ? leaf : { type: 'object', properties: { a: nested(levels - 1, leaf) } }
  const wide = (fields: number, title: string): JsonObject =>
    object(Object.fromEntries(Array.from({ length: fields }, (_, n) => [`p${n}`, { type: 'string', title }])))

  it.each<[string, JsonObject, JsonObject, string]>([
    [
      'a long text, deep inside',
      nested(28, { description: 'x'.repeat(120_000) }),
      nested(28, { description: 'y'.repeat(120_000) }),
      'reworded',
    ],
    ['very many fields', wide(1_900, 'a'), wide(1_900, 'b'), 'reworded'],
    ['very many values', { enum: Array.from({ length: 20_000 }, (_, n) => n) }, { enum: [1, 2] }, 'narrowed'],
    ['more than is compared', { enum: Array.from({ length: 300_000 }, (_, n) => n) }, { enum: [1, 2] }, 'widened'],
    [
      'the names of many removed fields, compared with a long list again and again',
      object(Object.fromEntries(Array.from({ length: 6_000 }, (_, n) => [`p${n}`, true])), {
        additionalProperties: { required: Array.from({ length: 12_000 }, () => 'a') },
      }),
      object({}, { additionalProperties: { required: Array.from({ length: 12_000 }, () => 'a'), minLength: 1 } }),
      'widened',
    ],
    [
      'numbers for names',
      object({}, { required: collidingNumbers(12_000) }),
      object({}, { required: [...collidingNumbers(12_000), 1] }),
      'widened',
    ],
    [
      'very many names',
      object({}, { required: Array.from({ length: 300_000 }, () => 'a') }),
      object({}, { required: ['a'] }),
      'widened',
    ],
  ])('is bounded with %s', async (_what, before, after, change) => {
    let found: unknown
    await expectCpuBelow(300, () => (found = compareSchemas(before, after)))
    expect(found).toBe(change)
  })

  it('grows with the size, not with depth times size', async () => {
    const deep = (description: string) => nested(28, { description })
    const [before, after] = [deep('x'.repeat(1_000_000)), deep('y'.repeat(1_000_000))]
    await expectCpuBelow(300, () => {
      for (let n = 0; n < 10; n++) expect(compareSchemas(before, after)).toBe('reworded')
    })
  })
})
