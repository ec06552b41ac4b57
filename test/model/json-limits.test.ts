import { describe, expect, it } from 'vitest'
import { boundedJson } from '../../src/model/json-limits.js'
import { expectCpuBelow } from '../support/cpu.js'

const listOf = (count: number, item: string): string => `[${Array.from({ length: count }, () => item).join()}]`
const named = (count: number): string => `{${Array.from({ length: count }, (_, n) => `"name-${n}":1`).join()}}`

describe('JSON of a stranger', () => {
  it.each([
    ['empty lists', listOf(1_400_000, '[]')],
    ['empty objects', listOf(900_000, '{}')],
    ['numbers', listOf(1_400_000, '1')],
    ['texts', listOf(900_000, '""')],
    ['lists of lists', listOf(450_000, '[[]]')],
    ['different names', named(100_000)],
  ])('refuses very many %s, before anything parses them', async (_what, text) => {
    const refused = expect.objectContaining({ code: 'response_too_large' }) as Error
    await expectCpuBelow(400, () => expect(() => boundedJson(text)).toThrow(refused))
  })

  it.each([
    ['a table of 300,000 values', listOf(300_000, '1')],
    ['rows of the same names', listOf(40_000, '{"id":1,"name":"a","at":2}')],
    ['brackets in a text', JSON.stringify('['.repeat(1_000_000))],
    ['what is no JSON', `Not found. ${'['.repeat(500_000)}`],
  ])('takes %s as it is', (_what, text) => {
    expect(boundedJson(text)).toBe(text)
  })
})
