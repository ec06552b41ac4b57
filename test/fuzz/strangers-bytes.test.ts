import fc from 'fast-check'
import { describe, it } from 'vitest'
import { properties } from './properties.js'
import { seeds } from './seeds.js'

describe("strangers' bytes", () => {
  it.each(properties.map(({ name, property }) => [name, property] as const))('%s', async (_name, property) => {
    for (const seed of seeds) await fc.assert(property as fc.IAsyncProperty<unknown>, { seed, numRuns: 330 })
  })
})
