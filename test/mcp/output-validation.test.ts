import { CfWorkerJsonSchemaValidator } from '@modelcontextprotocol/client/validators/cf-worker'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../src/model/json.js'
import { outputProblem, schemaFit } from '../../src/mcp/output-validation.js'
import { collidingNumbers } from '../support/colliding-numbers.js'
import { expectCpuBelow } from '../support/cpu.js'

describe('structured content', () => {
  const schema = { type: 'object', properties: { n: { type: 'number' }, pattern: { type: 'string' } }, required: ['n'] }

  it.each([
    [{ n: 1 }, undefined],
    [{ n: 'x' }, /match/],
    [{}, /match/],
    [{ n: 1, pattern: 5 }, /match/],
    [undefined, /no structured content/],
  ] as const)('%j is held against the schema', (value, expected) => {
    const found = outputProblem(schema, value)?.message
    if (expected === undefined) expect(found).toBeUndefined()
    else expect(found).toMatch(expected)
  })

  it.each([
    [
      'local references',
      { type: 'object', properties: { a: { $ref: '#/$defs/a' } }, $defs: { a: { type: 'string' } } },
      { a: 5 },
      true,
    ],
    [
      'references with escapes',
      { properties: { a: { $ref: '#/$defs/x~1y' } }, $defs: { 'x/y': { type: 'string' } } },
      { a: 5 },
      true,
    ],
    [
      'a list of all, with a reference',
      { allOf: [{ $ref: '#/$defs/a' }], $defs: { a: { required: ['b'] } } },
      {},
      true,
    ],
    [
      'a recursive schema, one level deep',
      { properties: { next: { $ref: '#' }, v: { type: 'number' } } },
      { next: { v: 'no' } },
      true,
    ],
    ['a remote reference, not followed', { properties: { a: { $ref: 'https://a.example/s.json' } } }, { a: 5 }, false],
    ['an unknown draft', { $schema: 'https://a.example/draft', type: 'array' }, {}, true],
    ['an invalid regular expression', { properties: { a: { type: 'string', pattern: '(' } } }, { a: 'x' }, false],
    ['a type that is none', { type: 5 }, {}, true],
  ] as readonly [string, JsonObject, JsonValue, boolean][])('understands %s', (_what, given, value, mismatch) => {
    expect(schemaFit(given, value)).toBe(mismatch ? 'mismatch' : 'fits')
  })
})

describe('a hostile schema', () => {
  const doubling = {
    $ref: '#/$defs/d0',
    $defs: Object.fromEntries(
      Array.from({ length: 30 }, (_, n) => [
        `d${n}`,
        { allOf: [{ $ref: `#/$defs/d${n + 1}` }, { $ref: `#/$defs/d${n + 1}` }] },
      ]),
    ),
  }
  const nested = (depth: number): JsonValue => (depth === 0 ? 1 : { a: nested(depth - 1) })

  it.each([
    [
      'a regular expression that explodes',
      { properties: { a: { type: 'string', pattern: '^(a+)+$' } } },
      { a: `${'a'.repeat(40)}!` },
    ],
    [
      'such names',
      { patternProperties: { '^(a+)+$': {} }, propertyNames: { pattern: '^(a+)+$' }, additionalProperties: false },
      { [`${'a'.repeat(40)}!`]: 1 },
    ],
    ['such a format', { properties: { a: { format: 'email' } } }, { a: `${'a.'.repeat(20_000)}@` }],
    ['references that double', doubling, {}],
    ['a reference to itself', { $ref: '#' }, {}],
    ['recursion that doubles', { properties: { a: { allOf: [{ $ref: '#' }, { $ref: '#' }] } } }, nested(50)],
    ['all compared with all', { type: 'array', uniqueItems: true }, Array.from({ length: 20_000 }, (_, n) => ({ n }))],
    [
      'much for very much',
      { items: { allOf: Array.from({ length: 1_000 }, () => ({ type: 'number' })) } },
      Array.from({ length: 100_000 }, () => 1),
    ],
  ] as readonly [string, JsonObject, JsonValue][])(
    'with %s does not stop the event loop',
    async (_what, schema, value) => {
      await expectCpuBelow(300, () => schemaFit(schema, value))
    },
  )
})

const list = (length: number, item: JsonValue): JsonValue => Array.from({ length }, () => item)
const row = (last: number): JsonValue => Array.from({ length: 60 }, (_, n) => (n === 59 ? last : n))

describe('the cost of a check', () => {
  it.each([
    [
      'long rows to choose from',
      { items: { enum: Array.from({ length: 900 }, (_, n) => row(n)) } },
      list(5_000, row(899)),
    ],
    [
      'objects to choose from',
      { items: { enum: Array.from({ length: 900 }, (_, n) => ({ a: row(n) })) } },
      list(2_000, { a: row(899) }),
    ],
    [
      'a long list of types',
      { items: { type: [...Array.from({ length: 12_000 }, () => 'string'), 'number'] } },
      list(900_000, 1),
    ],
    ['one long constant', { items: { const: row(1) } }, list(50_000, row(1))],
    [
      'many alternatives',
      { items: { anyOf: Array.from({ length: 1_500 }, (_, n) => ({ const: n })) } },
      list(3_200, 1_499),
    ],
    ['many required names', { items: { required: list(1_500, 'a') } }, list(50_000, { a: 1 })],
    ['many dependent names', { items: { dependentRequired: { a: list(1_500, 'a') } } }, list(50_000, { a: 1 })],
    ['lengths measured again and again', { allOf: list(1_900, { minLength: 1 }) }, 'y'.repeat(1_000_000)],
    [
      'long texts compared again and again',
      { items: { const: 'x'.repeat(100_000) } },
      list(40_000, 'x'.repeat(100_000)),
    ],
    ['things denied', { items: { not: { allOf: list(1_500, { minimum: 2 }) } } }, list(100_000, 1)],
  ] as readonly [string, JsonObject, JsonValue][])('gives up on %s', async (_what, schema, value) => {
    await expectCpuBelow(300, () => expect(schemaFit(schema, value)).toBe('not_checked'))
  })

  it('of numbers to choose from does not depend on which they are', async () => {
    const numbers = collidingNumbers(12_000)
    const values = Array.from({ length: 40_000 }, (_, n) => numbers[n % 50]!)

    await expectCpuBelow(200, () => schemaFit({ items: { enum: numbers } }, values))
  })

  it('of long references grows with their length', () => {
    const name = 'a'.repeat(40_000)
    const schema = {
      $defs: { [name]: { $ref: `#/$defs/${name}b` }, [`${name}b`]: true },
      items: { $ref: `#/$defs/${name}` },
    }

    const copied = JSON.parse(JSON.stringify(schema)) as JsonObject
    expect(schemaFit(copied, list(20_000, 1))).toBe('not_checked')
  })

  const keys = (count: number, value: JsonValue = 1): JsonObject =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, value]))
  const optional = (schema: JsonObject): JsonObject => ({ items: { anyOf: [schema, true] } })
  /** What is left as soon as its first part decides must not have cost its whole length. */
  it.each([
    [
      'a field that decides, of very many',
      { anyOf: list(1_000, { properties: { a: false } }) },
      { a: 1, ...keys(50_000) },
    ],
    ['the size of a large object', { allOf: list(1_900, { minProperties: 1 }) }, keys(50_000)],
    [
      'fields that are not allowed, of very many',
      { anyOf: list(1_000, { additionalProperties: false }) },
      keys(50_000),
    ],
    [
      'the first of many rules',
      optional({ dependentRequired: { a: ['b'], ...keys(5_000, []) } }),
      list(30_000, { a: 1 }),
    ],
    ['a keyword that decides, of very many', optional({ type: 'string', ...keys(5_000) }), list(60_000, 1)],
    ['what is not enforced, beside much', { items: { contains: { pattern: 'x', ...keys(5_000) } } }, list(30_000, [1])],
    ['a condition that is not enforced', { items: { if: { pattern: 'x', ...keys(5_000) } } }, list(60_000, 1)],
    ['a tuple for empty lists', { items: { prefixItems: list(20_000, true) } }, list(90_000, [])],
    ['a reference of slashes', { items: { $ref: `#${'/'.repeat(100_000)}` } }, list(30_000, 1)],
    ['a reference of escapes', { items: { $ref: `#/${'~1%41'.repeat(20_000)}` } }, list(30_000, 1)],
  ] as readonly [string, JsonObject, JsonValue][])('pays for %s once', async (_what, schema, value) => {
    await expectCpuBelow(300, () => schemaFit(schema, value))
  })

  it('says so, and calls it no mismatch', () => {
    const schema = { items: { type: [...Array.from({ length: 12_000 }, () => 'string'), 'number'] } }
    expect(outputProblem(schema, list(900_000, 1))).toMatchObject({ code: 'not_checked' })
  })

  it('spends everything in about the time of reading 4 MiB of JSON', async () => {
    const values = list(50_000, row(1))
    await expectCpuBelow(100, () => schemaFit({ items: { const: row(1) } }, values))
  })

  it('has the same outcome each time', () => {
    const size = (length: number) => schemaFit({ items: { enum: [row(1), row(2)] } }, list(length, row(2)))
    const outcomes = Array.from({ length: 40 }, (_, n) => size(3_000 + n * 20))
    expect(Array.from({ length: 40 }, (_, n) => size(3_000 + n * 20))).toEqual(outcomes)
    expect(new Set(outcomes)).toEqual(new Set(['fits', 'not_checked']))
  })

  it('leaves an honest table of 40,000 fields checked', () => {
    const names = Array.from({ length: 20 }, (_, n) => `field${n}`)
    const schema = {
      items: {
        type: 'object',
        properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
        required: names,
        additionalProperties: false,
      },
    }
    const rows = list(2_000, Object.fromEntries(names.map((name) => [name, `value of ${name}`])))
    expect(schemaFit(schema, rows)).toBe('fits')
    expect(schemaFit(schema, [...(rows as JsonValue[]), { field0: 1 }])).toBe('mismatch')
  })
})

describe('as other validators', () => {
  const word = fc.constantFrom('a', 'b', 'c')
  /** The other validator takes an empty list for an empty object. */
  const fixed = fc.constantFrom<JsonValue>(1, 'a', null, true, [1], ['a', 0.5], { a: 1 }, { a: [1], b: null })
  const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      fc.oneof(fc.integer({ min: -3, max: 3 }), word, fc.boolean(), fc.constant(null), fc.constant(0.5)),
      fixed,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(word, tie('value'), { maxKeys: 3 }),
    ),
  }))
  const { schema } = fc.letrec<{ schema: JsonObject; sub: JsonValue; keyword: JsonObject }>((tie) => ({
    sub: fc.oneof({ maxDepth: 3 }, fc.boolean(), tie('schema')),
    schema: fc
      .array(tie('keyword'), { minLength: 1, maxLength: 3 })
      .map((keywords) => Object.assign({}, ...keywords) as JsonObject),
    keyword: fc.oneof(
      ...Object.entries({
        type: fc.oneof(
          fc.constantFrom('string', 'number', 'integer', 'object', 'array', 'null', 'boolean'),
          fc.constant(['string', 'integer']),
        ),
        enum: fc.array(fixed, { minLength: 1, maxLength: 3 }),
        const: fixed,
        minimum: fc.integer({ min: -2, max: 2 }),
        exclusiveMaximum: fc.integer({ min: -2, max: 2 }),
        multipleOf: fc.constantFrom(0.5, 1, 2),
        minLength: fc.integer({ min: 0, max: 2 }),
        minItems: fc.integer({ min: 0, max: 2 }),
        maxProperties: fc.integer({ min: 0, max: 2 }),
        required: fc.uniqueArray(word, { maxLength: 2 }),
        dependentRequired: fc.dictionary(word, fc.uniqueArray(word, { maxLength: 2 }), { maxKeys: 2 }),
        properties: fc.dictionary(word, tie('sub'), { maxKeys: 2 }),
        additionalProperties: tie('sub'),
        prefixItems: fc.array(tie('sub'), { minLength: 1, maxLength: 2 }),
        items: tie('sub'),
        contains: tie('sub'),
        allOf: fc.array(tie('sub'), { minLength: 1, maxLength: 2 }),
        anyOf: fc.array(tie('sub'), { minLength: 1, maxLength: 2 }),
        oneOf: fc.array(tie('sub'), { minLength: 1, maxLength: 2 }),
        not: tie('sub'),
        if: tie('sub'),
        ['else']: tie('sub'),
      })
        .concat([['then', tie('sub')]])
        .map(([name, operand]) => (operand as fc.Arbitrary<JsonValue>).map((one): JsonObject => ({ [name]: one }))),
    ),
  }))

  it('checks every enforced keyword', () => {
    fc.assert(
      fc.property(schema, value, (given, data) => {
        const { valid } = new CfWorkerJsonSchemaValidator({ draft: '2020-12' }).getValidator(given as object)(data)
        expect(schemaFit(given, data)).toBe(valid ? 'fits' : 'mismatch')
      }),
      { seed: 202_012, numRuns: 1_000 },
    )
  })
})
