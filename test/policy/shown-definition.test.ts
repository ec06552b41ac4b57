import { describe, expect, it } from 'vitest'
import { shownDefinition } from '../../src/policy/shown-definition.js'
import type { JsonObject, JsonValue } from '../../src/model/json.js'

const inputSchema: JsonObject = {
  type: 'object',
  properties: {
    text: { type: 'string', description: 'What to write\nin several lines', enum: ['a\u200bb'] },
    __proto__: { type: 'string' },
  },
  anyOf: [{ title: 'One' }, { enumNames: ['first', 'second'] }],
}

describe('a definition that is shown', () => {
  it('is the same object where nothing is hidden', () => {
    const plain = { name: 'write', title: 'Write', description: 'Writes.\n\tA note.', inputSchema }
    expect(shownDefinition(plain)).toBe(plain)
    const foreign = { name: 'write', description: 'Schreibt „größer“ 你好', inputSchema, annotations: { title: 'Ö' } }
    expect(shownDefinition(foreign)).toBe(foreign)
  })

  it.each<[string, JsonValue, JsonValue]>([
    ['a title in several lines', { title: 'a\nb' }, { title: 'a\\u{A}b' }],
    ['a description', { description: 'a\u202eb' }, { description: 'a\\u{202E}b' }],
    ['a name of a value', { enumNames: ['x', 'y\u200b'] }, { enumNames: ['x', 'y\\u{200B}'] }],
    ['a comment', { $comment: 'a\u{e0041}b\nc' }, { $comment: 'a\\u{E0041}b\nc' }],
    [
      'a keyword of editors',
      { markdownDescription: '\u{e0041}', errorMessage: { minimum: '\u{e0041}' } },
      { markdownDescription: '\\u{E0041}', errorMessage: { minimum: '\\u{E0041}' } },
    ],
    [
      'descriptions of values, and no value',
      { enum: ['a\u200b'], enumDescriptions: ['b\u200b', { c: 'd\u200b' }], default: 'e\u200b', examples: ['f\u200b'] },
      {
        enum: ['a\u200b'],
        enumDescriptions: ['b\\u{200B}', { c: 'd\\u{200B}' }],
        default: 'e\u200b',
        examples: ['f\u200b'],
      },
    ],
    [
      'a keyword of the server, and nothing that has an effect',
      { 'x-note': 'a\u200b', pattern: 'b\u200b', $anchor: 'c\u200b', dependencies: { d: ['e\u200b'] } },
      { 'x-note': 'a\\u{200B}', pattern: 'b\u200b', $anchor: 'c\u200b', dependencies: { d: ['e\u200b'] } },
    ],
    ['something deep in lists', { allOf: [1, [{ title: '\0' }]] }, { allOf: [1, [{ title: '\\u{0}' }]] }],
    [
      'a part called __proto__',
      JSON.parse('{"properties":{"__proto__":{"title":"\\u0007"}}}'),
      JSON.parse('{"properties":{"__proto__":{"title":"\\\\u{7}"}}}'),
    ],
  ])('is a copy without what hides in %s, and the schema accepts the same', (_what, hiding, seen) => {
    const schema = hiding as JsonObject
    const before = structuredClone(schema)
    const shown = shownDefinition({
      name: 'write',
      inputSchema: { ...inputSchema, extra: 1, $defs: { hiding: schema } },
    })
    expect(shown.inputSchema).toEqual({ ...inputSchema, extra: 1, $defs: { hiding: seen } })
    expect(schema).toEqual(before)
  })

  it('is not slower for nested lists', () => {
    let deep: JsonValue = [{ title: 'a\u200bb' }]
    for (let depth = 0; depth < 100; depth++) deep = [deep]
    const shown = shownDefinition({ name: 'write', inputSchema: { allOf: deep } })
    expect(JSON.stringify(shown.inputSchema)).toContain('a\\\\u{200B}b')
  })
})
