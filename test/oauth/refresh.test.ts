import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readCredential } from '../../src/oauth/credential-record.js'
import { gate, realRuntime } from '../support/oauth.js'
import { startBench } from '../support/refreshing.js'
import { startServer } from '../support/protected-server.js'
import type { Bench } from '../support/refreshing.js'
import type { Challenge } from '../../src/oauth/challenge.js'
import type { Refresher } from '../../src/oauth/refresh.js'
import type { RegistryStorage, StorageWritten } from '../../src/ports/storage.js'
import type { TokenOutcome } from '../../src/oauth/token-outcome.js'

let bench: Bench
const ends: (() => Promise<void>)[] = []
beforeEach(async () => {
  bench = await startBench()
})
afterEach(async () => {
  await bench.close()
  for (const end of ends.splice(0)) await end()
})

const challenge: Challenge = { status: 401 }
const token = (refresher: Refresher, signal?: AbortSignal): Promise<TokenOutcome> =>
  refresher.source(bench.grant).token({ signal })
const rejected = (refresher: Refresher, refused: string): Promise<TokenOutcome> =>
  refresher.source(bench.grant).rejected(refused, challenge, { signal: undefined })
/** A token to be used, whether it was waited for or not. */
const fresh = (value: string): unknown => expect.objectContaining({ type: 'fresh', token: value, scopes: ['read'] })
const minute = 60_000

/** A storage that freezes its process when it is about to save. */
function freezingAtSave() {
  const [reached, thaw] = [gate(), gate()]
  let commits = 0
  const storage: RegistryStorage = {
    ...bench.storage,
    commit: async (workspaceId, writes) => {
      if (++commits === 2) {
        reached.open()
        await thaw.opened
      }
      return bench.storage.commit(workspaceId, writes)
    },
  }
  return { storage, frozen: reached.opened, thaw }
}

/** A storage that the process loses after the given number of commits. */
function dyingAfter(commits: number): RegistryStorage {
  let left = commits
  const alive =
    <A extends unknown[], R>(method: (...args: A) => Promise<R>) =>
    (...args: A) =>
      left > 0 ? method(...args) : new Promise<R>(() => {})
  return {
    ...bench.storage,
    read: alive(bench.storage.read),
    commit: (workspaceId, writes) => (left-- > 0 ? bench.storage.commit(workspaceId, writes) : new Promise(() => {})),
  }
}

/** Fires timers until the work is done. */
async function whileTimePasses<T>(work: Promise<T>, step = 200): Promise<T> {
  const state = { done: false }
  const finished = work.finally(() => {
    state.done = true
  })
  while (!state.done) {
    await bench.clock.advance(step)
    await new Promise((resolve) => setTimeout(resolve, 1)) // the sockets are real
  }
  return finished
}

describe('a token', () => {
  it('is used as long as it is fresh', async () => {
    await bench.clock.advance(53 * 1000)
    expect(await token(bench.process())).toEqual(fresh('at-0'))
    expect(bench.server.presented).toEqual([])
  })

  it('is refreshed shortly before it expires, in one commit with its status and event', async () => {
    await bench.clock.advance(55 * 1000)
    expect(await token(bench.process())).toEqual(fresh('at-1'))
    expect(bench.changes).toMatchObject([
      { type: 'refreshed', recovered: false, credential: { obtainedBy: 'refresh' } },
    ])
    const { records } = await bench.storage.list({ workspaceId: 'acme', prefix: 'event/', limit: 10 })
    expect(records.map(({ value }) => value)).toEqual(['refreshed'])
    expect(await bench.record()).not.toHaveProperty('lease')
  })

  it('is used until it is refused if the server sends no lifetime', async () => {
    await bench.signIn({ accessToken: 'at-0', lifetimeMs: undefined as never })
    await bench.clock.advance(1000 * minute)
    const refresher = bench.process()
    expect(await token(refresher)).toEqual(fresh('at-0'))
    expect(await rejected(refresher, 'at-0')).toEqual(fresh('at-1'))
  })

  it('that was refused is replaced by the one that is there already, without asking', async () => {
    const refresher = bench.process()
    expect(await rejected(refresher, 'an-older-one')).toEqual(fresh('at-0'))
    expect(bench.server.presented).toEqual([])
  })

  it('that is refused right after a refresh is refused for good: one refresh in 30 s', async () => {
    const refresher = bench.process()
    expect(await rejected(refresher, 'at-0')).toEqual(fresh('at-1'))
    for (let again = 0; again < 5; again++)
      expect(await rejected(refresher, 'at-1')).toEqual({ type: 'reauthorize', reason: 'credential_rejected' })
    expect(bench.server.presented).toEqual(['rt-0'])
    await bench.clock.advance(30_000)
    expect(await rejected(refresher, 'at-1')).toEqual(fresh('at-2'))
  })

  it('without a refresh token is used until it ends', async () => {
    await bench.signIn({ refreshToken: undefined as never })
    const refresher = bench.process()
    await bench.clock.advance(59_000)
    expect(await token(refresher)).toEqual(fresh('at-0'))
    expect(await rejected(refresher, 'at-0')).toEqual({ type: 'reauthorize', reason: 'credential_rejected' })
    await bench.clock.advance(2000)
    expect(await token(refresher)).toEqual({ type: 'reauthorize', reason: 'credential_rejected' })
  })

  it('without a credential is reported as missing', async () => {
    await bench.storage.commit('acme', [{ key: bench.grant.key, value: undefined }])
    expect(await token(bench.process())).toEqual({ type: 'reauthorize', reason: 'credential_missing' })
  })

  it("that the vault can't open is unreadable", async () => {
    const moved = { ...bench.grant, secret: { ...bench.grant.secret, owner: 'somebody-else' } }
    expect(await bench.process().source(moved).token({ signal: undefined })).toEqual({
      type: 'reauthorize',
      reason: 'credential_unreadable',
    })
  })

  it('keeps its refresh token where the server does not rotate', async () => {
    bench.server.rotates = false
    const refresher = bench.process()
    const before = await bench.record()
    await bench.clock.advance(minute)
    bench.server.before = () => void (bench.server.before = undefined)
    expect(await token(refresher)).toEqual(fresh('at-1'))
    expect((await bench.record())?.lineage).toBe(before?.lineage)
  })

  it('is refreshed with resource and client, and nothing is asked of scopes', async () => {
    await bench.clock.advance(minute)
    await token(bench.process())
    expect(Object.fromEntries(new URLSearchParams(bench.server.requests[0]?.body))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'rt-0',
      client_id: 'client',
      resource: `${bench.server.origin}/mcp`,
    })
  })
})

describe('many at once', () => {
  it('refresh once: calls of one process', async () => {
    await bench.clock.advance(minute)
    const refresher = bench.process()
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => token(refresher)))
    expect(outcomes).toEqual(outcomes.map(() => fresh('at-1')))
    expect(bench.server.presented).toEqual(['rt-0'])
  })

  it('refresh once: 8 processes with 50 calls each, round after round, on a strict server', async () => {
    const shared = await startBench({ runtime: realRuntime() })
    ends.push(() => shared.close())
    shared.server.expiresIn = 1
    const processes = Array.from({ length: 8 }, () => shared.process())
    await shared.signIn({ lifetimeMs: 1 })
    for (let round = 1; round <= 3; round++) {
      while (true) {
        const { records, now } = await shared.storage.read('acme', [shared.grant.key])
        const { accessExpiresAt = 0 } = readCredential(records[0]?.value) ?? {}
        if (now > accessExpiresAt) break
        await new Promise((resolve) => setTimeout(resolve, accessExpiresAt - now + 5))
      }
      const outcomes = await Promise.all(
        processes.flatMap((refresher) =>
          Array.from({ length: 50 }, () => refresher.source(shared.grant).token({ signal: undefined })),
        ),
      )
      expect(outcomes.filter(({ type }) => type !== 'fresh')).toEqual([])
      expect(new Set(outcomes.map((outcome) => outcome.type === 'fresh' && outcome.token))).toEqual(
        new Set([`at-${round}`]),
      )
      expect(shared.server.presented).toHaveLength(round)
    }
    expect(shared.server.revoked).toBe(false)
  })

  it('wait for the running refresh and use its tokens', async () => {
    await bench.clock.advance(minute)
    const answer = gate()
    bench.server.before = () => answer.opened
    const [first, second] = [bench.process(), bench.process()]
    const one = token(first)
    while (bench.server.presented.length === 0) await bench.clock.advance(0)
    const two = token(second)
    await bench.clock.advance(1000)
    answer.open()
    expect(await one).toEqual(fresh('at-1'))
    expect(await whileTimePasses(two)).toEqual(fresh('at-1'))
    expect(bench.server.presented).toEqual(['rt-0'])
  })

  it('do not wait while the token still works', async () => {
    await bench.clock.advance(55_000)
    const answer = gate()
    bench.server.before = () => answer.opened
    const one = token(bench.process())
    while (bench.server.presented.length === 0) await bench.clock.advance(0)
    expect(await token(bench.process())).toEqual(fresh('at-0'))
    answer.open()
    expect(await one).toEqual(fresh('at-1'))
  })

  it('get their tokens even if one of them aborts', async () => {
    await bench.clock.advance(minute)
    const refresher = bench.process()
    const leaving = new AbortController()
    const gone = expect(token(refresher, leaving.signal)).rejects.toMatchObject({ code: 'aborted' })
    const stays = token(refresher)
    leaving.abort()
    await gone
    expect(await stays).toEqual(fresh('at-1'))
  })
})

describe('a holder', () => {
  it('that crashes before the request blocks others at most for its lease', async () => {
    await bench.clock.advance(minute)
    bench.server.fates.push('hang')
    void token(bench.process({ storage: dyingAfter(1), dies: true }))
    while (bench.server.presented.length === 0) await bench.clock.advance(0)
    const started = bench.clock.now()
    expect(await whileTimePasses(token(bench.process()), 20)).toEqual(fresh('at-1'))
    expect(bench.clock.now() - started).toBeLessThan(31_000)
  })

  it('that crashes with the response: the old token is tried once, and a strict server ends the grant with the reason', async () => {
    await bench.clock.advance(minute)
    void token(bench.process({ storage: dyingAfter(1), dies: true }))
    while (bench.server.presented.length === 0) await bench.clock.advance(0)
    const second = bench.process()
    expect(await whileTimePasses(token(second))).toEqual({ type: 'reauthorize', reason: 'refresh_outcome_unknown' })
    expect(bench.changes).toEqual([
      { type: 'ended', reason: 'refresh_outcome_unknown', issuer: bench.server.origin, dropClient: false },
    ])
    expect(await token(second)).toEqual({ type: 'reauthorize', reason: 'refresh_outcome_unknown' })
    await bench.clock.advance(60 * minute)
    expect(await token(second)).toEqual({ type: 'reauthorize', reason: 'refresh_outcome_unknown' })
    expect(bench.server.presented).toEqual(['rt-0', 'rt-0'])
  })

  it('that dies with the answer in its hands loses nothing where the server has a grace period', async () => {
    bench.server.grace = true
    await bench.clock.advance(minute)
    void token(bench.process({ storage: dyingAfter(1), dies: true }))
    while (bench.server.presented.length === 0) await bench.clock.advance(0)
    expect(await whileTimePasses(token(bench.process()))).toEqual(fresh('at-2'))
  })

  it('that was suspended can still save the only valid token, and recovers an ended grant', async () => {
    await bench.clock.advance(minute)
    const { storage, frozen, thaw } = freezingAtSave()
    const one = token(bench.process({ storage }))
    await frozen
    expect(await whileTimePasses(token(bench.process()))).toEqual({
      type: 'reauthorize',
      reason: 'refresh_outcome_unknown',
    })
    thaw.open()
    expect(await one).toEqual(fresh('at-1'))
    expect(bench.changes.map(({ type }) => type)).toEqual(['refreshed', 'ended', 'refreshed'])
    expect(bench.changes.at(-1)).toMatchObject({ recovered: true })
    expect(await token(bench.process())).toEqual(fresh('at-1'))
  })

  it('that was frozen never writes over a newer sign-in', async () => {
    await bench.clock.advance(minute)
    bench.server.before = async () => {
      bench.server.before = undefined
      await bench.signIn({ accessToken: 'new-at', refreshToken: 'new-rt' })
    }
    expect(await token(bench.process())).toEqual(fresh('new-at'))
    expect((await bench.record())?.obtainedBy).toBe('sign_in')
  })

  it('that was frozen never writes over a newer token of a server that does not rotate', async () => {
    bench.server.rotates = false
    bench.server.grace = true
    await bench.clock.advance(minute)
    const { storage, frozen, thaw } = freezingAtSave()
    const one = token(bench.process({ storage }))
    await frozen
    expect(await whileTimePasses(token(bench.process()))).toEqual(fresh('at-2'))
    thaw.open()
    expect(await one).toEqual(fresh('at-2'))
    expect(await token(bench.process())).toEqual(fresh('at-2'))
  })

  it('whose credential was removed restores nothing, and revokes the new tokens', async () => {
    await bench.clock.advance(minute)
    bench.server.before = async () => {
      bench.server.before = undefined
      await bench.storage.commit('acme', [{ key: bench.grant.key, value: undefined }])
    }
    expect(await token(bench.process())).toEqual({ type: 'reauthorize', reason: 'credential_missing' })
    expect(await bench.record()).toBeUndefined()
    expect(bench.server.revocations).toEqual(['rt-1', 'at-1'])
  })

  it('finishes and saves when the registry closes', async () => {
    await bench.clock.advance(minute)
    const answer = gate()
    bench.server.before = () => answer.opened
    const refresher = bench.process()
    const one = token(refresher)
    while (bench.server.presented.length === 0) await bench.clock.advance(0)
    const closed = refresher.close()
    answer.open()
    await closed
    expect(await one).toEqual(fresh('at-1'))
    expect((await bench.record())?.obtainedBy).toBe('refresh')
  })
})

describe('the storage', () => {
  it('is asked whether it can be written before the authorization server is', async () => {
    await bench.clock.advance(minute)
    const readOnly: RegistryStorage = { ...bench.storage, commit: async () => Promise.reject(new Error('read only')) }
    await expect(token(bench.process({ storage: readOnly }))).rejects.toThrow('read only')
    expect(bench.server.presented).toEqual([])
  })

  it('that fails after the refresh loses nothing: the token is used, and saved when the storage is back', async () => {
    await bench.clock.advance(minute)
    let down = false
    const flaky: RegistryStorage = {
      ...bench.storage,
      read: async (workspaceId, keys) =>
        down ? Promise.reject(new Error('down')) : bench.storage.read(workspaceId, keys),
      commit: async (workspaceId, writes) =>
        down ? Promise.reject(new Error('down')) : bench.storage.commit(workspaceId, writes),
    }
    bench.server.before = () => {
      down = true
    }
    const refresher = bench.process({ storage: flaky })
    expect(await token(refresher)).toEqual(fresh('at-1'))
    expect(await token(refresher)).toEqual(fresh('at-1'))
    await bench.clock.advance(10_000)
    expect((await bench.record())?.obtainedBy).toBe('sign_in')
    down = false
    await whileTimePasses(refresher.close())
    expect((await bench.record())?.obtainedBy).toBe('refresh')
    expect(await token(bench.process())).toEqual(fresh('at-1'))
    expect(bench.server.presented).toEqual(['rt-0'])
  })

  describe('that fails when refreshed tokens are saved', () => {
    /** Uses a process with tokens that it could not save. */
    async function withUnsaved(use: (refresher: Refresher) => Promise<void>): Promise<void> {
      await bench.clock.advance(minute)
      let isDown = true
      const flaky: RegistryStorage = {
        ...bench.storage,
        async commit(workspaceId, writes) {
          const saves = writes.some(({ value }) => readCredential(value)?.obtainedBy === 'refresh')
          if (isDown && saves) throw new Error('down')
          return bench.storage.commit(workspaceId, writes)
        },
      }
      const refresher = bench.process({ storage: flaky })
      try {
        expect(await token(refresher)).toEqual(fresh('at-1'))
        expect(await token(refresher)).toEqual(fresh('at-1'))
        await use(refresher)
      } finally {
        isDown = false
        await whileTimePasses(refresher.close())
      }
    }

    it('has no use for them after another sign-in', () =>
      withUnsaved(async (refresher) => {
        await bench.signIn({ accessToken: 'at-other', refreshToken: 'rt-other' })
        expect(await token(refresher)).toEqual(fresh('at-other'))
      }))

    it('has none after a sign-out', () =>
      withUnsaved(async (refresher) => {
        await bench.storage.commit('acme', [{ key: bench.grant.key, value: undefined }])
        expect(await token(refresher)).toEqual({ type: 'reauthorize', reason: 'credential_missing' })
      }))

    it('sends them to no other server', () =>
      withUnsaved(async (refresher) => {
        const moved = { ...bench.grant, serverUrl: 'https://elsewhere.example/mcp' }
        expect(await refresher.source(moved).token({ signal: undefined })).not.toMatchObject({ token: 'at-1' })
      }))
  })

  it('that wrote and seemed to fail is believed', async () => {
    await bench.clock.advance(minute)
    let commits = 0
    const lying: RegistryStorage = {
      ...bench.storage,
      commit: async (workspaceId, writes) => {
        const written = await bench.storage.commit(workspaceId, writes)
        if (++commits === 2) throw new Error('connection lost')
        return written
      },
    }
    const refresher = bench.process({ storage: lying })
    expect(await token(refresher)).toEqual(fresh('at-1'))
    await whileTimePasses(refresher.close())
    const { records } = await bench.storage.list({ workspaceId: 'acme', prefix: 'event/', limit: 10 })
    expect(records).toHaveLength(1)
  })

  it('is repeated if only another record of the commit was changed', async () => {
    await bench.clock.advance(minute)
    let stale = 3
    const told: string[][] = []
    const grant = {
      ...bench.grant,
      sameCommitWrites: async () => ({
        writes: [{ key: 'status/i1/_', value: 'ok', ifVersion: stale-- > 0 ? 'an old version' : null }],
        done: (written: readonly StorageWritten[]) => void told.push(written.map(({ key }) => key)),
      }),
    }
    expect(await bench.process().source(grant).token({ signal: undefined })).toEqual(fresh('at-1'))
    expect(stale).toBe(-1)
    expect(told).toEqual([['status/i1/_']])
    expect(bench.server.presented).toEqual(['rt-0'])
  })
})

describe('a refused token', () => {
  it('of a server that moved to another authorization server is not refreshed at the old one', async () => {
    const moved = await startServer((request, origin) =>
      request.path === '/.well-known/oauth-protected-resource/mcp'
        ? { json: { resource: `${origin}/mcp`, authorization_servers: ['https://other.example'] } }
        : undefined,
    )
    ends.push(() => moved.close())
    const grant = { ...bench.grant, serverUrl: `${moved.origin}/mcp` }
    const outcome = await bench.process().source(grant).rejected('at-0', challenge, { signal: undefined })
    expect(outcome).toEqual({ type: 'reauthorize', reason: 'issuer_changed' })
    expect(bench.server.presented).toEqual([])
    expect(bench.changes).toMatchObject([{ type: 'ended', reason: 'issuer_changed' }])
  })

  it('is refreshed where the server still names the same one, or says nothing', async () => {
    const same = await startServer((request, origin) =>
      request.path === '/.well-known/oauth-protected-resource/mcp'
        ? { json: { resource: `${origin}/mcp`, authorization_servers: [bench.server.origin] } }
        : undefined,
    )
    ends.push(() => same.close())
    const grant = { ...bench.grant, serverUrl: `${same.origin}/mcp` }
    expect(await bench.process().source(grant).rejected('at-0', challenge, { signal: undefined })).toEqual(
      fresh('at-1'),
    )
  })
})
