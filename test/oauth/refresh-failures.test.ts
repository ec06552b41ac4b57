import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inspect } from 'node:util'
import { refreshThroughFaults } from '../support/faulty-network.js'
import { startBench } from '../support/refreshing.js'
import type { Bench } from '../support/refreshing.js'
import type { Refresher } from '../../src/oauth/refresh.js'
import type { Reply } from '../support/protected-server.js'
import type { TokenOutcome } from '../../src/oauth/token-outcome.js'

let bench: Bench
let refresher: Refresher
beforeEach(async () => {
  bench = await startBench()
  refresher = bench.process()
})
afterEach(() => bench.close())

const minute = 60_000
const token = (): Promise<TokenOutcome> => refresher.source(bench.grant).token({ signal: undefined })
/** A token to be used, whether it was waited for or not. */
const fresh = (value: string): unknown => expect.objectContaining({ type: 'fresh', token: value, scopes: ['read'] })

const passing: [string, Reply, string][] = [
  ['500', { status: 500 }, 'server_error'],
  ['503 that says invalid_grant', { status: 503, json: { error: 'invalid_grant' } }, 'server_error'],
  ['408', { status: 408 }, 'server_error'],
  ['429', { status: 429, headers: { 'retry-after': '99999999' } }, 'rate_limited'],
  ['a firewall: 403 with HTML', { status: 403, text: '<html>CANARY' }, 'server_error'],
  ['a captive portal: 200 with HTML', { status: 200, text: '<html>CANARY' }, 'server_error'],
  ['a redirect', { status: 302, headers: { location: 'https://evil.example/' } }, 'server_error'],
  ['invalid_request', { status: 400, json: { error: 'invalid_request' } }, 'server_error'],
  ['invalid_scope', { status: 400, json: { error: 'invalid_scope' } }, 'server_error'],
  ['an unknown error', { status: 400, json: { error: 'CANARY' } }, 'server_error'],
  ['a token that can not be used', { json: { access_token: 'a\nb', token_type: 'Bearer' } }, 'server_error'],
]

describe('a refresh that fails temporarily', () => {
  it.each(passing)('keeps the grant: %s', async (_, answer, code) => {
    bench.server.fates.push(answer)
    await bench.clock.advance(minute)
    expect(await token()).toMatchObject({ type: 'temporary', code })
    expect(bench.changes).toMatchObject([{ type: 'failed', code }])
    await bench.clock.advance(19 * minute)
    expect(await token()).toEqual(fresh('at-1'))
    expect(await bench.record()).not.toHaveProperty('attempt')
  })

  it('keeps the grant: no server', async () => {
    await bench.clock.advance(minute)
    await bench.server.close()
    expect(await token()).toMatchObject({ type: 'temporary', code: 'unreachable' })
    expect((await bench.record())?.attempt).toMatchObject({ doubt: false })
    bench.server.close = async () => {}
  })

  it('keeps the grant: an answer that does not come', async () => {
    bench.server.fates.push('hang')
    await bench.clock.advance(minute)
    const waiting = token()
    while (bench.server.presented.length === 0) await bench.clock.advance(0)
    await bench.clock.advance(20_000)
    expect(await waiting).toEqual({ type: 'temporary', code: 'timeout' })
    await bench.clock.advance(40_000)
    expect(await token()).toEqual(fresh('at-1'))
  })

  it('uses the old token as long as it lives', async () => {
    bench.server.fates.push({ status: 500 })
    await bench.clock.advance(55_000)
    expect(await token()).toEqual(fresh('at-0'))
    expect(bench.server.presented).toHaveLength(1)
    expect(await token()).toEqual(fresh('at-0'))
    expect(bench.server.presented).toHaveLength(1)
  })

  it('is not repeated within 30 s, whoever asks, and less and less often after', async () => {
    bench.server.fates.push(...Array.from({ length: 40 }, (): Reply => ({ status: 500 })))
    await bench.clock.advance(minute)
    const processes = [bench.process(), bench.process()]
    const times: number[] = []
    for (let seconds = 0; seconds < 3600; seconds += 5) {
      const before = bench.server.presented.length
      for (const process of processes)
        expect(await process.source(bench.grant).token({ signal: undefined })).toMatchObject({
          type: 'temporary',
          code: 'server_error',
        })
      if (bench.server.presented.length > before) times.push(bench.clock.now())
      await bench.clock.advance(5000)
    }
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    expect(times).toHaveLength(bench.server.presented.length)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(30_000)
    expect(Math.max(...gaps)).toBeLessThanOrEqual(6 * minute + 5000)
    expect(gaps.length).toBeGreaterThan(8)
  })

  it('waits as long as the server asks, within reason', async () => {
    bench.server.fates.push({ status: 429, headers: { 'retry-after': '600' } })
    await bench.clock.advance(minute)
    await token()
    const outcome = await token()
    expect(outcome).toMatchObject({ type: 'temporary', code: 'rate_limited' })
    const { retryAfterMs = 0 } = outcome as { retryAfterMs?: number }
    expect(retryAfterMs).toBeGreaterThanOrEqual(600_000)
    expect(retryAfterMs).toBeLessThanOrEqual(18 * minute)
  })
})

describe('a final word', () => {
  it('ends the grant once, with one event, and sends no further request', async () => {
    bench.server.revoked = true
    await bench.clock.advance(minute)
    const other = bench.process()
    const outcomes = await Promise.all(Array.from({ length: 20 }, token))
    expect(outcomes).toEqual(outcomes.map(() => ({ type: 'reauthorize', reason: 'refresh_rejected' })))
    await bench.clock.advance(100 * minute)
    expect(await other.source(bench.grant).token({ signal: undefined })).toEqual({
      type: 'reauthorize',
      reason: 'refresh_rejected',
    })
    expect(bench.changes).toEqual([
      { type: 'ended', reason: 'refresh_rejected', issuer: bench.server.origin, dropClient: false },
    ])
    expect(bench.server.presented).toEqual(['rt-0'])
  })

  it('about replaced tokens is ignored', async () => {
    bench.server.before = async () => {
      bench.server.before = undefined
      await bench.signIn({ accessToken: 'new-at', refreshToken: 'new-rt' })
    }
    bench.server.fates.push({ status: 400, json: { error: 'invalid_grant' } })
    await bench.clock.advance(minute)
    expect(await token()).toEqual(fresh('new-at'))
    expect(bench.changes).toEqual([])
  })

  it.each(['invalid_client', 'unauthorized_client'])(
    'about a client that registered itself drops the registration: %s',
    async (error) => {
      await bench.close()
      bench = await startBench({ source: 'dynamic' })
      refresher = bench.process()
      bench.server.fates.push({ status: 401, json: { error } })
      await bench.clock.advance(minute)
      expect(await token()).toEqual({ type: 'reauthorize', reason: 'credential_rejected' })
      expect(bench.changes).toEqual([
        { type: 'ended', reason: 'credential_rejected', issuer: bench.server.origin, dropClient: true },
      ])
    },
  )

  it('about a configured client says so, and is tried again now and then: a host may mend it', async () => {
    bench.server.fates.push({ status: 401, json: { error: 'invalid_client' } })
    await bench.clock.advance(minute)
    expect(await token()).toEqual({ type: 'reauthorize', reason: 'client_rejected' })
    expect(await token()).toEqual({ type: 'reauthorize', reason: 'client_rejected' })
    expect(bench.server.presented).toHaveLength(1)
    await bench.clock.advance(19 * minute)
    expect(await token()).toEqual(fresh('at-1'))
    expect(bench.changes).toMatchObject([
      { type: 'ended', reason: 'client_rejected', dropClient: false },
      { type: 'refreshed', recovered: true },
    ])
  })

  it('ends with a new sign-in', async () => {
    bench.server.revoked = true
    await bench.clock.advance(minute)
    await token()
    await bench.signIn({ accessToken: 'new-at', refreshToken: 'new-rt' })
    expect(await token()).toEqual(fresh('new-at'))
  })
})

describe('an answer that is lost', () => {
  it('is asked for once more, at once: nothing is lost where the server has a grace period', async () => {
    bench.server.grace = true
    bench.server.fates.push('lost')
    await bench.clock.advance(minute)
    expect(await token()).toEqual(fresh('at-2'))
    expect(bench.server.presented).toEqual(['rt-0', 'rt-0'])
  })

  it('by a strict server ends the grant with the reason', async () => {
    bench.server.fates.push('lost')
    await bench.clock.advance(minute)
    expect(await token()).toEqual({ type: 'reauthorize', reason: 'refresh_outcome_unknown' })
    expect(bench.server.presented).toEqual(['rt-0', 'rt-0'])
    expect(bench.changes).toMatchObject([{ type: 'ended', reason: 'refresh_outcome_unknown' }])
  })

  it('twice is temporary: no server ended the grant', async () => {
    bench.server.fates.push('reset', 'reset')
    await bench.clock.advance(minute)
    expect(await token()).toEqual({ type: 'temporary', code: 'unreachable' })
    expect(await token()).toMatchObject({ type: 'temporary', code: 'unreachable' })
    expect(bench.server.presented).toHaveLength(2)
    expect((await bench.record())?.attempt).toMatchObject({ doubt: true })
    await bench.clock.advance(40_000)
    expect(await token()).toEqual(fresh('at-1'))
  })

  it('is recorded: a later final refusal says that the outcome is unknown', async () => {
    bench.server.fates.push({ status: 200, text: 'cut o' })
    await bench.clock.advance(minute)
    await token()
    bench.server.revoked = true
    await bench.clock.advance(40_000)
    expect(await token()).toEqual({ type: 'reauthorize', reason: 'refresh_outcome_unknown' })
  })

  it('only loses what the network lost: 500 refreshes through a faulty network', async () => {
    const { refreshed, failed, lost, ended, mistaken, requests, mostRequests } = await refreshThroughFaults(500)
    expect(ended).toBe(lost)
    expect(mistaken).toBe(0)
    expect(refreshed + ended).toBe(500)
    expect(mostRequests).toBe(2)
    expect(Math.min(lost, failed)).toBeGreaterThan(3)
    expect(requests).toBeLessThan(650)
  })
})

describe('nothing of it', () => {
  it('shows a token, a secret or the words of the server', async () => {
    await bench.signIn({ accessToken: 'CANARY-at', refreshToken: 'CANARY-rt' })
    const shown: unknown[] = []
    for (const fate of [
      ...passing.map(([, answer]) => answer),
      'reset' as const,
      { status: 400, json: { error: 'invalid_grant', error_description: 'CANARY' } },
    ]) {
      bench.server.fates.push(fate)
      await bench.clock.advance(20 * minute)
      shown.push(await token().catch((error: unknown) => error))
    }
    const { records } = await bench.storage.list({ workspaceId: 'acme', prefix: '', limit: 100 })
    shown.push(records, bench.changes, refresher, refresher.source(bench.grant))
    expect(shown.length).toBeGreaterThan(passing.length)
    expect(inspect(shown, { depth: 20, showHidden: true })).not.toContain('CANARY')
  })
})
