import { describe, expect, it } from 'vitest'
import type { JsonObject } from 'mcp-integrations'
import { modelSchema } from '../../src/bridges/schema-form.js'

const form = (schema: JsonObject): JsonObject => modelSchema(schema).schema

describe('the form of a schema that model APIs take', () => {
  it.each<[string, JsonObject]>([
    [
      'with everything in it',
      { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], description: 'x' },
    ],
    ['with references', { type: 'object', properties: { a: { $ref: '#/$defs/b' } }, $defs: { b: { type: 'number' } } }],
    ['that refers to itself', { type: 'object', properties: { next: { $ref: '#' } } }],
    [
      'with alternatives inside',
      { type: 'object', properties: { a: { anyOf: [{ type: 'string' }, { type: 'null' }] } } },
    ],
    [
      'that only looks odd in its data',
      { type: 'object', properties: { a: { default: { type: 'array' }, enum: [{ items: [1] }] } } },
    ],
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

  it('ends at a root that refers to itself', () => {
    expect(form({ type: 'object', $ref: '#' })).toMatchObject({ type: 'object', properties: {} })
    expect(form({ type: 'object', allOf: [{ $ref: '#' }] })).toMatchObject({ type: 'object', properties: {} })
  })

  it('gives arguments names that every API takes, and takes them back', () => {
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

  it('keeps an argument called __proto__', () => {
    const schema = JSON.parse('{"type":"object","properties":{"__proto__":{"type":"array"}}}') as JsonObject
    expect(JSON.stringify(form(schema))).toBe(
      '{"type":"object","properties":{"__proto__":{"type":"array","items":{}}}}',
    )
  })
})
