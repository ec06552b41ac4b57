import { expect, it } from 'vitest'
import { entryWeight } from '../../bench/support/entry-weight.js'

const most = 40_000

it.each([
  ['sources', 'src/index.ts'],
  ['build', 'dist/index.js'],
])(`loads at most ${most} gzipped bytes of our own with the main entry, from the %s`, async (_from, entry) => {
  expect(await entryWeight(entry)).toBeLessThanOrEqual(most)
})
