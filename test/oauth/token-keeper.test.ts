import { afterEach, expect, it } from 'vitest'
import { openCredential } from '../../src/oauth/credential-record.js'
import { readGrant } from '../../src/oauth/lease.js'
import { tokenKeeper } from '../../src/oauth/token-keeper.js'
import type { RegistryStorage } from '../../src/ports/storage.js'
import { testVault } from '../support/oauth.js'
import { startBench, type Bench } from '../support/refreshing.js'

let bench: Bench | undefined
afterEach(async () => await bench?.close())

it('keeps the tokens of a later sign-in that could not be stored, when those of the one before have nowhere to go', async () => {
  const { clock, env, grant, signIn, storage } = (bench = await startBench())
  let isFull = false
  const filling: RegistryStorage = {
    ...storage,
    commit: (...given) => (isFull ? Promise.reject(new Error('full')) : storage.commit(...given)),
  }
  const closing = new AbortController()
  const vault = testVault()
  const keeper = tokenKeeper({ env, storage: filling, vault, closing: closing.signal })
  const refreshed = async (accessToken: string): Promise<void> => {
    const read = (await readGrant(storage, grant))!
    const secrets = await openCredential(vault, grant.secret, read.credential)
    await keeper.keep(grant, read, { ...secrets, tokens: { ...secrets.tokens, accessToken } })
  }
  await signIn()
  isFull = true
  await refreshed('of the first sign-in')
  await signIn({ refreshToken: 'another' })
  await refreshed('of the second')
  for (let round = 0; round < 20; round++) await clock.advance(1_000)
  expect(keeper.unsaved(grant)?.outcome.token).toBe('of the second')

  isFull = false
  await clock.advance(1_000)
  await keeper.settled()
  expect(keeper.unsaved(grant)).toBeUndefined()
  const stored = await openCredential(vault, grant.secret, (await readGrant(storage, grant))!.credential)
  expect(stored.tokens.accessToken).toBe('of the second')
})
