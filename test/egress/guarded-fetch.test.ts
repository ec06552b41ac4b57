import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { IntegrationError } from '../../src/model/errors.js'
import { endAll, failure, guarded, listen, manualTimers } from './support.js'

afterEach(endAll)

describe('a request', () => {
  it('arrives with its method, headers and body, and its answer is a Response', async () => {
    const server = await listen((request, response) => {
      request.setEncoding('utf8').once('data', (body: string) => {
        response.setHeader('content-type', 'application/json')
        response.setHeader('set-cookie', 'session=1')
        response.end(
          JSON.stringify({ method: request.method, path: request.url, type: request.headers['x-type'], body }),
        )
      })
    })
    const response = await guarded().fetch(`${server.url}/mcp?tenant=1`, {
      method: 'post',
      headers: new Headers({ 'X-Type': 'one' }),
      body: '{"é":1}',
    })
    expect(response).toBeInstanceOf(Response)
    expect([response.status, response.ok, response.url]).toEqual([200, true, `${server.url}/mcp?tenant=1`])
    expect(response.headers.get('set-cookie')).toBeNull()
    expect(response.bodyUsed).toBe(false)
    expect(await response.json()).toEqual({ method: 'POST', path: '/mcp?tenant=1', type: 'one', body: '{"é":1}' })
    expect(response.bodyUsed).toBe(true)
    await expect(response.text()).rejects.toThrow(TypeError)
  })

  it('reads a body in every way that a Response has', async () => {
    const server = await listen((_request, response) => {
      response.setHeader('content-type', 'application/x-www-form-urlencoded')
      response.end('a=1')
    })
    const { fetch } = guarded()
    const get = () => fetch(server.url)
    expect(await (await get()).text()).toBe('a=1')
    expect((await (await get()).arrayBuffer()).byteLength).toBe(3)
    expect(await (await (await get()).blob()).text()).toBe('a=1')
    expect((await (await get()).formData()).get('a')).toBe('1')
    const response = await get()
    const copy = response.clone()
    expect([await response.text(), await copy.text()]).toEqual(['a=1', 'a=1'])
    const streamed = await get()
    expect(streamed.body).not.toBeNull()
    expect(await streamed.text()).toBe('a=1')
  })

  it('sends forms and bytes, and uses one connection for requests in a row', async () => {
    const server = await listen((request, response) => void request.pipe(response))
    const { fetch } = guarded()
    const post = async (body: BodyInit) => (await fetch(server.url, { method: 'POST', body })).text()
    expect(await post(new URLSearchParams({ a: 'b c' }))).toBe('a=b+c')
    expect(await post(new TextEncoder().encode('bytes'))).toBe('bytes')
    expect(server.connections).toBe(1)
  })

  it('has no body after 204, and leaves the connection usable', async () => {
    const server = await listen((_request, response) => response.writeHead(204).end())
    const { fetch } = guarded()
    expect((await fetch(server.url, { method: 'DELETE' })).body).toBeNull()
    expect(await (await fetch(server.url, { method: 'DELETE' })).text()).toBe('')
    expect(server.connections).toBe(1)
  })

  it.each<[string, RequestInit]>([
    ['a line break in a value', { headers: { 'x-key': 'canary\r\nx: y' } }],
    ['NUL in a value', { headers: { 'x-key': 'canary\0' } }],
    ['a character beyond latin-1', { headers: { 'x-key': 'canary€' } }],
    ['a space in a name', { headers: [['canary x', '1']] }],
    ['an empty name', { headers: [['', 'canary']] }],
    ['a host header', { headers: { Host: 'canary' } }],
    ['a length of its own', { headers: { 'content-length': '3' } }],
    ['a transfer encoding', { headers: { 'Transfer-Encoding': 'chunked' } }],
    ['a stream as body', { method: 'POST', body: new ReadableStream() }],
    ['a method that is no method', { method: 'CONNECT' }],
  ])('is refused unsent with %s', async (_what, init) => {
    const server = await listen((_request, response) => response.end())
    const error = await failure(guarded().fetch(server.url, init))
    expect(error).toMatchObject({ code: 'invalid_input', mayHaveRun: false })
    expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain('canary')
    expect(server.connections).toBe(0)
  })

  it('keeps header names that objects have meanings for', async () => {
    const server = await listen((request, response) => response.end(request.headers['constructor']))
    const response = await guarded().fetch(server.url, {
      headers: [
        ['constructor', 'mine'],
        ['__proto__', 'x'],
      ],
    })
    expect(await response.text()).toBe('mine')
  })
})

describe('a redirect', () => {
  const secrets = { authorization: 'Bearer canary', 'x-api-key': 'canary', cookie: 'canary' }

  it.each([300, 301, 302, 303, 304, 305, 307, 308, 399])(
    'with status %i is never followed with credentials',
    async (status) => {
      const sink = await listen((_request, response) => response.end('{}'))
      const server = await listen((_request, response) => response.writeHead(status, { location: sink.url }).end())
      const { fetch } = guarded()
      for (const purpose of ['mcp', 'token'] as const) {
        const error = await failure(
          fetch(server.url, { method: 'POST', body: 'canary', headers: secrets, purpose, redirect: 'follow' }),
        )
        expect(error).toMatchObject({ code: 'redirect_refused', httpStatus: status, mayHaveRun: true })
        expect(inspect(error)).not.toContain('canary')
        expect(await failure(fetch(server.url, { headers: secrets, purpose }))).toMatchObject({ mayHaveRun: false })
      }
      expect(sink.connections).toBe(0)
    },
  )

  it('of metadata is followed without credentials', async () => {
    const seen: unknown[] = []
    const sink = await listen((request, response) => {
      seen.push(request.headers)
      response.end('{"issuer":"x"}')
    })
    const server = await listen((_request, response) =>
      response.writeHead(307, { location: `${sink.url}/there` }).end(),
    )
    const response = await guarded().fetch(server.url, {
      headers: { ...secrets, accept: 'application/json' },
      purpose: 'metadata',
    })
    expect(await response.json()).toEqual({ issuer: 'x' })
    expect([response.redirected, response.url]).toEqual([true, `${sink.url}/there`])
    expect(seen).toMatchObject([{ accept: 'application/json' }])
    expect(JSON.stringify(seen)).not.toContain('canary')
  })

  it.each([
    ['to itself for ever', '/'],
    ['to a metadata service', 'http://169.254.169.254/canary'],
    ['to a private address', 'https://10.0.0.1/canary'],
    ['to a public http: URL', 'http://example.com/canary'],
    ['to a file', 'file:///canary'],
    ['to nowhere', ''],
    ['to what is no URL', 'https://['],
    ['with credentials', 'https://u:canary@example.com/'],
  ])('of metadata %s is refused', async (_what, location) => {
    let requests = 0
    const server = await listen((_request, response) => {
      requests++
      response.writeHead(302, location === '' ? {} : { location }).end()
    })
    const error = await failure(guarded().fetch(server.url, { purpose: 'metadata' }))
    expect(error).toMatchObject({ code: 'redirect_refused', mayHaveRun: false })
    expect(inspect(error, { depth: 9 })).not.toContain('canary')
    expect(requests).toBe(location === '/' ? 4 : 1)
  })

  it('is not followed by a fetch of the host either', async () => {
    const seen: unknown[] = []
    const fetch: typeof globalThis.fetch = async (url, init) => {
      seen.push([url, init?.redirect])
      return new Response(null, { status: 302, headers: { location: 'https://other.example/' } })
    }
    const { fetch: ours } = guarded({ runtime: { ...manualTimers(), fetch } })
    expect(await failure(ours('https://example.com/mcp', { method: 'POST', body: '{}' }))).toMatchObject({
      code: 'redirect_refused',
    })
    expect(seen).toEqual([['https://example.com/mcp', 'manual']])
  })
})

describe('a fetch of the host', () => {
  it('sits under every rule', async () => {
    let requests = 0
    const fetch: typeof globalThis.fetch = async () => {
      requests++
      return new Response('x'.repeat(2_000))
    }
    const guard = guarded({ runtime: { ...manualTimers(), fetch }, maxResponseBytes: 1_000 })
    expect(await failure(guard.fetch('https://169.254.169.254/'))).toMatchObject({ code: 'url_refused' })
    expect(await failure(guard.fetch('https://example.com/', { headers: { a: '\n' } }))).toMatchObject({
      code: 'invalid_input',
    })
    expect(requests).toBe(0)
    const response = await guard.fetch('https://example.com/')
    expect(await failure(response.text())).toMatchObject({ code: 'response_too_large' })
    await guard.close()
    expect(await failure(guard.fetch('https://example.com/'))).toMatchObject({ code: 'closed' })
    expect(requests).toBe(1)
  })

  it('reports failures with our own messages', async () => {
    const cases: [Error, object][] = [
      [
        Object.assign(new TypeError('canary'), { cause: { code: 'ENOTFOUND' } }),
        { code: 'unreachable', reason: 'dns', mayHaveRun: false },
      ],
      [
        Object.assign(new Error('canary'), { code: 'ECONNREFUSED' }),
        { code: 'unreachable', reason: 'refused', mayHaveRun: false },
      ],
      [
        Object.assign(new TypeError('canary'), { cause: { code: 'CERT_HAS_EXPIRED' } }),
        { reason: 'tls', mayHaveRun: false },
      ],
      [new TypeError('canary'), { code: 'unreachable', reason: 'reset', mayHaveRun: true }],
      [new IntegrationError('session_lost', 'ours'), { code: 'session_lost' }],
    ]
    for (const [thrown, expected] of cases) {
      const { fetch } = guarded({ runtime: { ...manualTimers(), fetch: () => Promise.reject(thrown) } })
      const error = await failure(fetch('https://example.com/?canary', { method: 'POST', body: '{}' }))
      expect(error).toMatchObject(expected)
      expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain('canary')
    }
  })
})

describe('a deadline', () => {
  it.each<[string, unknown, string]>([
    ['an abort', undefined, 'aborted'],
    ['a platform timeout', new DOMException('late', 'TimeoutError'), 'timeout'],
    ['a coded reason', new IntegrationError('integration_disabled', 'Off.'), 'integration_disabled'],
  ])('of the caller ends a request as %s means it', async (_what, reason, code) => {
    const controller = new AbortController()
    const server = await listen(() => controller.abort(reason))
    const error = await failure(guarded().fetch(server.url, { method: 'POST', body: '{}', signal: controller.signal }))
    expect(error).toMatchObject({ code, mayHaveRun: true })
  })

  it('that has passed sends nothing', async () => {
    const server = await listen((_request, response) => response.end())
    for (const purpose of ['mcp', 'token', 'metadata'] as const) {
      const signal = AbortSignal.abort()
      expect(await failure(guarded().fetch(server.url, { signal, purpose }))).toMatchObject({
        code: 'aborted',
        mayHaveRun: false,
      })
    }
    expect(server.connections).toBe(0)
  })

  it('of their own bounds OAuth requests', async () => {
    const runtime = manualTimers()
    const server = await listen((_request, response) => {
      response.write('{')
      runtime.fireAll()
    })
    for (const [purpose, method] of [
      ['token', 'POST'],
      ['metadata', 'GET'],
    ] as const) {
      const error = await failure(guarded({ runtime }).fetch(server.url, { method, purpose }))
      expect(error).toMatchObject({ code: 'timeout', mayHaveRun: purpose === 'token' })
    }
    expect(runtime.count).toBe(0)
  })

  it('leaves no listener on a signal that outlives its requests', async () => {
    const server = await listen((_request, response) => response.end('{}'))
    const { fetch } = guarded()
    const { signal } = new AbortController()
    const listeners = new Set<unknown>()
    signal.addEventListener = (_type: string, listener: unknown) => void listeners.add(listener)
    signal.removeEventListener = (_type: string, listener: unknown) => void listeners.delete(listener)
    for (let request = 0; request < 20; request++) await (await fetch(server.url, { signal })).json()
    await failure(fetch('http://127.0.0.1:1/', { signal }))
    expect(listeners.size).toBe(0)
  })
})
