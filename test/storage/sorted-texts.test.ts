import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SortedTexts } from '../../src/storage/sorted-texts.js'

it('keeps any texts in the order of their code units, whether few or many are added at once', () => {
  const text = fc.string({ maxLength: 3 })
  const rounds = fc.array(
    fc.record({ added: fc.uniqueArray(text, { maxLength: 300 }), removed: fc.array(text, { maxLength: 20 }) }),
    { maxLength: 4 },
  )
  fc.assert(
    fc.property(rounds, text, (all, probe) => {
      const texts = new SortedTexts((one: string) => one)
      const expected = new Set<string>()
      for (const { added, removed } of all) {
        for (const one of added) if (!expected.has(one)) texts.add(one)
        for (const one of added) expected.add(one)
        for (const one of removed) if (expected.delete(one)) texts.delete(one)
        const sorted = [...expected].toSorted((a, b) => (a < b ? -1 : 1))
        expect(texts.inOrder).toEqual(sorted)
        expect(texts.firstAt(probe)).toBe(sorted.filter((one) => one < probe).length)
        expect(texts.firstAfter(probe)).toBe(sorted.filter((one) => one <= probe).length)
      }
    }),
    {
      numRuns: 50,
      seed: 7,
      examples: [[[{ added: Array.from({ length: 300 }, (_, n) => `${300 - n}`), removed: ['7'] }], '3']],
    },
  )
})
