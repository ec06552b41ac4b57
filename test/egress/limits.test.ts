import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventStreamMeter, joined } from '../../src/egress/limits.js'
import { boundedJson } from '../../src/model/json-limits.js'

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
const bytes = (text: string) => new TextEncoder().encode(text)
const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0

describe('boundedJson', () => {
  it.each<[string, string, boolean]>([
    ['64 levels', nested(64), true],
    ['65 levels', nested(65), false],
    ['65 levels after white space', `\n\t ${nested(65)}`, false],
    ['65 levels of objects', '{"a":'.repeat(65) + '1' + '}'.repeat(65), false],
    ['many brackets beside each other', `[${'[],'.repeat(1000)}[]]`, true],
    ['brackets in a string', `["${'['.repeat(1000)}"]`, true],
    ['brackets after an escaped quote', `["\\"${'['.repeat(1000)}"]`, true],
    ['brackets after an escaped backslash', `["\\\\",${nested(100)}]`, false],
    ['text that is no JSON', `see ${'['.repeat(1000)}`, true],
    ['65 levels that never close', '['.repeat(1000), false],
  ])('of %s', (_what, text, passes) => {
    const run = () => boundedJson(text)
    if (passes) expect(run).not.toThrow()
    else expect(run).toThrow(expect.objectContaining({ code: 'protocol_error' }))
  })

  it('skips JSON that nests too deep if requested, and keeps the rest', () => {
    const deep = (levels: number) => JSON.parse(nested(levels)) as unknown
    const text = JSON.stringify({ a: 1, b: deep(100), c: '"]}', d: [deep(69)], e: { f: deep(200), g: 2 } })
    const read = JSON.parse(boundedJson(text, 'skip')) as Record<string, unknown>
    expect(read).toMatchObject({ a: 1, c: '"]}', e: { g: 2 } })
    expect([depthOf(read.b), depthOf(read.d), depthOf(read.e)]).toEqual([70, 70, 70])
    expect(boundedJson(JSON.stringify([deep(69)]), 'skip')).toBe(JSON.stringify([deep(69)]))
  })

  it.each([
    ['empty lists', `[${'[],'.repeat(500_000)}1]`],
    ['numbers', `[${'1,'.repeat(500_000)}1]`],
    ['members', `{${'"a":1,'.repeat(500_000)}"b":1}`],
  ])('refuses more %s than are read in a moment', (_what, text) => {
    expect(() => boundedJson(text)).toThrow(expect.objectContaining({ code: 'response_too_large' }))
    expect(boundedJson(JSON.stringify(text))).toBe(JSON.stringify(text))
  })

  const named = (objects: number, each: number, name: (n: number) => string) =>
    `[${Array.from({ length: objects }, (_, o) => `{${Array.from({ length: each }, (_item, n) => `"${name(o * each + n)}":1`).join()}}`).join()}]`

  it.each([
    ['in small objects', named(3_000, 100, (n) => `k${n}`)],
    ['in one object', named(1, 300_000, (n) => `k${n}`)],
    ['of one each', named(100_000, 1, (n) => `k${n}`)],
    ['that are long and alike', named(1_000, 50, (n) => `${'k'.repeat(70)}${n}`)],
  ])('refuses names that are never the same, %s, in less time than parsing them takes', (_what, text) => {
    expect(() => boundedJson(text)).toThrow(expect.objectContaining({ code: 'response_too_large' }))
    expect(() => eventStreamMeter(text.length + 100).count(bytes(`data:${text}\n`))).toThrow(
      expect.objectContaining({ code: 'response_too_large' }),
    )
  })

  it('reads a large table, and a large map', () => {
    for (const text of [named(15_000, 20, (n) => `field_${n % 20}`), named(1, 30_000, (n) => `id${n}`)])
      expect(boundedJson(text)).toBe(text)
  })

  it('agrees with the depth of the parsed value', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.integer({ min: 1, max: 5 }), (text, limit) => {
        const padded = text.replace(/^([[{])/, `$1${' '.repeat(20)}`)
        let passed = true
        try {
          boundedJson(padded, 'refuse', limit)
        } catch {
          passed = false
        }
        expect(passed).toBe(depthOf(JSON.parse(padded)) <= limit)
      }),
    )
  })
})

describe('a stream with deep JSON removed', () => {
  it('says the same however it is cut in pieces', () => {
    const event = `data: {"tools":[{"name":"good"},{"name":"deep","x":${nested(90)}},{"name":"last"}]}\n\n`
    const text = `: hi\r\n${event}data: ${nested(30)}\n\n${event}`
    const read = (chunkSize: number): string => {
      const meter = eventStreamMeter(10_000, 'skip')
      const all = bytes(text)
      const kept: Uint8Array[] = []
      for (let at = 0; at < all.length; at += chunkSize) kept.push(meter.count(all.subarray(at, at + chunkSize)))
      return new TextDecoder().decode(joined(kept))
    }
    const whole = read(1_000_000)
    const lines = whole.split('\n').filter((line) => line.startsWith('data: {'))
    expect(lines).toHaveLength(2)
    for (const line of lines) {
      const { tools } = JSON.parse(line.slice(6)) as { tools: { name: string; x?: unknown }[] }
      expect(tools.map(({ name }) => name)).toEqual(['good', 'deep', 'last'])
      expect(depthOf(tools[1]!.x)).toBe(68)
    }
    for (const chunkSize of [1, 2, 7, 64]) expect(read(chunkSize)).toBe(whole)
  })
})

const passes = (text: string, chunkSize: number, maxEventBytes = 10_000) => {
  const meter = eventStreamMeter(maxEventBytes)
  const all = bytes(text)
  try {
    for (let at = 0; at < all.length; at += chunkSize) meter.count(all.subarray(at, at + chunkSize))
    return 'ok'
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('eventStreamMeter', () => {
  it.each<[string, string, string]>([
    ['a shallow event', 'data: {"a":[1]}\n\n', 'ok'],
    ['a deep event', `data: ${nested(65)}\n\n`, 'protocol_error'],
    ['a deep event without a space', `data:${nested(65)}\n\n`, 'protocol_error'],
    ['a deep event over several lines', `data: ${'['.repeat(40)}\ndata: ${'['.repeat(40)}\n\n`, 'protocol_error'],
    ['a deep event after other fields', `event: message\nid: "\nretry: [\ndata: ${nested(65)}\n\n`, 'protocol_error'],
    ['a deep event after a comment', `: "\r\ndata: ${nested(65)}\r\n\r\n`, 'protocol_error'],
    ['a deep event after a byte order mark', `\uFEFFdata: ${nested(65)}\n\n`, 'protocol_error'],
    ['a deep event after a mark decoded twice', `\u00EF\u00BB\u00BFdata: ${nested(65)}\n\n`, 'protocol_error'],
    ['a deep event after one that left a string open', `data: "\n\ndata: ${nested(65)}\n\n`, 'protocol_error'],
    ['a deep event with lone carriage returns', `data: 1\r\rdata: ${nested(65)}\r\r`, 'protocol_error'],
    ['many events of one level', 'data: [\n\n'.repeat(1000), 'ok'],
    ['brackets in strings', `data: "${'['.repeat(100)}\\"${'['.repeat(100)}"\n\n`, 'ok'],
    ['brackets in other fields', `id: ${'['.repeat(100)}\nother: ${'{'.repeat(100)}\n\n`, 'ok'],
    ['an event at the cap', `data: ${'x'.repeat(9_992)}\n\n`, 'ok'],
    ['an event above the cap', `data: ${'x'.repeat(9_995)}\n`, 'response_too_large'],
    ['many lines of one event', 'data: 1\n'.repeat(2_000), 'response_too_large'],
    ['many lines with carriage returns', 'data: 1\r\n'.repeat(2_000), 'response_too_large'],
    ['many events', 'data: 1\r\n\r\n'.repeat(2_000), 'ok'],
  ])('judges %s however it is cut in pieces', (_what, text, expected) => {
    for (const chunkSize of [1, 2, 7, 1_000_000]) expect(passes(text, chunkSize)).toBe(expected)
  })
})
