import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ConnectResult } from 'mcp-integrations'
import { sqliteStorage } from 'mcp-integrations/sqlite'
import { startAuthorizationServer, type TestAuthorizationServer } from '../support/authorization-server.js'
import { redirectUrl, startOAuthBench, type OAuthBench } from '../support/oauth-registry.js'
import { eventually } from '../support/eventually.js'
import { later } from '../support/gate.js'
import { startProtectedMcpServer, type ProtectedMcpServer } from '../support/protected-mcp-server.js'
import { ana, bo, outsider } from '../support/registry.js'

let bench: OAuthBench
const servers: ProtectedMcpServer[] = []
const others: TestAuthorizationServer[] = []
beforeEach(async () => void (bench = await startOAuthBench()))
afterEach(async () => {
  await bench.close()
  for (const one of [...servers.splice(0), ...others.splice(0)]) await one.close()
})

const mine = () => bench.registry.actingAs(ana)
const server = async (issuer = () => bench.authorizationServer.issuer): Promise<ProtectedMcpServer> => {
  const started = await startProtectedMcpServer(issuer)
  servers.push(started)
  return started
}
const begin = (url: string, input: object = {}, actor: Parameters<typeof bench.registry.actingAs>[0] = ana) =>
  bench.registry.actingAs(actor).connect({ url, name: 'Notes', agents: ['assistant'], ...input })
const registrations = (at = bench.authorizationServer): number =>
  at.requests.filter(({ path }) => path === '/reg').length
const discoveries = (): number =>
  bench.authorizationServer.requests.filter(({ path }) => path.includes('/.well-known/')).length
/** What processes have begun to register. */
const turnsIn = async (folder: string) => {
  const storage = sqliteStorage({ database: new Database(join(folder, 'registry.db')), now: () => bench.time.now })
  return (await storage.scan({ prefix: 'registering/', limit: 10 })).records
}
/** Offline access asks for consent by itself. */
const withoutOfflineAccess = async (): Promise<void> => {
  const { authorizationServer } = bench
  const document = await (await fetch(`${authorizationServer.issuer}/.well-known/openid-configuration`)).json()
  const body = JSON.stringify({ ...document, scopes_supported: ['mcp:read'] })
  authorizationServer.intercept = ({ path }, response) => {
    if (!path.includes('/.well-known/')) return false
    response.writeHead(200, { 'content-type': 'application/json' }).end(body)
    return true
  }
}
const asked = (result: ConnectResult) => {
  if (result.type !== 'authorization_required') throw new Error(result.type)
  const { searchParams } = new URL(result.authorizationUrl)
  return { client: searchParams.get('client_id'), prompt: searchParams.get('prompt') }
}
const finish = async (result: ConnectResult, actor: Parameters<typeof bench.registry.actingAs>[0] = ana) =>
  bench.registry.actingAs(actor).finishConnect(await bench.signIn(result))

describe('a registration', () => {
  it('is one for all integrations of a workspace at one authorization server, at once or one after the other', async () => {
    const urls = await Promise.all(Array.from({ length: 4 }, async () => (await server()).url))
    const atOnce = await Promise.all(urls.map((url) => begin(url)))
    const next = await begin(bench.server.url)
    expect(registrations()).toBe(1)
    expect(new Set([...atOnce, next].map((result) => asked(result).client)).size).toBe(1)
    for (const result of [...atOnce, next]) expect(await finish(result)).toMatchObject({ type: 'connected' })
    // Another process, and another member, find it as well.
    const elsewhere = bench.another().actingAs(bo)
    const theirs = await elsewhere.connect({ url: bench.server.url, name: 'Mine', agents: ['assistant'] })
    expect(asked(theirs).client).toBe(asked(next).client)
    expect(registrations()).toBe(1)
  })

  it("is no other workspace's, and no other authorization server's", async () => {
    const first = await begin(bench.server.url)
    await finish(first)
    expect(asked(await begin(bench.server.url, {}, outsider)).client).not.toBe(asked(first).client)
    const other = await startAuthorizationServer()
    others.push(other)
    await begin((await server(() => other.issuer)).url)
    expect([registrations(), registrations(other)]).toEqual([2, 1])
  })

  it('is no other redirect URI’s', async () => {
    await begin(bench.server.url)
    const moved = bench.another({ oauth: { redirectUrl: `${redirectUrl}/moved`, clientName: 'Test host' } })
    await moved.actingAs(ana).connect({ url: bench.server.url, name: 'Notes', agents: ['assistant'] })
    expect(registrations()).toBe(2)
  })

  it('asks for consent if people consented for another server, until the first sign-in', async () => {
    await withoutOfflineAccess()
    const first = await begin(bench.server.url)
    expect(asked(first).prompt).toBeNull()
    await finish(first)
    expect(asked(await begin(bench.server.url)).prompt).toBeNull()
    const { url } = await server()
    const second = await begin(url)
    expect(asked(second).prompt).toBe('consent')
    // A no is no consent: the next time asks again.
    bench.authorizationServer.person.deniesNext = true
    await expect(finish(second)).rejects.toMatchObject({ reason: 'access_denied' })
    const again = await mine().reconnect(second.integration.id)
    expect(asked(again)).toEqual({ client: asked(first).client, prompt: 'consent' })
    await finish(again)
    expect(asked(await mine().reconnect(second.integration.id)).prompt).toBeNull()
    expect(registrations()).toBe(1)
  })

  it("is not used for another server if consent can't be requested", async () => {
    await finish(await begin(bench.server.url))
    const second = await begin((await server()).url, { oauth: { prompt: false } })
    expect(asked(second).prompt).toBeNull()
    expect(registrations()).toBe(2)
    expect(asked(await begin((await server()).url, { oauth: { prompt: 'select_account' } })).prompt).toBe(
      'select_account',
    )
    expect(registrations()).toBe(3)
  })

  it('that led nowhere is made again for that integration only', async () => {
    const working = await begin(bench.server.url)
    await finish(working)
    const lost = await begin((await server()).url)
    expect(asked(lost).client).toBe(asked(working).client)
    bench.time.now += 1000
    const again = await mine().reconnect(lost.integration.id)
    expect(asked(again).client).not.toBe(asked(working).client)
    expect(registrations()).toBe(2)
    expect(await finish(again)).toMatchObject({ type: 'connected' })
    expect(asked(await mine().reconnect(working.integration.id)).client).toBe(asked(working).client)
    // Who comes after has the newer one: the older may be forgotten.
    expect(asked(await begin((await server()).url)).client).toBe(asked(again).client)
  })

  it('that the authorization server refuses is made again, while others keep the old one', async () => {
    const one = await begin(bench.server.url)
    await finish(one)
    const two = await begin((await server()).url)
    await finish(two)
    bench.authorizationServer.intercept = ({ path }, response) => {
      if (path !== '/token') return false
      response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"invalid_client"}')
      return true
    }
    bench.time.now += 301_000
    await mine().validate(two.integration.id)
    bench.authorizationServer.intercept = undefined
    const again = await mine().reconnect(two.integration.id)
    expect(asked(again).client).not.toBe(asked(one).client)
    expect(await finish(again)).toMatchObject({ type: 'connected' })
  })

  it('outlives the integration that it was made for, and goes with the last', async () => {
    const one = await begin(bench.server.url)
    await finish(one)
    const two = await begin((await server()).url)
    await finish(two)
    await mine().remove(one.integration.id)
    expect(asked(await mine().reconnect(two.integration.id)).client).toBe(asked(one).client)
    await mine().remove(two.integration.id)
    expect((await bench.dump()).filter(({ key }) => key.startsWith('client/'))).toEqual([])
    await begin(bench.server.url)
    expect(registrations()).toBe(2)
  })

  it('that one caller no longer waits for is still made for the others', async () => {
    const [first, second] = [await server(), await server()]
    for (const leaves of [first, second]) {
      bench.authorizationServer.requests.length = 0
      const gone = new AbortController()
      let arrived = (): void => {}
      const reached = new Promise<void>((resolve) => (arrived = resolve))
      let answer = (): void => {}
      const waits = new Promise<void>((resolve) => (answer = resolve))
      bench.authorizationServer.intercept = ({ path }) => {
        if (path !== '/reg') return false
        arrived()
        return waits.then(() => false)
      }
      const results = [first, second].map(({ url }) => {
        const signal = url === leaves.url ? gone.signal : undefined
        return bench.registry
          .actingAs(outsider)
          .connect({ url, name: 'Notes', agents: ['assistant'] }, { signal })
          .then(asked, ({ code }: { code: string }) => code)
      })
      await reached
      gone.abort()
      answer()
      const ended = await Promise.all(results)
      expect(ended.filter((result) => result === 'aborted')).toHaveLength(1)
      expect(ended).toContainEqual({ client: expect.any(String), prompt: 'consent' })
      await bench.registry.forgetWorkspace(outsider.workspaceId)
    }
  })

  describe('that two processes need at one moment', () => {
    let folder: string
    beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'registration-'))))
    afterEach(() => rmSync(folder, { recursive: true }))
    /** As another process sees the same database. */
    const process = () => {
      const database = new Database(join(folder, 'registry.db'))
      return bench.another({ storage: sqliteStorage({ database, now: () => bench.time.now }) })
    }
    /** Holds registrations back. @returns what resolves at the first, and what lets them go on */
    const holdRegistrations = (answers: () => Promise<boolean> | boolean = () => false) => {
      const [reached, held] = [later(), later()]
      bench.authorizationServer.intercept = ({ path }) => {
        if (path !== '/reg') return false
        reached.resolve()
        return held.promise.then(answers)
      }
      return { reached: reached.promise, letGo: () => held.resolve() }
    }
    const connect = (registry: ReturnType<typeof process>, url: string, signal?: AbortSignal) =>
      registry.actingAs(ana).connect({ url, name: 'Notes', agents: ['assistant'] }, { signal })

    it('is made once', async () => {
      const [one, two] = [process(), process()]
      const held = holdRegistrations()
      const [first, second] = [connect(one, bench.server.url), connect(two, (await server()).url)]
      await held.reached
      await eventually(() => expect(discoveries()).toBeGreaterThanOrEqual(2))
      held.letGo()
      const results = [await first, await second]
      expect(new Set(results.map((result) => asked(result).client)).size).toBe(1)
      expect(registrations()).toBe(1)
      for (const [n, registry] of [one, two].entries()) {
        const back = await bench.signIn(results[n]!)
        expect(await registry.actingAs(ana).finishConnect(back)).toMatchObject({ type: 'connected' })
      }
    })

    it('is made once again where the one before led nowhere', async () => {
      const [one, two] = [process(), process()]
      const { integration } = await connect(one, bench.server.url)
      bench.time.now += 1000
      const held = holdRegistrations()
      const again = [one, two].map((registry) => registry.actingAs(ana).reconnect(integration.id))
      await held.reached
      held.letGo()
      const results = await Promise.all(again)
      expect(registrations()).toBe(2)
      expect(new Set(results.map((result) => asked(result).client)).size).toBe(1)
      const ends = await Promise.allSettled(
        results.map(async (result) => one.actingAs(ana).finishConnect(await bench.signIn(result))),
      )
      expect(ends.some(({ status }) => status === 'fulfilled')).toBe(true)
    })

    it('is made by the other one when the first crashes, after a while', async () => {
      const [one, two] = [process(), process()]
      const crashed = holdRegistrations()
      const gone = new AbortController()
      const lost = connect(one, bench.server.url, gone.signal).catch((error: unknown) => error)
      await crashed.reached
      // A crashed process ends no turn: what it began is stored until it expires.
      const turns = await turnsIn(folder)
      expect(turns).toHaveLength(1)
      bench.authorizationServer.intercept = undefined
      let ended = false
      const second = connect(two, (await server()).url).finally(() => (ended = true))
      await eventually(() => expect(discoveries()).toBeGreaterThanOrEqual(2))
      expect([ended, registrations()]).toEqual([false, 1])
      bench.time.now += 46_000
      expect(asked(await second).client).toEqual(expect.any(String))
      expect(registrations()).toBe(2)
      gone.abort()
      crashed.letGo()
      expect(await lost).toMatchObject({ code: 'aborted' })
    })

    it('is not waited for longer than the caller wants', async () => {
      const [one, two] = [process(), process()]
      const held = holdRegistrations()
      const first = connect(one, bench.server.url)
      await held.reached
      const gone = new AbortController()
      const second = connect(two, (await server()).url, gone.signal)
      gone.abort()
      await expect(second).rejects.toMatchObject({ code: 'aborted' })
      held.letGo()
      expect(await first).toMatchObject({ type: 'authorization_required' })
      await eventually(async () => expect(await turnsIn(folder)).toEqual([]))
    })
  })

  it.each<[string, number | 'reset', object]>([
    ['refused', 400, { code: 'authorization_failed', reason: 'registration_refused' }],
    ['answered with HTTP 500', 500, { code: 'server_error' }],
    ['never answered', 'reset', { code: 'unreachable' }],
  ])('that is %s is asked for once by all who wait for it, and by who comes later', async (_how, status, error) => {
    const urls = await Promise.all(Array.from({ length: 6 }, async () => (await server()).url))
    let fails = true
    bench.authorizationServer.intercept = async ({ path }, response) => {
      if (path !== '/reg' || !fails) return false
      // Until the others wait for it, too.
      await eventually(() => expect(discoveries()).toBeGreaterThanOrEqual(urls.length))
      await new Promise((resolve) => setTimeout(resolve, 200))
      if (status === 'reset') response.socket?.destroy()
      else response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
      return true
    }
    const ends = await Promise.all(urls.map((url) => begin(url).catch((fault: unknown) => fault)))
    expect(ends).toEqual(urls.map(() => expect.objectContaining(error)))
    const once = registrations()
    // A refusal is met with a second, smaller request; on a busy machine somebody may come too late to wait.
    expect(once).toBeLessThan(urls.length * (status === 400 ? 2 : 1))
    fails = false
    expect(asked(await begin(urls[0]!)).client).toEqual(expect.any(String))
    expect(registrations()).toBe(once + 1)
  })

  it('is made again when its secret has expired, once for all who need it', async () => {
    bench.authorizationServer.intercept = ({ path }, response) => {
      if (path !== '/reg') return false
      const expires = Math.floor(bench.time.now / 1000) + 3_600
      const body = {
        client_id: `client-${registrations()}`,
        client_secret: 'secret',
        client_secret_expires_at: expires,
      }
      response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      return true
    }
    const urls = await Promise.all(Array.from({ length: 4 }, async () => (await server()).url))
    for (const url of urls) expect(asked(await begin(url)).client).toBe('client-1')
    bench.time.now += 3_600_000
    const next = await Promise.all(urls.map((url) => begin(url)))
    expect(next.map((result) => asked(result).client)).toEqual(urls.map(() => 'client-2'))
    expect(registrations()).toBe(2)
  })
})
