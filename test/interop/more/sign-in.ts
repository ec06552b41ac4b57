/**
 * A whole sign-in with authorization servers of other authors through a registry: signed in, called, refreshed when the
 * token is refused and when it is due, ended, signed in again, signed out, signed in once more, removed. The first argument
 * is the folder that `scripts/test-interop-more.mjs` installed them into; a word meets only those whose names have it.
 */
import assert from 'node:assert/strict'
import { memoryStorage, type ConnectResult } from 'mcp-integrations'
import { ana, makeRegistry } from '../../support/registry.js'
import { startBetterAuth16, startBetterAuth17 } from './better-auth.js'
import type { SignInServer } from './sign-in-server.js'
import { startWorkersProvider } from './workers-provider.js'

const [packages = '', ...flags] = process.argv.slice(2)
const only = flags.find((flag) => !flag.startsWith('--'))?.toLowerCase() ?? ''
const servers = [
  { name: 'better-auth 1.6', start: startBetterAuth16, revokes: false, short: true },
  { name: 'better-auth 1.7', start: startBetterAuth17, revokes: true, short: true },
  { name: 'workers-oauth-provider', start: startWorkersProvider, revokes: true, short: false },
]

const wanted = servers
  .filter(({ short }) => short || !flags.includes('--short'))
  .filter(({ name }) => name.includes(only))
for (const { name, start, revokes } of wanted) {
  const server = await start(packages)
  try {
    await signInAndOut(server, revokes)
    console.log(
      `${name}: signed in, refreshed, ended, signed in again, signed out; asked for ${server.asked.join(', ')}`,
    )
  } catch (error) {
    console.error(`${name}: ${String(error)}; asked for ${server.asked.join(', ')}`)
    process.exitCode = 1
  } finally {
    await server.stop()
  }
}

async function signInAndOut(server: SignInServer, revokes: boolean): Promise<void> {
  const time = { now: Date.now() }
  const registry = makeRegistry({
    storage: memoryStorage({ now: () => time.now }),
    runtime: { now: () => time.now },
    oauth: { redirectUrl: 'http://127.0.0.1:34567/callback', clientName: 'Test host' },
    // Generous, so that a busy machine decides nothing.
    limits: { connectTimeoutMs: 300_000, callTimeoutMs: 300_000 },
  })
  const mine = registry.actingAs(ana)
  const signIn = async (begun: ConnectResult) => {
    if (begun.type !== 'authorization_required') throw new Error(`${begun.type} in place of a sign-in`)
    const done = await mine.finishConnect(await server.browse(begun.authorizationUrl))
    assert.equal(done.type, 'connected', done.integration.statusDetail?.message)
    return done.integration.id
  }
  const calling = async (expected: string, when: string) => {
    const outcome = await (await mine.toolset('assistant')).call('notes__whoami', {})
    assert.equal(outcome.type, expected, `a call ${when}: ${JSON.stringify(outcome)}`)
  }
  const count = (endpoint: string) => server.asked.filter((asked) => asked === endpoint).length

  try {
    const notes = { url: server.url, name: 'Notes', agents: ['assistant'], credentials: 'per_user' } as const
    const id = await signIn(await mine.connect(notes))
    await mine.configureTools(id, { whoami: { approval: 'auto' } })
    await calling('completed', 'after the sign-in')
    assert.equal(count('token'), 1)

    await server.endAccess()
    await calling('completed', 'with a refused access token')
    assert.equal(count('token'), 2)
    time.now += 3_600_000
    await calling('completed', 'with an access token that is due')
    assert.equal(count('token'), 3)

    await server.endAccess()
    await server.endRefresh()
    await calling('authorization_required', 'after everything has ended')
    await signIn(await mine.authorize(id))
    await calling('completed', 'after signing in again')
    assert.equal(count('revoke'), 0)

    await mine.signOut(id)
    await calling('authorization_required', 'after signing out')
    assert.equal(count('revoke') > 0, revokes, 'tokens are revoked where the server can')
    await signIn(await mine.authorize(id))
    await calling('completed', 'after signing in once more')
    await mine.remove(id)
  } finally {
    await registry.close()
  }
}
