import { fetchAmong, manualRuntime, testServer, type TestServer } from 'mcp-integrations/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { later, readNote } from '../support/gate.js'
import { ana, makeRegistry, makeStorage } from '../support/registry.js'

const hangs = (): Promise<Response> => new Promise(() => {})
const overloaded = (): Response => new Response(null, { status: 503 })

/** Two integrations of one person, whose tools run without asking: one keeps working, the other is to fail. */
async function pair() {
  const [good, bad] = ['good', 'bad'].map((name) =>
    testServer({ tools: [readNote], url: `https://${name}.example/mcp` }),
  ) as [TestServer, TestServer]
  const runtime = manualRuntime()
  const registry = makeRegistry({
    storage: makeStorage({ now: () => runtime.now() }),
    runtime: { ...runtime, fetch: fetchAmong([good, bad]) },
  })
  onTestFinished(async () => {
    await Promise.all([registry.close({ graceMs: 1 }), runtime.advance(60_000)])
    await Promise.all([good.close(), bad.close()])
  })
  const mine = registry.actingAs(ana)
  const ids: string[] = []
  for (const { url } of [good, bad]) {
    const { integration } = await mine.connect({
      url,
      name: new URL(url).hostname.split('.')[0]!,
      agents: ['assistant'],
    })
    await mine.configureTools(integration.id, { read_note: { approval: 'auto' } })
    ids.push(integration.id)
  }
  const call = async (name: 'good' | 'bad') => (await mine.toolset('assistant')).call(`${name}__read_note`, { id: '7' })
  /** Requests that reached the bad one since it went bad. */
  const worked = bad.requests.length
  return { good, bad, runtime, registry, mine, badId: ids[1]!, call, tried: () => bad.requests.length - worked }
}

describe('a server that hangs', () => {
  it('delays no toolset, and no call of another integration', async () => {
    const { bad, runtime, mine, call } = await pair()
    bad.respondWith(hangs)
    let ended = false
    const hanging = call('bad').finally(() => (ended = true))
    hanging.catch(() => {})
    // Time stands still: whatever waited for the server, or for a deadline, would never come.
    for (let n = 0; n < 20; n++) expect(await call('good')).toMatchObject({ type: 'completed' })
    expect((await mine.toolset('assistant')).tools).toHaveLength(2)
    expect(ended).toBe(false)
    await runtime.advance(60_000)
    await expect(hanging).rejects.toMatchObject({ code: 'timeout', mayHaveRun: true })
  })

  it('does not keep a toolset waiting for its old list, and is named once its time is up', async () => {
    const { good, bad, runtime, mine, badId, call } = await pair()
    await runtime.advance(2 * 86_400_000)
    bad.respondWith(hangs)
    const before = good.requests.length
    expect((await mine.toolset('assistant')).tools).toHaveLength(2)
    expect(await call('good')).toMatchObject({ type: 'completed' })
    await runtime.advance(20_000)
    expect(good.requests.slice(before).map(({ method }) => method)).toContain('tools/list')
    expect(await mine.get(badId)).toMatchObject({ status: 'error', statusDetail: { reason: 'timeout' } })
  })

  it('ends a first connect with its reason, while others connect', async () => {
    const { bad, runtime, mine } = await pair()
    bad.respondWith(hangs)
    const connecting = mine.connect({ url: bad.url, name: 'Again', agents: ['assistant'] })
    connecting.catch(() => {})
    const other = await mine.connect({ url: 'https://good.example/mcp', name: 'Other', agents: ['assistant'] })
    expect(other.type).toBe('connected')
    await runtime.advance(15_000)
    await expect(connecting).rejects.toMatchObject({ code: 'timeout' })
    expect(await mine.list()).toHaveLength(3)
  })
})

describe('a server that is down', () => {
  it.each([
    ['server_error', overloaded],
    ['rate_limited', () => new Response(null, { status: 429 })],
    ['unreachable', () => Promise.reject(new TypeError('fetch failed'))],
    ['not_mcp', () => new Response('<html>', { status: 404 })],
  ])('has the status %s, found out behind a toolset', async (reason, answer) => {
    const { bad, runtime, mine, badId, call } = await pair()
    await runtime.advance(2 * 86_400_000)
    bad.respondWith(answer)
    expect((await mine.toolset('assistant')).tools).toHaveLength(2)
    await runtime.advance(1_000)
    expect(await mine.get(badId)).toMatchObject({ status: 'error', statusDetail: { reason } })
    expect(await call('good')).toMatchObject({ type: 'completed' })
  })

  it('is tried at growing distances up to a minute, however often it is called', async () => {
    const { bad, runtime, call, tried } = await pair()
    bad.respondWith(overloaded)
    const times: number[] = []
    for (let second = 0; second < 600; second++) {
      const before = tried()
      await expect(call('bad')).rejects.toMatchObject({ code: 'server_error' })
      if (tried() > before) times.push(second)
      expect(tried() - before).toBeLessThanOrEqual(1)
      await runtime.advance(1_000)
    }
    const pauses = times.slice(1).map((time, n) => time - times[n]!)
    expect(pauses.slice(0, 5)).toEqual(pauses.slice(0, 5).toSorted((a, b) => a - b))
    expect(Math.max(...pauses)).toBeLessThanOrEqual(61)
    // The first three failures in a row are still its tools'.
    expect(Math.min(...pauses.slice(8))).toBeGreaterThanOrEqual(30)
    expect(times.length).toBeLessThan(30)
  })

  it('lets exactly one through when its time has come, and all when that one succeeds', async () => {
    const { bad, runtime, call, tried } = await pair()
    bad.respondWith(overloaded)
    for (let n = 0; n < 3; n++) await expect(call('bad')).rejects.toMatchObject({ code: 'server_error' })
    await runtime.advance(1_000)
    const held = later<Response>()
    bad.respondWith(() => held.promise)
    const many = Array.from({ length: 7 }, () => call('bad').catch((error: { code: string }) => error.code))
    await runtime.advance(0)
    expect(tried()).toBe(4)
    held.resolve(overloaded())
    expect(await Promise.all(many)).toEqual(Array.from({ length: 7 }, () => 'server_error'))
    expect(tried()).toBe(4)
    await runtime.advance(2_000)
    bad.respondWith(undefined)
    expect(await call('bad')).toMatchObject({ type: 'completed' })
    const after = await Promise.all(Array.from({ length: 7 }, () => call('bad')))
    expect(after.map(({ type }) => type)).toEqual(Array.from({ length: 7 }, () => 'completed'))
  })

  it('is tried at once when a person validates it, and works again for everyone', async () => {
    const { bad, mine, badId, call, tried } = await pair()
    bad.respondWith(overloaded)
    await expect(call('bad')).rejects.toMatchObject({ code: 'server_error' })
    expect(await mine.validate(badId)).toMatchObject({ type: 'failed', integration: { status: 'error' } })
    expect(tried()).toBe(2)
    bad.respondWith(undefined)
    expect(await mine.validate(badId)).toMatchObject({ type: 'connected', integration: { status: 'connected' } })
    expect(await call('bad')).toMatchObject({ type: 'completed' })
  })
})

describe('a server that asks for time', () => {
  it.each<[string, (now: number) => string, number]>([
    ['in seconds', () => '120', 120_000],
    ['by a date', (now) => new Date(now + 120_000).toUTCString(), 120_000],
    ['for ever, five minutes', () => '99999999', 300_000],
  ])('gets it: %s', async (_how, retryAfter, ms) => {
    const { bad, runtime, mine, badId, call, tried } = await pair()
    const headers = { 'retry-after': retryAfter(runtime.now()) }
    bad.respondWith(() => new Response(null, { status: 429, headers }))
    await expect(call('bad')).rejects.toMatchObject({ code: 'rate_limited' })
    expect(await mine.get(badId)).toMatchObject({
      status: 'error',
      statusDetail: { reason: 'rate_limited', action: 'wait' },
    })
    bad.respondWith(undefined)
    await runtime.advance(ms - 1)
    await expect(call('bad')).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: 1 })
    expect(tried()).toBe(1)
    await runtime.advance(1)
    expect(await call('bad')).toMatchObject({ type: 'completed' })
  })
})
