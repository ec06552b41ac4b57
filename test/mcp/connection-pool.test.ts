import { describe, expect, it } from 'vitest'
import type { Connection } from '../../src/mcp/connection.js'
import { ConnectionPool, type ConnectionPoolOptions } from '../../src/mcp/connection-pool.js'
import { PooledConnections } from '../../src/mcp/pooled-connections.js'
import { IntegrationError } from '../../src/model/errors.js'
import { manualRuntime } from '../../src/testing/manual-runtime.js'
import { testServer } from '../../src/testing/mcp-server.js'
import { rejectionOf, listing, open, sent, tool } from './support.js'

const patient = { timeoutMs: 10_000 }

function given(options: Partial<ConnectionPoolOptions> = {}, server = testServer({ tools: [{ name: 'echo' }] })) {
  const runtime = manualRuntime()
  const pool = new ConnectionPool({ runtime, concurrency: 8, idleMs: 60_000, maxConnections: 100, ...options })
  const opener = () => open(server, { runtime })
  return { runtime, pool, server, opener }
}

const call = (connection: Connection) => connection.callTool(tool('echo'), {}, patient)

/** Lets the promises that are settled run on, so many times. */
async function inTurns(turns: number): Promise<void> {
  for (let n = 0; n < turns; n++) await Promise.resolve()
}

const list = (connection: Connection) => connection.listTools(listing)

/** Rejects when the signal aborts. */
async function ended(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true })
  })
}

/** A promise and how to end it. */
function gate(): { readonly promise: Promise<void>; open(): void } {
  let resolve = (): void => undefined
  const promise = new Promise<void>((done) => (resolve = done))
  return { promise, open: () => resolve() }
}

describe('a pool of connections', () => {
  it('opens one connection for all who need it at once', async () => {
    const { pool, server, opener } = given()
    await Promise.all(Array.from({ length: 20 }, () => pool.use('a', opener, call)))
    expect(sent(server).filter((method) => method === 'server/discover')).toHaveLength(1)
    expect([pool.size, server.calls.get('echo')]).toEqual([1, 20])
  })

  it('does so much at once for one key, and lets other keys pass', async () => {
    const { pool, opener } = given({ concurrency: 2 })
    const held = gate()
    let running = 0
    let most = 0
    const work = async () => {
      most = Math.max(most, ++running)
      await held.promise
      running--
    }
    const all = Promise.all(Array.from({ length: 5 }, () => pool.use('a', opener, work)))
    await pool.use('b', opener, call)
    held.open()
    await all
    expect(most).toBe(2)
  })

  it('removes an aborted caller from the queue, and runs none of its work', async () => {
    const { pool, opener } = given({ concurrency: 1 })
    const held = gate()
    const first = pool.use('a', opener, () => held.promise)
    const controller = new AbortController()
    let ran = false
    const waiting = rejectionOf(pool.use('a', opener, async () => void (ran = true), { signal: controller.signal }))
    controller.abort()
    expect(await waiting).toMatchObject({ code: 'aborted', mayHaveRun: false })
    held.open()
    await first
    await pool.use('a', opener, call)
    expect(ran).toBe(false)
  })

  it.each([false, true])(
    'lets an aborted caller go while its connection opens (replacing others: %s), and keeps the connection',
    async (replaces) => {
      const { pool, opener, server, runtime } = given()
      const opening = gate()
      const slowly = (): Promise<Connection> => opening.promise.then(opener)
      const controller = new AbortController()
      const options = { signal: controller.signal, replaces: replaces ? 'a' : undefined }
      let ran = false
      const givenUp = rejectionOf(pool.use('a', slowly, async () => void (ran = true), options))
      await new Promise((resolve) => setImmediate(resolve))
      controller.abort()
      expect(await givenUp).toMatchObject({ code: 'aborted', mayHaveRun: false })
      const next = replaces ? Promise.resolve() : pool.use('a', opener, call)
      opening.open()
      await next
      await expect.poll(() => pool.size).toBe(1)
      await pool.use('a', opener, call)
      expect(sent(server).filter((method) => method === 'server/discover')).toHaveLength(1)
      expect(ran).toBe(false)
      await runtime.advance(60_000)
      expect([pool.size, pool.keys, runtime.timers]).toEqual([0, 0, 0])
    },
  )

  it('forgets a key whose caller left before its connection failed to open', async () => {
    const { pool } = given()
    const opening = gate()
    const controller = new AbortController()
    const broken = (): Promise<Connection> => opening.promise.then(() => Promise.reject(new Error('no')))
    const givenUp = rejectionOf(pool.use('a', broken, call, { signal: controller.signal }))
    await new Promise((resolve) => setImmediate(resolve))
    controller.abort()
    expect(await givenUp).toMatchObject({ code: 'aborted' })
    opening.open()
    await expect.poll(() => pool.keys).toBe(0)
  })

  it('closes what is idle, and leaves no timer', async () => {
    const { pool, opener, runtime, server } = given({ idleMs: 1_000 })
    await pool.use('a', opener, call)
    await runtime.advance(999)
    expect(pool.size).toBe(1)
    await pool.use('a', opener, call)
    await runtime.advance(999)
    expect(pool.size).toBe(1)
    await runtime.advance(1)
    expect([pool.size, pool.keys, runtime.timers]).toEqual([0, 0, 0])
    await pool.use('a', opener, call)
    expect(sent(server).filter((method) => method === 'server/discover')).toHaveLength(2)
  })

  it('lets the least recently used go first, and none that works', async () => {
    const { pool, opener } = given({ maxConnections: 2 })
    const opened: string[] = []
    const using = (key: string, work: (connection: Connection) => Promise<unknown>) =>
      pool.use(key, () => (opened.push(key), opener()), work)
    const held = gate()
    const busy = using('busy', () => held.promise)
    await using('a', call)
    await using('b', call)
    await using('b', call)
    await using('a', call)
    expect(opened).toEqual(['busy', 'a', 'b', 'a'])
    held.open()
    await busy
    expect(pool.size).toBe(2)
  })

  it('lets a new one work where all others are busy', async () => {
    const { pool, opener } = given({ maxConnections: 1 })
    const held = gate()
    const busy = pool.use('busy', opener, () => held.promise)
    const both = await Promise.all([pool.use('a', opener, call), pool.use('b', opener, call)])
    expect(both).toHaveLength(2)
    held.open()
    await busy
    expect(pool.size).toBe(1)
  })

  it('opens another when one is broken', async () => {
    const { pool, opener, server } = given()
    await pool.use('a', opener, (connection) => connection.close())
    await pool.use('a', opener, call)
    expect(sent(server).filter((method) => method === 'server/discover')).toHaveLength(2)
  })

  it('gives one that asks questions to one at a time', async () => {
    const server = testServer({ tools: [{ name: 'echo' }], era: 'legacy' })
    const { pool, runtime } = given({}, server)
    const opener = () => open(server, { runtime, elicits: true })
    const users = new Map<Connection, number>()
    await Promise.all(
      Array.from({ length: 4 }, () =>
        pool.use('a', opener, async (connection) => {
          users.set(connection, (users.get(connection) ?? 0) + 1)
          expect(users.get(connection)).toBe(1)
          await call(connection)
          users.set(connection, 0)
        }),
      ),
    )
    expect(server.calls.get('echo')).toBe(4)
    await pool.close()
    expect(sent(server).filter((method) => method === 'DELETE')).toHaveLength(users.size)
  })

  it('closes the keys of one integration, and ends its sessions', async () => {
    const server = testServer({ tools: [{ name: 'echo' }], era: 'legacy' })
    const { pool, opener } = given({}, server)
    await pool.use('w/1/a', opener, call)
    await pool.use('w/2/a', opener, call)
    await pool.closeKeys('w/1/')
    expect([pool.size, sent(server).filter((method) => method === 'DELETE').length]).toEqual([1, 1])
  })

  it('ends the session of a connection that was still being opened when its keys were closed', async () => {
    const server = testServer({ tools: [{ name: 'echo' }], era: 'legacy' })
    const { pool, opener } = given({}, server)
    const held = gate()
    const working = pool.use('w/1/a', opener, async () => held.promise)
    await pool.closeKeys('w/1/')
    held.open()
    await working
    await pool.close()
    expect([pool.size, sent(server).filter((method) => method === 'DELETE').length]).toEqual([0, 1])
  })

  it('lets a new connection do its work when its keys are retired before that has begun', async () => {
    // Each turn between the one in which the connection is open and the one in which its user has it.
    for (let turns = 0; turns < 24; turns++) {
      const server = testServer({ tools: [{ name: 'echo' }], era: 'legacy' })
      const { pool, opener } = given({}, server)
      let retiring: Promise<unknown> | undefined
      const opening = async () => {
        const connection = await opener()
        void inTurns(turns).then(() => (retiring = pool.retireKeys('w/1/')))
        return connection
      }
      expect(await pool.use('w/1/a', opening, list)).toMatchObject({ tools: [{ name: 'echo' }] })
      await inTurns(24)
      await retiring
      await pool.close()
      expect(sent(server)).toContain('DELETE')
    }
  })

  it('lets a new connection do its work when another replaces it before that has begun', async () => {
    const { runtime, opener } = given()
    const connections = new PooledConnections({ runtime, idleMs: 60_000, maxConnections: 100 })
    const live = connections.add(await opener(), { live: new Set(), gone: false, onEmpty: () => {} })
    await connections.retire(live)
    expect(connections.take(live).connection.usable).toBe(true)
    connections.release(live)
    expect(live.connection.usable).toBe(false)
  })

  it.each<[string, object, object]>([
    ['work that may not have run ends as a conflict', {}, { code: 'conflict', mayHaveRun: false }],
    ['work that may have run keeps saying so', { calls: true }, { code: 'unreachable', mayHaveRun: true }],
  ])('when the keys of its connection are closed, %s', async (_what, { calls = false }: { calls?: boolean }, error) => {
    const [asked, never] = [gate(), gate()]
    const hanging = async () => {
      asked.open()
      await never.promise
      return ''
    }
    const server = testServer({ tools: [{ name: 'echo', run: hanging }], era: 'legacy' })
    const { pool } = given({}, server)
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const isListing = typeof init?.body === 'string' && init.body.includes('"tools/list"')
      if (isListing) await Promise.race([hanging(), ended(init.signal)])
      return server.fetch(input, init)
    }
    const opener = () => open({ url: server.url, fetch })
    const used = rejectionOf(pool.use<unknown>('w/1/a', opener, calls ? call : list))
    await asked.promise
    await pool.closeKeys('w/1/')
    expect(await used).toMatchObject(error)
    never.open()
  })

  it('when closed keeps sessions for the next process, and refuses work', async () => {
    const server = testServer({ tools: [{ name: 'echo' }], era: 'legacy' })
    const { pool, opener, runtime } = given({}, server)
    await pool.use('a', opener, call)
    await pool.close()
    await pool.close()
    expect([sent(server).includes('DELETE'), runtime.timers]).toEqual([false, 0])
    expect(await rejectionOf(pool.use('a', opener, call))).toMatchObject({ code: 'closed' })
  })
})

describe('a server that is down', () => {
  function down(error: IntegrationError, options: Partial<ConnectionPoolOptions> = {}) {
    const base = given(options)
    let tries = 0
    let up = false
    const opener = async () => {
      tries++
      if (!up) throw error
      return base.opener()
    }
    return { ...base, opener, tries: () => tries, mend: () => (up = true) }
  }

  const unreachable = new IntegrationError('unreachable', 'Nobody there.', { reason: 'refused' })

  it.each([
    ['unreachable', undefined],
    ['timeout', undefined],
    ['server_error', 503],
    ['rate_limited', 429],
  ] as const)('(%s) fails everybody fast with the same error, and is not asked again', async (code, httpStatus) => {
    const { pool, opener, tries } = down(new IntegrationError(code, 'Down.', { httpStatus }))
    expect(await rejectionOf(pool.use('a', opener, call))).toMatchObject({ code })
    for (let n = 0; n < 10; n++) {
      const error = await rejectionOf(pool.use('a', opener, call))
      expect(error).toMatchObject({ code, mayHaveRun: false })
      expect(error.message).toMatch(/^Nothing was sent: .* Down\.$/)
      expect(error.retryAfterMs).toBeGreaterThan(0)
    }
    expect(tries()).toBe(1)
  })

  it('is tried by exactly one when its time has come, at growing distances up to a minute', async () => {
    const { pool, opener, tries, runtime } = down(unreachable)
    const pauses: number[] = []
    await rejectionOf(pool.use('a', opener, call))
    for (let n = 0; n < 10; n++) {
      const { retryAfterMs } = (await rejectionOf(pool.use('a', opener, call))) as { retryAfterMs: number }
      pauses.push(retryAfterMs)
      await runtime.advance(retryAfterMs)
      await Promise.all(Array.from({ length: 5 }, () => rejectionOf(pool.use('a', opener, call))))
      expect(tries()).toBe(n + 2)
    }
    expect(pauses[0]).toBeLessThanOrEqual(1_000)
    expect(pauses[9]).toBeGreaterThanOrEqual(30_000)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(60_000)
  })

  it('is tried at once when a person asks, and everybody profits', async () => {
    const { pool, opener, tries, mend } = down(unreachable)
    await rejectionOf(pool.use('a', opener, call))
    mend()
    await pool.use('a', opener, call, { bypassBreaker: true })
    await pool.use('a', opener, call)
    expect(tries()).toBe(2)
  })

  it('stays so where a try fails before the server is reached', async () => {
    const { pool, opener } = down(unreachable)
    await rejectionOf(pool.use('a', opener, call))
    const unreadable = new IntegrationError('credential_unreadable', 'No key opens it.')
    const sealed = () => Promise.reject(unreadable)
    expect(await rejectionOf(pool.use('a', sealed, call, { bypassBreaker: true }))).toBe(unreadable)
    expect(await rejectionOf(pool.use('a', opener, call))).toMatchObject({ code: 'unreachable', mayHaveRun: false })
  })

  it('does not concern others', async () => {
    const { pool, opener, server } = down(unreachable)
    await rejectionOf(pool.use('a', opener, call))
    await pool.use('b', () => open(server), call)
  })

  it('is tried again when the clock was set back', async () => {
    const clock = { ahead: 3_600_000 }
    const runtime = manualRuntime()
    const now = (): number => runtime.now() + clock.ahead
    const { opener, tries, pool } = down(unreachable, { runtime: { ...runtime, now } })
    await rejectionOf(pool.use('a', opener, call))
    clock.ahead = 0
    await rejectionOf(pool.use('a', opener, call))
    expect(tries()).toBe(2)
  })

  it('that asks for time gets it, up to five minutes', async () => {
    const { pool, opener } = down(
      new IntegrationError('rate_limited', 'Slow down.', { httpStatus: 429, retryAfterMs: 3_600_000 }),
    )
    await rejectionOf(pool.use('a', opener, call))
    expect(await rejectionOf(pool.use('a', opener, call))).toMatchObject({ retryAfterMs: 300_000 })
  })

  it('is not a server with a slow tool or a tool error', async () => {
    const { pool, opener, server } = given()
    for (const error of [
      new IntegrationError('timeout', 'Slow.', { mayHaveRun: true }),
      new IntegrationError('protocol_error', 'No.'),
      new IntegrationError('server_error', 'Oops.', { httpStatus: 500, mayHaveRun: true }),
    ]) {
      await rejectionOf(pool.use('a', opener, () => Promise.reject(error)))
      await pool.use('a', opener, call)
    }
    expect(sent(server).filter((method) => method === 'server/discover')).toHaveLength(1)
  })
})

describe('a connection that is used once', () => {
  it('is closed and not kept, and its session stays', async () => {
    const server = testServer({ tools: [{ name: 'echo' }], era: 'legacy' })
    const { pool, opener } = given({}, server)
    await pool.once(opener, call)
    expect([pool.size, sent(server).at(-1)]).toEqual([0, 'tools/call'])
    await expect(
      pool.once(opener, () => Promise.reject(new IntegrationError('not_mcp', 'Other.'))),
    ).rejects.toMatchObject({ code: 'not_mcp' })
    expect(pool.size).toBe(0)
  })

  it('waits for an opening slot, which slow connections release after a second', async () => {
    const { pool, opener, runtime } = given({ maxOpening: 2 })
    const never = () => new Promise<Connection>(() => undefined)
    void pool.once(never, call)
    void pool.use('hangs', never, call)
    await runtime.advance(0)
    let done = false
    const waiting = pool.once(opener, call).then(() => (done = true))
    await runtime.advance(999)
    expect(done).toBe(false)
    await runtime.advance(1)
    await waiting
    expect(runtime.timers).toBe(0)
  })

  it('can be given up while it waits, and is refused when all is closed', async () => {
    const { pool, opener, server } = given({ maxOpening: 1 })
    void pool.once(() => new Promise<Connection>(() => undefined), call)
    expect(await rejectionOf(pool.once(opener, call, { signal: AbortSignal.abort() }))).toMatchObject({
      code: 'aborted',
    })
    await pool.close()
    expect(await rejectionOf(pool.once(opener, call))).toMatchObject({ code: 'closed' })
    expect(server.requests).toEqual([])
  })
})

it('opens many connections in parallel, and hanging ones delay no other', async () => {
  const { pool, server } = given()
  const hanging = Array.from({ length: 10 }, (_, n) =>
    pool.use(`hangs${n}`, () => new Promise<Connection>(() => undefined), call),
  )
  await Promise.all(Array.from({ length: 190 }, (_, n) => pool.use(`k${n}`, () => open(server), call)))
  expect(server.calls.get('echo')).toBe(190)
  void hanging
})
