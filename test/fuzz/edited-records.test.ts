import fc from 'fast-check'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { edits, meetEdit, populate, type Populated } from './edited-records.js'
import { meetEditedSignIn, signIn, type SignedIn } from './edited-sign-ins.js'
import { seedsOfEdits } from './seeds.js'

describe('a stored record that somebody edited', () => {
  let populated: Populated
  beforeAll(async () => void (populated = await populate()), 60_000)

  it.each(seedsOfEdits)(
    'ends no verb with a foreign error and permits nothing (seed %i)',
    { timeout: 300_000 },
    (seed) =>
      fc.assert(
        fc.asyncProperty(edits, (edit) => meetEdit(populated, edit)),
        { seed, numRuns: 60 },
      ),
  )
})

describe('a stored record of a sign-in that somebody edited', () => {
  let signedIn: SignedIn
  beforeAll(async () => void (signedIn = await signIn()), 60_000)
  afterAll(() => signedIn.bench.close())

  it.each(seedsOfEdits)(
    'ends no verb with a foreign error and permits nothing (seed %i)',
    { timeout: 300_000 },
    (seed) =>
      fc.assert(
        fc.asyncProperty(edits, (edit) => meetEditedSignIn(signedIn, edit)),
        { seed, numRuns: 15 },
      ),
  )
})
