/** Looks for what the bounded run doesn't find: `npm run test:fuzz -- 600` for ten minutes. A failure names its seed. */
import fc from 'fast-check'
import { edits, meetEdit, populate } from './edited-records.js'
import { properties } from './properties.js'

const seconds = Number(process.argv[2] ?? 60)
const ends = performance.now() + seconds * 1000
const populated = await populate()
let rounds = 0
while (performance.now() < ends) {
  const seed = Math.floor(Math.random() * 2 ** 31)
  for (const { name, property } of properties) {
    try {
      await fc.assert(property as fc.IAsyncProperty<unknown>, { seed, numRuns: 500 })
    } catch (error) {
      console.log(
        `FAILED ${name}, seed ${seed}: add it to test/fuzz/seeds.ts\n${error instanceof Error ? error.message : ''}`,
      )
      process.exitCode = 1
    }
  }
  try {
    await fc.assert(
      fc.asyncProperty(edits, (edit) => meetEdit(populated, edit)),
      { seed, numRuns: 50 },
    )
  } catch (error) {
    console.log(`FAILED edits of records, seed ${seed}: add it to seedsOfEdits of test/fuzz/seeds.ts`)
    console.log(error instanceof Error ? error.message : '')
    process.exitCode = 1
  }
  rounds++
}
console.log(`${rounds} rounds of ${properties.length} properties, 500 runs each, and of 50 edits of records`)
