import { describe, expect, it } from 'vitest'
import type { JsonObject } from 'mcp-integrations'
import { modelSchema } from '../../src/bridges/schema-form.js'

const form = (schema: JsonObject): JsonObject => modelSchema(schema).schema

describe('the form of a schema for model APIs', () => {
  it.each<[string, JsonObject]>([
    [
      'with everything in it',
      { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], description: 'x' },
    ],
    ['with references', { type: 'object', properties: { a: { $ref: '#/$defs/b' } }, $defs: { b: { type: 'number' } } }],
    [
      'with alternatives inside',
      { type: 'object', properties: { a: { anyOf: [{ type: 'string' }, { type: 'null' }] } } },
    ],
    [
      'that only looks odd in its data',
      { type: 'object', properties: { a: { default: { type: 'array' }, enum: [{ items: [1] }] } } },
    ],
    [
      'that names an older draft, and is sound all the same',
      { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object', properties: { a: { type: 'string' } } },
    ],
    ['with a keyword of its own', { type: 'object', properties: { a: { type: 'string', nullable: true, 'x-a': [] } } }],
    ['with conditions', { type: 'object', properties: { a: {} }, if: { required: ['a'] }, else: { required: ['b'] } }],
  ])('leaves one alone %s', (_what, schema) => {
    expect(form(schema)).toBe(schema)
  })

  it.each<[string, JsonObject, JsonObject]>([
    ['properties that are missing', { type: 'object' }, { type: 'object', properties: {} }],
    ['properties that are no object', { type: 'object', properties: [] }, { type: 'object', properties: {} }],
    ['a root without a type', { properties: { a: {} } }, { type: 'object', properties: { a: {} } }],
    [
      'an object inside without properties',
      { type: 'object', properties: { a: { type: 'object' } } },
      { type: 'object', properties: { a: { type: 'object', properties: {} } } },
    ],
    [
      'a list without items',
      { type: 'object', properties: { a: { type: 'array' } } },
      { type: 'object', properties: { a: { type: 'array', items: {} } } },
    ],
    [
      'a tuple of an older draft',
      { type: 'object', properties: { a: { type: 'array', items: [{ type: 'string' }], additionalItems: false } } },
      { type: 'object', properties: { a: { type: 'array', prefixItems: [{ type: 'string' }], items: false } } },
    ],
    [
      'a bound of draft 4',
      {
        type: 'object',
        properties: { a: { minimum: 1, exclusiveMinimum: true, maximum: 5, exclusiveMaximum: false } },
      },
      { type: 'object', properties: { a: { exclusiveMinimum: 1, maximum: 5 } } },
    ],
    [
      'a switch of draft 3 and an empty choice',
      { type: 'object', properties: { a: { type: 'string', required: true, enum: [] } } },
      { type: 'object', properties: { a: { type: 'string' } } },
    ],
    [
      'a reference to nowhere',
      { type: 'object', properties: { a: { $ref: '#/$defs/gone', description: 'An a.' } } },
      { type: 'object', properties: { a: { description: 'An a.' } } },
    ],
    [
      'a reference out of the schema',
      { type: 'object', properties: { a: { $ref: 'https://a.example/b.json' } } },
      { type: 'object', properties: { a: {} } },
    ],
    [
      'the name of an older draft, where the rest is of a newer one',
      { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object', properties: { a: { type: 'array' } } },
      { type: 'object', properties: { a: { type: 'array', items: {} } } },
    ],
    [
      'types in a list, and those that are none',
      {
        type: 'object',
        properties: { a: { type: ['array', 'null'] }, b: { type: 'STRING' }, c: { type: 'any' }, d: { type: ['x'] } },
      },
      {
        type: 'object',
        properties: { a: { type: ['array', 'null'], items: {} }, b: { type: 'string' }, c: {}, d: {} },
      },
    ],
    [
      'arguments that are booleans',
      { type: 'object', properties: { a: true, b: false, c: { anyOf: [true] } }, additionalProperties: false },
      { type: 'object', properties: { a: {}, c: { anyOf: [{}] } }, additionalProperties: false },
    ],
    [
      'references to parts that are no definitions',
      {
        type: 'object',
        properties: {
          a: { type: 'object', properties: { 'b c': { $ref: '#/$defs/d/items' } } },
          e: { $ref: '#/properties/a/properties/b%20c' },
        },
        $defs: { d: { type: 'array', items: { type: 'string' } }, items: {} },
      },
      {
        type: 'object',
        properties: {
          a: { type: 'object', properties: { 'b c': { $ref: '#/$defs/items_2' } } },
          e: { $ref: '#/$defs/b_c' },
        },
        $defs: {
          d: { type: 'array', items: { type: 'string' } },
          items: {},
          items_2: { type: 'string' },
          b_c: { $ref: '#/$defs/items_2' },
        },
      },
    ],
    [
      'a reference by a name',
      { type: 'object', properties: { a: { $ref: '#b' } }, $defs: { 'x/y': { $anchor: 'b', type: 'string' } } },
      {
        type: 'object',
        properties: { a: { $ref: '#/$defs/x~1y' } },
        $defs: { 'x/y': { $anchor: 'b', type: 'string' } },
      },
    ],
    [
      'references of two drafts to what they are in',
      { type: 'object', $dynamicAnchor: 'me', properties: { a: { $dynamicRef: '#me' }, b: { $recursiveRef: '#' } } },
      {
        type: 'object',
        $dynamicAnchor: 'me',
        properties: { a: { $ref: '#/$defs/root' }, b: { $ref: '#/$defs/root' } },
        $defs: {
          root: {
            type: 'object',
            $dynamicAnchor: 'me',
            properties: { a: { $ref: '#/$defs/root' }, b: { $ref: '#/$defs/root' } },
          },
        },
      },
    ],
    [
      "a reference by the schema's own address",
      {
        $id: 'https://a.example/x/tool.json',
        type: 'object',
        properties: {
          a: { $ref: 'tool.json#/$defs/b' },
          c: { $ref: 'https://a.example/x/tool.json' },
          d: { $ref: 'b' },
        },
        $defs: { b: { type: 'string' } },
      },
      {
        $id: 'https://a.example/x/tool.json',
        type: 'object',
        properties: { a: { $ref: '#/$defs/b' }, c: { $ref: '#/$defs/root' }, d: {} },
        $defs: {
          b: { type: 'string' },
          root: { type: 'object', properties: { a: { $ref: '#/$defs/b' }, c: { $ref: '#/$defs/root' }, d: {} } },
        },
      },
    ],
    [
      'dependencies of an older draft',
      { type: 'object', properties: {}, dependencies: { a: ['b'], c: 'd', e: { required: ['f'] } } },
      {
        type: 'object',
        properties: {},
        dependentRequired: { a: ['b'], c: ['d'] },
        dependentSchemas: { e: { required: ['f'] } },
      },
    ],
    [
      'what must be given and is not described',
      { type: 'object', properties: { a: {} }, required: ['a', 'b', 'a', 5] },
      { type: 'object', properties: { a: {}, b: {} }, required: ['a', 'b'] },
    ],
    [
      'keywords that no draft allows',
      { type: 'object', properties: { a: { description: 5, minLength: -1, enum: 'x', anyOf: {}, examples: 1 } } },
      { type: 'object', properties: { a: {} } },
    ],
    [
      'alternatives that require nothing',
      { type: 'object', oneOf: [{ properties: { id: {} } }, { properties: { url: {} } }, false] },
      {
        type: 'object',
        properties: { id: {}, url: {} },
        description: 'Give one of these sets of arguments: (id) or (url).',
      },
    ],
    [
      'a reference at the root',
      { type: 'object', $ref: '#/$defs/in', $defs: { in: { type: 'object', properties: { a: {} }, required: ['a'] } } },
      {
        type: 'object',
        properties: { a: {} },
        required: ['a'],
        $defs: { in: { type: 'object', properties: { a: {} }, required: ['a'] } },
      },
    ],
    [
      'alternatives at the root',
      {
        type: 'object',
        anyOf: [
          { properties: { id: { type: 'string' }, kind: { const: 'a' } }, required: ['kind', 'id'] },
          { properties: { url: { type: 'string' }, kind: { const: 'b' } }, required: ['kind', 'url'] },
        ],
      },
      {
        type: 'object',
        properties: {
          id: { type: 'string' },
          kind: { anyOf: [{ const: 'a' }, { const: 'b' }] },
          url: { type: 'string' },
        },
        required: ['kind'],
        description: 'Give one of these sets of arguments: (kind, id) or (kind, url).',
      },
    ],
    [
      'parts at the root',
      {
        type: 'object',
        properties: { a: {} },
        required: ['a'],
        allOf: [{ properties: { b: {} }, required: ['b'] }, { properties: { a: {} } }],
      },
      { type: 'object', properties: { a: {}, b: {} }, required: ['a', 'b'] },
    ],
    [
      'alternatives in a reference at the root',
      { type: 'object', oneOf: [{ $ref: '#/$defs/a' }], $defs: { a: { properties: { x: {} } } } },
      { type: 'object', properties: { x: {} }, $defs: { a: { properties: { x: {} } } } },
    ],
  ])('rewrites %s', (_what, schema, formed) => {
    expect(form(schema)).toEqual(formed)
  })

  it('stays small where very many parts are referred to', () => {
    const parts = Array.from({ length: 200 }, (_, n) => [
      `p${n}`,
      { type: 'array', items: { $ref: `#/properties/p${(n + 1) % 200}` } },
    ])
    const schema = { type: 'object', properties: Object.fromEntries(parts) as JsonObject }
    expect(JSON.stringify(form(schema)).length).toBeLessThan(2 * JSON.stringify(schema).length)
  })

  it('ends at a root that refers to itself', () => {
    expect(form({ type: 'object', $ref: '#' })).toMatchObject({ type: 'object', properties: {} })
    expect(form({ type: 'object', allOf: [{ $ref: '#' }] })).toMatchObject({ type: 'object', properties: {} })
  })

  it('gives arguments names that every API accepts, and restores them', () => {
    const { schema, restore } = modelSchema({
      type: 'object',
      properties: { $filter: { type: 'string' }, 'page[size]': { type: 'number' }, page_size_: {}, 页: {} },
      required: ['$filter'],
    })
    expect(Object.keys(schema.properties as JsonObject)).toEqual(['_filter', 'page_size__2', 'page_size_', '_'])
    expect(schema.required).toEqual(['_filter'])
    expect(restore({ _filter: 'x', page_size__2: 5, page_size_: 6, _: 7, other: 8 })).toEqual({
      $filter: 'x',
      'page[size]': 5,
      page_size_: 6,
      页: 7,
      other: 8,
    })
  })

  it('lets references to a renamed argument follow it, and names that are long stay apart', () => {
    const long = 'x'.repeat(70)
    const { schema, restore } = modelSchema({
      type: 'object',
      properties: {
        'a/b': { type: 'object', properties: { c: {} } },
        d: { $ref: '#/properties/a~1b/properties/c' },
        [long]: {},
        [`${long}y`]: {},
      },
    })
    const { d, ...others } = schema.properties as JsonObject
    expect(d).toEqual({ $ref: '#/$defs/c' })
    expect(schema.$defs).toEqual({ c: {} })
    expect(Object.keys(others).every((name) => name.length <= 64)).toBe(true)
    expect(Object.keys(restore(Object.fromEntries(Object.keys(others).map((name) => [name, 1]))) as object)).toEqual([
      'a/b',
      long,
      `${long}y`,
    ])
  })

  it('keeps an argument called __proto__', () => {
    const schema = JSON.parse('{"type":"object","properties":{"__proto__":{"type":"array"}}}') as JsonObject
    expect(JSON.stringify(form(schema))).toBe(
      '{"type":"object","properties":{"__proto__":{"type":"array","items":{}}}}',
    )
  })
})
