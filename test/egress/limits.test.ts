import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assertJsonDepth, eventStreamMeter } from '../../src/egress/limits.js'

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
const bytes = (text: string) => new TextEncoder().encode(text)
const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0

describe('assertJsonDepth', () => {
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
    const run = () => assertJsonDepth(text, 64)
    if (passes) expect(run).not.toThrow()
    else expect(run).toThrow(expect.objectContaining({ code: 'protocol_error' }))
  })

  it('agrees with the depth of what JSON.parse makes of it', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.integer({ min: 1, max: 5 }), (text, limit) => {
        const padded = text.replace(/^([[{])/, `$1${' '.repeat(20)}`)
        let passed = true
        try {
          assertJsonDepth(padded, limit)
        } catch {
          passed = false
        }
        expect(passed).toBe(depthOf(JSON.parse(padded)) <= limit)
      }),
    )
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
