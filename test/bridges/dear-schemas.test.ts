import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue, ToolsetTool } from 'mcp-integrations'
import { modelSchemas } from '../../src/bridges/model-schemas.js'
import { modelSchema } from '../../src/bridges/schema-form.js'
import { expectCpuBelow } from '../support/cpu.js'

const form = (schema: object): JsonObject => modelSchema(schema as JsonObject).schema
const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n))
const named = (count: number, entry: (n: number) => readonly [string, JsonValue]): JsonObject =>
  Object.fromEntries(times(count, entry))
const inside = (levels: number, leaf: JsonObject): JsonObject =>
  levels === 0 ? leaf : { properties: { n: inside(levels - 1, leaf) } }

/** One of many alternatives that refer to `a`, each with a requirement and a text of its own. */
const refersWith = (keyword: 'title' | 'description') => (n: number) => ({
  $ref: '#/$defs/a',
  [keyword]: `${n}`,
  required: keyword === 'title' ? undefined : [`x${n}`],
})
/** A nested schema, and a reference to each of its levels. */
const atEachLevel = (properties: JsonObject): JsonObject => ({
  ...inside(28, { properties }),
  allOf: times(28, (n) => ({ $ref: `#${'/properties/n'.repeat(n + 1)}` })),
})

/** Far more than honest schemas of this size take. */
const boundMs = 600

describe('a schema that would be dear to rewrite', () => {
  it.each<[string, object]>([
    ['a root that refers to itself many times', { allOf: times(900, () => ({ $ref: '#' })) }],
    [
      'alternatives that refer to their own list many times',
      {
        $defs: { a: { anyOf: times(900, () => ({ $ref: '#/$defs/a' })) } },
        anyOf: times(900, () => ({ $ref: '#/$defs/a' })),
      },
    ],
    [
      'definitions that double at each level',
      {
        $defs: named(60, (n) => [`d${n}`, { allOf: times(30, () => ({ $ref: `#/$defs/d${n + 1}` })), title: `${n}` }]),
        allOf: [{ $ref: '#/$defs/d0' }],
      },
    ],
    [
      'one target in many spellings, with an argument of their own',
      {
        $defs: {
          a: { allOf: times(300, (n) => ({ properties: { a: { const: n } }, required: [`a${n}`] })) },
        },
        anyOf: times(300, (n) => ({
          allOf: [{ $ref: `#/${'%24'}defs/${n % 2 === 0 ? 'a' : '%61'}` }, { properties: { a: { const: -n } } }],
        })),
      },
    ],
    [
      'argument names that differ only in characters to replace',
      { properties: named(16_000, (n) => [String.fromCharCode(0x4e00 + n), true]) },
    ],
    [
      'many different schemas of one argument',
      { oneOf: times(600, (n) => ({ properties: { a: { enum: [...times(50, () => 1), n] } } })) },
    ],
    [
      'alternatives with very many required names',
      { oneOf: times(4, () => ({ required: times(4_000, (n) => `a${n}`) })) },
    ],
    [
      'many references to a long address',
      { $id: `http://a.test/${'b'.repeat(100_000)}`, properties: named(1_900, (n) => [`p${n}`, { $dynamicRef: 'x' }]) },
    ],
    [
      'alternatives with the arguments of one definition',
      { $defs: { a: { properties: named(900, (n) => [`p${n}`, true]) } }, anyOf: times(900, refersWith('title')) },
    ],
    [
      'alternatives with what one definition requires',
      { $defs: { a: { required: times(1_000, (n) => `r${n}`) } }, anyOf: times(900, refersWith('description')) },
    ],
    [
      'alternatives with the many parts of one definition',
      { $defs: { a: { allOf: times(600, (n) => ({ title: `${n}` })) } }, anyOf: times(600, refersWith('description')) },
    ],
    [
      'one anchor below a very long name',
      { properties: { ['x/'.repeat(25_000)]: { $anchor: 'a' } }, allOf: times(900, () => ({ $ref: '#a' })) },
    ],
    [
      'many anchors below a very long name',
      {
        properties: { ['x/'.repeat(25_000)]: { properties: named(600, (n) => [`p${n}`, { $anchor: `a${n}` }]) } },
        allOf: times(600, (n) => ({ $ref: `#a${n}` })),
      },
    ],
    ['parts at each level of another', atEachLevel(named(900, (n) => [`p${n}`, { type: 'Array' }]))],
  ])('takes a bounded time: %s', async (_what, schema) => {
    await expectCpuBelow(boundMs, () => form({ type: 'object', ...schema }))
  })

  it('accepts any arguments where it would be too dear, and the gate checks them', () => {
    const $defs = { a: { required: times(1_000, (n) => `r${n}`) } }

    expect(form({ type: 'object', $defs, anyOf: times(900, refersWith('description')) })).toEqual({
      type: 'object',
      properties: {},
      additionalProperties: true,
    })
  })

  it('does not grow by copies of nested parts', () => {
    const deep = inside(30, { description: 'x'.repeat(50_000) })
    const references = named(30, (n) => [`r${n}`, { $ref: `#/properties/deep${'/properties/n'.repeat(n)}` }])
    const schema = { type: 'object', properties: { ...references, deep } }

    expect(JSON.stringify(form(schema)).length).toBeLessThan(4 * JSON.stringify(schema).length)
  })

  it.each([
    ['texts', { a: { description: 'x'.repeat(50_000) } }],
    ['arguments', named(900, (n) => [`p${n}`, { type: 'Array' }])],
  ])('does not grow by the %s of parts in parts', (_what, properties) => {
    const schema = { type: 'object', ...atEachLevel(properties) }

    expect(JSON.stringify(form(schema)).length).toBeLessThan(4 * JSON.stringify(schema).length)
  })

  it('does not grow by a sentence about alternatives with many arguments', () => {
    const schema = {
      type: 'object',
      $defs: { a: { required: times(180, (n) => `${'argument'.repeat(9)}${n}`) } },
      oneOf: times(4, (n) => ({ $ref: '#/$defs/a', required: [`own${n}`] })),
    }

    expect(JSON.stringify(form(schema)).length).toBeLessThan(4 * JSON.stringify(schema).length)
  })
})

describe('a schema whose parts are shared', () => {
  it('keeps what is required in all alternatives that refer to one definition', () => {
    const schema = {
      type: 'object',
      $defs: { base: { properties: { a: { type: 'string' } }, required: ['a'] } },
      anyOf: [
        { $ref: '#/$defs/base' },
        { allOf: [{ $ref: '#/$defs/base' }, { properties: { b: { type: 'number' } }, required: ['b'] }] },
      ],
    }

    expect(form(schema)).toMatchObject({
      properties: { a: { type: 'string' }, b: { type: 'number' } },
      required: ['a'],
      description: 'Give one of these sets of arguments: (a) or (a, b).',
    })
  })

  it('keeps the arguments of a root that refers to itself', () => {
    const schema = {
      type: 'object',
      properties: { a: {} },
      allOf: [{ $ref: '#' }, { properties: { b: {} } }],
    }

    expect(form(schema)).toMatchObject({ properties: { a: {}, b: {} } })
  })
})

describe('the schemas of a toolset', () => {
  const toolOf = (server: string, n: number, inputSchema: JsonObject): ToolsetTool => ({
    modelName: `${server}__tool_${n}`,
    name: `tool_${n}`,
    inputSchema,
    approval: { mode: 'default', resolved: 'ask', rule: 'unlabelled' },
    integration: { id: server, name: server, handle: server, origin: 'https://a.example' },
  })
  const odd = (fields: number): JsonObject => ({
    type: 'object',
    properties: named(fields, (n) => [`a${n}`, { type: 'Array' }]),
  })
  const formsOf = (tools: readonly ToolsetTool[]) => {
    const forms = modelSchemas(tools)
    return tools.map((tool) => forms.get(tool)!)
  }

  it('take a bounded time together, and those of small servers are all there', async () => {
    const large = () => ['b', 'c', 'd', 'e'].flatMap((server) => times(400, (n) => toolOf(server, n, odd(900))))
    const small = () => times(50, (n) => toolOf('a', n, odd(20)))
    let forms: ReturnType<typeof formsOf> = []
    // The form of a schema is remembered with the schema.
    await expectCpuBelow(
      900,
      (tools) => (forms = formsOf(tools)),
      () => [...large(), ...small()],
    )
    for (const { schema } of forms.slice(-50)) expect(Object.keys(schema.properties!)).toHaveLength(20)
    const open = { type: 'object', properties: {}, additionalProperties: true }
    expect(forms[0]!.schema).not.toEqual(open)
    const lastOfLarge = forms.at(-51)!
    expect(lastOfLarge.schema).toEqual(open)
    expect(lastOfLarge.restore({ a: 1 })).toEqual({ a: 1 })
  })

  it('share what is sound with the tool', () => {
    const sound = { type: 'object', properties: { a: { anyOf: [{ type: 'string' }, { type: 'null' }] } } }
    const mixed = { ...sound, properties: { ...sound.properties, b: { type: 'array' } } }
    expect(form(sound)).toBe(sound)
    const formed = form(mixed).properties as JsonObject
    expect(formed).toEqual({ ...sound.properties, b: { type: 'array', items: {} } })
    expect(formed.a).toBe(sound.properties.a)
  })
})
