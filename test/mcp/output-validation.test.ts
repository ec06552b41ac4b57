import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../src/model/json.js'
import { outputMismatch } from '../../src/mcp/output-validation.js'

describe('structured content', () => {
  const schema = { type: 'object', properties: { n: { type: 'number' }, pattern: { type: 'string' } }, required: ['n'] }

  it.each([
    [{ n: 1 }, undefined],
    [{ n: 'x' }, /match/],
    [{}, /match/],
    [{ n: 1, pattern: 5 }, /match/],
    [undefined, /none/],
  ] as const)('%j is held against the schema', (value, expected) => {
    const found = outputMismatch(schema, value)
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
    expect(outputMismatch(given, value) !== undefined).toBe(mismatch)
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
  ] as readonly [string, JsonObject, JsonValue][])('with %s does not stop the event loop', (_what, schema, value) => {
    const started = performance.now()
    outputMismatch(schema, value)
    expect(performance.now() - started).toBeLessThan(200)
  })
})

it('prepares a schema once, however often its tool is listed anew', () => {
  const schema = () => ({
    type: 'object',
    properties: Object.fromEntries(
      Array.from({ length: 300 }, (_, n) => [`p${n}`, { type: 'string', enum: [`once ${n}`] }]),
    ),
  })
  const time = (work: () => void): number => {
    const started = performance.now()
    work()
    return performance.now() - started
  }
  const first = time(() => outputMismatch(schema(), {}))
  const later = Math.min(...Array.from({ length: 5 }, () => time(() => outputMismatch(schema(), {}))))
  expect(later).toBeLessThan(first)
})
