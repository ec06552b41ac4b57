import { createRefresher } from '../../src/oauth/refresh.js'
import { sealCredential } from '../../src/oauth/credential-record.js'
import { memoryStorage } from '../../src/storage/memory.js'
import { discovered, testClock, testEnvironment, testVault } from './oauth.js'
import { startServer } from './protected-server.js'
import type { SameCommitWrites, CredentialChange, CredentialAccess } from '../../src/oauth/lease.js'
import type { CredentialRecord } from '../../src/oauth/credential-record.js'
import type { PurposefulFetch } from '../../src/oauth/environment.js'
import type { Refresher } from '../../src/oauth/refresh.js'
import type { RegistryStorage } from '../../src/ports/storage.js'
import type { Reply, SmallServer } from './protected-server.js'
import type { RegistryRuntime } from '../../src/ports/runtime.js'
import type { TestClock, TestEnvironment } from './oauth.js'
import type { TokenSet } from '../../src/oauth/tokens.js'

/** A token endpoint that rotates strictly: a refresh token used twice ends the grant, unless there is `grace`. */
export interface RotatingServer extends SmallServer {
  /** What becomes of the next requests: `ok`, `lost` (acts, and the answer never arrives), or another answer. */
  readonly fates: ('ok' | 'lost' | Reply)[]
  /** Refresh tokens as they were presented. */
  readonly presented: string[]
  /** Runs before the next request is answered. */
  before: (() => void | Promise<void>) | undefined
  rotates: boolean
  /** Takes the token before the current one as well. */
  grace: boolean
  revoked: boolean
  readonly revocations: string[]
  /** Seconds. */
  expiresIn: number | undefined
}

async function startRotatingServer(): Promise<RotatingServer> {
  let current = 0
  const server = await startServer(async ({ path, body }) => {
    const form = new URLSearchParams(body)
    if (path === '/revoke') {
      state.revocations.push(form.get('token') ?? '')
      return { text: '' }
    }
    if (path !== '/token') return undefined
    state.presented.push(form.get('refresh_token') ?? '')
    await state.before?.()
    const fate = state.fates.shift() ?? 'ok'
    if (fate !== 'ok' && fate !== 'lost') return fate
    const answer = rotate(Number(form.get('refresh_token')?.slice(3)))
    return fate === 'lost' ? 'reset' : answer
  })
  const state: RotatingServer = Object.assign(server, {
    fates: [],
    presented: [],
    before: undefined,
    rotates: true,
    grace: false,
    revoked: false,
    revocations: [],
    expiresIn: 60,
  })
  function rotate(presented: number): Reply {
    const known = presented === current || (state.grace && presented === current - 1)
    if (!known) state.revoked = true
    if (state.revoked) return { status: 400, json: { error: 'invalid_grant', error_description: 'CANARY' } }
    current++
    return {
      json: {
        access_token: `at-${current}`,
        token_type: 'Bearer',
        expires_in: state.expiresIn,
        ...(state.rotates ? { refresh_token: `rt-${current}` } : {}),
      },
    }
  }
  return state
}

/** One stored credential that several processes share, and everything that happens to it. */
export interface Bench {
  readonly clock: TestClock
  readonly server: RotatingServer
  readonly storage: RegistryStorage
  readonly grant: CredentialAccess
  readonly env: TestEnvironment
  readonly changes: CredentialChange[]
  /** Another process over the same storage. */
  process(options?: {
    storage?: RegistryStorage
    runtime?: RegistryRuntime
    fetch?: PurposefulFetch
    dies?: boolean
  }): Refresher
  record(): Promise<CredentialRecord | undefined>
  /** A person signs in (again). */
  signIn(tokens?: Partial<TokenSet>): Promise<void>
  close(): Promise<void>
}

export async function startBench(
  options: {
    readonly runtime?: RegistryRuntime
    readonly source?: 'configured' | 'dynamic'
    readonly serverUrl?: string
  } = {},
): Promise<Bench> {
  const clock = testClock()
  const runtime = options.runtime ?? clock
  const server = await startRotatingServer()
  const storage = memoryStorage({ now: () => runtime.now() })
  const env = testEnvironment({ runtime })
  const vault = testVault()
  const [workspaceId, key] = ['acme', 'credential/i1/_']
  const secret = { workspaceId, integrationId: 'i1', owner: '_', field: 'tokens' }
  const changes: CredentialChange[] = []
  const { server: metadata, resource } = discovered(server.origin)
  const source = options.source ?? 'configured'
  const client = { issuer: server.origin, clientId: 'client', method: 'none' as const, source, redirectUri: 'x' }
  const context = { server: metadata, client, resource, scopes: ['read'] }
  const refreshers: Refresher[] = []
  const bench: Bench = {
    clock,
    server,
    storage,
    env,
    changes,
    grant: {
      workspaceId,
      key,
      secret,
      serverUrl: options.serverUrl ?? `${server.origin}/mcp`,
      async sameCommitWrites(change): Promise<SameCommitWrites> {
        changes.push(change)
        return { writes: [{ append: 'event/', value: change.type }] }
      },
    },
    process(own = {}) {
      const refresher = createRefresher({
        env: { ...env, runtime: own.runtime ?? runtime, fetch: own.fetch ?? env.fetch },
        storage: own.storage ?? storage,
        vault: testVault(),
      })
      if (own.dies !== true) refreshers.push(refresher)
      return refresher
    },
    async record() {
      const { records } = await storage.read(workspaceId, [key])
      return records[0]?.value as CredentialRecord | undefined // sealed below
    },
    async signIn(tokens = {}) {
      const all: TokenSet = {
        accessToken: 'at-0',
        tokenType: 'bearer',
        refreshToken: 'rt-0',
        lifetimeMs: 60_000,
        scopes: ['read'],
        issuer: server.origin,
        ...tokens,
      }
      const value = await sealCredential(vault, secret, { tokens: all, context }, { at: runtime.now(), by: 'sign_in' })
      await storage.commit(workspaceId, [{ key, value }])
    },
    async close() {
      await Promise.all(refreshers.map((refresher) => refresher.close()))
      await env.close()
      await server.close()
    },
  }
  await bench.signIn()
  return bench
}
