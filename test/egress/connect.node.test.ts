import { execFile } from 'node:child_process'
import * as https from 'node:https'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import type { TLSSocket } from 'node:tls'
import { build } from 'esbuild'
import { afterEach, describe, expect, it } from 'vitest'
import { createDialer, type NodeDialerOptions } from '../../src/egress/connect.node.js'
import { certificate } from './certificate.js'
import { endAll, failure, guarded, listen, listenRaw, manualTimers, started } from './support.js'

afterEach(endAll)

const post = { method: 'POST', body: '{}' }
const loopback = [{ address: '127.0.0.1', family: 4 }]

/** A guarded fetch over a dialer with an own resolver. */
function resolving(options: Partial<NodeDialerOptions>) {
  const runtime = manualTimers()
  const egress = options.egress ?? {}
  return { ...guarded({ egress, runtime, dialer: createDialer({ egress, runtime, ...options }) }), runtime }
}

describe('a name', () => {
  it.each([
    ['that leads to loopback', ['127.0.0.1']],
    ['that leads to a private network', ['10.0.0.1']],
    ['that leads to a metadata service', ['169.254.169.254']],
    ['with one bad address among good ones', ['93.184.216.34', '127.0.0.1']],
    ['with a bad IPv6 address', ['93.184.216.34', '::ffff:127.0.0.1']],
  ])('%s is refused and nothing is connected', async (_what, addresses) => {
    const server = await listen((_request, response) => response.end())
    const resolve = async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    const { fetch, close, runtime } = resolving({ resolve })
    const error = await failure(fetch(`https://rebind.test:${server.port}/`, post))
    expect(error).toMatchObject({ code: 'url_refused', mayHaveRun: false })
    await close()
    expect([server.connections, runtime.count]).toEqual([0, 0])
  })

  it('that is public first and loopback at the second look is refused, and is looked up once a connection', async () => {
    const server = await listen((_request, response) => response.end())
    let looks = 0
    const controller = new AbortController()
    const resolve = async () => {
      // Nothing listens at a documentation address; the connection attempt ends with the caller.
      setImmediate(() => controller.abort())
      return looks++ === 0 ? [{ address: '93.184.216.34', family: 4 }] : loopback
    }
    const { fetch } = resolving({ resolve })
    const url = `https://rebind.test:${server.port}/`
    expect(await failure(fetch(url, { ...post, signal: controller.signal }))).toMatchObject({ mayHaveRun: false })
    expect(looks).toBe(1)
    expect(await failure(fetch(url, post))).toMatchObject({ code: 'url_refused', mayHaveRun: false })
    expect([looks, server.connections]).toEqual([2, 0])
  })

  it('that leads to loopback by another way than its answer said is refused before anything is sent', async () => {
    let bytes = 0
    const server = await listenRaw((socket) => socket.on('data', (chunk) => (bytes += chunk.length)))
    // What the check of the answer sees is public; what the socket is given is not.
    const sly = { family: 4, reads: 0, get address() { return this.reads++ === 0 ? '93.184.216.34' : '127.0.0.1' } } // prettier-ignore
    const { fetch } = resolving({ resolve: async () => [sly] })
    const error = await failure(fetch(`https://rebind.test:${server.port}/`, post))
    expect(error).toMatchObject({ code: 'url_refused', mayHaveRun: false })
    expect(bytes).toBe(0)
  })

  it('for http: may lead to loopback only', async () => {
    const { fetch } = resolving({
      resolve: async () => [{ address: '93.184.216.34', family: 4 }],
      egress: { allowLoopback: true },
    })
    expect(await failure(fetch('http://localhost:3000/', post))).toMatchObject({
      code: 'url_refused',
      mayHaveRun: false,
    })
  })

  it('that does not resolve was not sent', async () => {
    const unknown = Object.assign(new Error('getaddrinfo canary'), { code: 'ENOTFOUND' })
    for (const resolve of [() => Promise.reject(unknown), async () => []]) {
      const error = await failure(resolving({ resolve }).fetch('https://nowhere.test/', post))
      expect(error).toMatchObject({ code: 'unreachable', reason: 'dns', mayHaveRun: false })
    }
  })
})

describe('a connection', () => {
  it('that is refused was not sent', async () => {
    expect(await failure(guarded().fetch('http://127.0.0.1:1/', post))).toMatchObject({
      code: 'unreachable',
      reason: 'refused',
      mayHaveRun: false,
    })
  })

  it('that times out while connecting was not sent', async () => {
    const server = await listenRaw(() => undefined)
    const { fetch, runtime } = resolving({ egress: { allowLoopback: true } })
    const attempt = fetch(`https://127.0.0.1:${server.port}/`, post)
    while (server.connections === 0) await new Promise(setImmediate)
    runtime.fireAll()
    expect(await failure(attempt)).toMatchObject({ code: 'timeout', reason: 'connect', mayHaveRun: false })
  })

  it('that was closed while idle is opened again for a GET, and an error for a POST', async () => {
    let answers = 0
    const server = await listenRaw((socket) =>
      socket.on('data', () => {
        if (++answers % 2 === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}')
        else socket.resetAndDestroy()
      }),
    )
    const { fetch } = guarded()
    await (await fetch(server.url)).json()
    expect(await (await fetch(server.url)).json()).toEqual({})
    expect(server.connections).toBe(2)
    expect(await failure(fetch(server.url, post))).toMatchObject({
      code: 'unreachable',
      reason: 'reset',
      mayHaveRun: true,
    })
    expect(answers).toBe(4)
  })
})

const secure = async () => {
  const names: unknown[] = []
  const server = https.createServer({ ...certificate }, (request, response) => {
    names.push([(request.socket as TLSSocket & { servername?: string }).servername, request.headers.host])
    response.end('{}')
  })
  return { ...(await started(server, () => server.closeAllConnections())), names }
}

describe('TLS', () => {
  it('keeps the name of the server for a vetted address', async () => {
    const server = await secure()
    const egress = { allowLoopback: true }
    const { fetch } = resolving({ resolve: async () => loopback, egress, ca: certificate.cert })
    for (let request = 0; request < 2; request++) {
      expect(await (await fetch(`https://server.test:${server.port}/`, post)).json()).toEqual({})
    }
    expect(server.names).toEqual([0, 1].map(() => ['server.test', `server.test:${server.port}`]))
  })

  it.each([
    ['nobody vouches for', 'server.test', undefined],
    ['is for another name', 'other.test', certificate.cert],
  ])('with a certificate that %s did not leave', async (_what, host, ca) => {
    const server = await secure()
    const egress = { allowLoopback: true }
    const { fetch } = resolving({ resolve: async () => loopback, egress, ...(ca === undefined ? {} : { ca }) })
    expect(await failure(fetch(`https://${host}:${server.port}/`, post))).toMatchObject({
      code: 'unreachable',
      reason: 'tls',
      mayHaveRun: false,
    })
    expect(server.names).toEqual([])
  })

  it('that gets plain text instead of TLS was not sent', async () => {
    const server = await listen((_request, response) => response.end())
    const { fetch } = resolving({ egress: { allowLoopback: true } })
    expect(await failure(fetch(`https://127.0.0.1:${server.port}/`, post))).toMatchObject({
      reason: 'tls',
      mayHaveRun: false,
    })
  })
})

describe('close', () => {
  it('ends running requests, and is safe to call twice', async () => {
    let arrived!: () => void
    const both = new Promise<void>((resolve) => (arrived = resolve))
    const server = await listen((request, response) => {
      if (request.url === '/stream') response.write('{')
      else arrived()
    })
    const guard = guarded()
    const streaming = (await guard.fetch(`${server.url}/stream`, post)).json()
    const waiting = guard.fetch(server.url, post)
    const failures = Promise.all([failure(streaming), failure(waiting)])
    await both
    await guard.close()
    await guard.close()
    expect(await failures).toMatchObject([
      { code: 'closed', mayHaveRun: true },
      { code: 'closed', mayHaveRun: true },
    ])
    expect(await failure(guard.fetch(server.url))).toMatchObject({ code: 'closed', mayHaveRun: false })
  })

  it('leaves no socket, timer or handle in the process', async () => {
    const built = await build({
      entryPoints: [fileURLToPath(new URL('../../src/egress/guarded-fetch.ts', import.meta.url))],
      alias: { '#connect': fileURLToPath(new URL('../../src/egress/connect.node.ts', import.meta.url)) },
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
    })
    const program = `
      import { createServer } from 'node:http'
      const server = createServer((request, response) => request.url === '/hang' ? response.write('{') : response.end('{}'))
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
      const url = 'http://127.0.0.1:' + server.address().port
      const active = () => process.getActiveResourcesInfo().filter((name) => !name.includes('Pipe') && !name.includes('TTY')).sort()
      const runtime = { now: Date.now, setTimer: (callback, ms) => { const timer = setTimeout(callback, ms); return () => clearTimeout(timer) } }
      const before = active()
      const guard = createGuardedFetch({ egress: { allowLoopback: true }, maxResponseBytes: 1e6, runtime })
      await Promise.all(Array.from({ length: 50 }, async () => (await guard.fetch(url)).json()))
      const hanging = Array.from({ length: 50 }, async () => (await guard.fetch(url + '/hang')).json().catch((error) => error.code))
      await Promise.all(Array.from({ length: 5 }, () => guard.fetch(url, { purpose: 'metadata' })))
      await guard.fetch('http://127.0.0.1:1/').catch(() => undefined)
      const until = async (done) => { for (let n = 0; n < 1_000 && !done(); n++) await new Promise((resolve) => setTimeout(resolve, 20)) }
      await until(() => active().length > 50)
      const during = active().length
      await guard.close()
      const ended = await Promise.all(hanging)
      server.closeAllConnections()
      await until(() => String(active()) === String(before))
      console.log(JSON.stringify({ before, during, after: active(), ended: [...new Set(ended)] }))
      server.close()
    `
    const run = promisify(execFile)
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', built.outputFiles[0]!.text + program])
    const { before, during, after, ended } = JSON.parse(stdout) as Record<string, unknown>
    expect(during).toBeGreaterThan(50)
    expect(after).toEqual(before)
    expect(ended).toEqual(['closed'])
  })
})

describe('the last check before a request is sent', () => {
  const egress = { allowLoopback: true }

  it('waits for the connection, and learns that it did', async () => {
    let requests = 0
    const server = await listen((_request, response) => void (requests++, response.end()))
    let found = (): void => undefined
    const resolve = () => new Promise<typeof loopback>((done) => (found = () => done(loopback)))
    const { fetch } = resolving({ egress, resolve })
    const looks: boolean[] = []
    const beforeSend = (waited: boolean) => Promise.resolve(void looks.push(waited))
    const url = `http://localhost:${server.port}/`
    const first = fetch(url, { ...post, beforeSend })
    await new Promise((turn) => setImmediate(turn))
    expect(looks).toEqual([])
    found()
    await (await first).text()
    await (await fetch(url, { ...post, beforeSend })).text()
    expect([looks, requests]).toEqual([[true, false], 2])
  })

  it('that refuses prevents the request, on a new and on a kept connection', async () => {
    const bodies: string[] = []
    const server = await listen((request, response) => {
      request.on('data', (chunk) => bodies.push(String(chunk)))
      request.on('end', () => response.end())
    })
    const { fetch } = resolving({ egress })
    const url = `http://127.0.0.1:${server.port}/`
    const refused = new Error('not any more')
    const refusing = { ...post, body: 'refused', beforeSend: () => Promise.reject(refused) }
    expect(await failure(fetch(url, refusing))).toBe(refused)
    await (await fetch(url, post)).text()
    expect(await failure(fetch(url, refusing))).toBe(refused)
    await (await fetch(url, post)).text()
    expect(bodies).toEqual(['{}', '{}'])
  })

  it('does not run without a connection', async () => {
    let looks = 0
    const { fetch } = resolving({ egress, resolve: async () => [{ address: '10.0.0.1', family: 4 }] })
    const beforeSend = () => Promise.resolve(void looks++)
    await failure(fetch('http://localhost:9/', { ...post, beforeSend }))
    await failure(fetch('http://127.0.0.1:9/', { ...post, beforeSend }))
    expect(looks).toBe(0)
  })

  it('is not taken for a request that was given up before its turn', async () => {
    const bodies: string[] = []
    const server = await listen((request, response) => {
      request.on('data', (chunk) => bodies.push(String(chunk)))
      request.on('end', () => response.end())
    })
    const { fetch } = resolving({ egress })
    const url = `http://127.0.0.1:${server.port}/`
    let looks = 0
    const beforeSend = () => Promise.resolve(void looks++)
    for (let turns = 0; turns < 8; turns++) {
      await (await fetch(url, post)).text()
      const controller = new AbortController()
      const given = failure(fetch(url, { ...post, body: 'given up', beforeSend, signal: controller.signal }))
      for (let turn = 0; turn < turns; turn++) await new Promise<void>((next) => process.nextTick(next))
      controller.abort()
      expect(await given).toMatchObject({ code: 'aborted', mayHaveRun: false })
    }
    expect(looks).toBe(0)
    expect(new Set(bodies)).toEqual(new Set(['{}']))
  })

  it('reports that nothing ran if the request ended during the check', async () => {
    const server = await listen((_request, response) => response.end())
    const { fetch } = resolving({ egress })
    const controller = new AbortController()
    const beforeSend = () => new Promise<void>(() => controller.abort())
    const error = await failure(
      fetch(`http://127.0.0.1:${server.port}/`, { ...post, beforeSend, signal: controller.signal }),
    )
    expect(error).toMatchObject({ code: 'aborted', mayHaveRun: false })
  })

  it('runs again before a request follows a trailing slash', async () => {
    const server = await listen((request, response) =>
      request.url === '/mcp/' ? response.end() : void response.writeHead(307, { location: '/mcp/' }).end(),
    )
    const { fetch } = resolving({ egress })
    const looks: boolean[] = []
    const beforeSend = (waited: boolean) => Promise.resolve(void looks.push(waited))
    await (await fetch(`http://127.0.0.1:${server.port}/mcp`, { ...post, beforeSend })).text()
    expect(looks).toEqual([true, true])
  })
})
