import { readFileSync } from 'node:fs'
import { problemStatus } from 'mcp-integrations/http'
import { describe, expect, it, vi } from 'vitest'
import { ask } from '../support/gate.js'
import { ana, bo, outsider } from '../support/registry.js'
import { expectCpuBelow } from '../support/cpu.js'
import { basePath, frontOf, openFront, origin } from './support.js'

const json = { 'content-type': 'application/json' }

/** A JSON object with many names. */
function names(prefix: string, many: number, value = '"v"'): string {
  return `{${Array.from({ length: many }, (_, n) => `"${prefix}${n}":${value}`).join(',')}}`
}

/** Something that changes the integration, as a browser would send it. */
async function attempt(headers: Record<string, string>, options: Parameters<typeof openFront>[0] = {}) {
  const { request, id, mine } = await openFront(options)
  const response = await request(`/integrations/${id}/disable`, { method: 'POST', headers })
  const { enabled } = await mine.get(id)
  expect(enabled).toBe(response.status !== 200)
  return response
}

describe('a request that changes something', () => {
  it.each<[string, Record<string, string>]>([
    ['of a page of the origin', { 'sec-fetch-site': 'same-origin', origin, cookie: 'a=b' }],
    ['of a browser without Sec-Fetch-Site', { origin, cookie: 'a=b' }],
    ['of a browser without Origin', { 'sec-fetch-site': 'same-origin', cookie: 'a=b' }],
    ['of a program', {}],
  ])('%s is carried out', async (_what, headers) => {
    expect((await attempt(headers)).status).toBe(200)
  })

  it.each<[string, Record<string, string>]>([
    ['of a foreign page', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example', cookie: 'a=b' }],
    ['of a page on a sibling port', { 'sec-fetch-site': 'same-site', origin: 'https://app.example:8443' }],
    ['of a sibling domain, by a form', { 'sec-fetch-site': 'same-site', cookie: 'a=b' }],
    ['typed in by nobody', { 'sec-fetch-site': 'none', cookie: 'a=b' }],
    ['of a sandboxed frame', { origin: 'null', cookie: 'a=b' }],
    ['with a foreign Origin', { origin: 'https://evil.example' }],
    ['with an Origin that begins like ours', { origin: 'https://app.example.evil.example' }],
    ['with our host over http', { origin: 'http://app.example' }],
    ['with two words that differ', { 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' }],
    ['with a cookie and no word of where it comes from', { cookie: 'a=b' }],
  ])('%s is refused', async (_what, headers) => {
    const response = await attempt(headers)
    expect(response.status).toBe(403)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await response.json()).toMatchObject({ code: 'cross_site', status: 403 })
    expect(response.headers.has('access-control-allow-origin')).toBe(false)
  })

  it('is compared with the public origin, not with the URL behind a TLS proxy', async () => {
    const { handler, id } = await openFront()
    const behind = (headers: Record<string, string>) =>
      handler(
        new Request(`http://10.0.0.7:3000${basePath}/integrations/${id}/disable`, {
          method: 'POST',
          headers: { host: 'app.example', 'x-session': JSON.stringify(ana), cookie: 'a=b', ...headers },
        }),
      )
    expect((await behind({ origin: 'http://10.0.0.7:3000' })).status).toBe(403)
    expect((await behind({ origin })).status).toBe(200)
  })
})

describe('the host', () => {
  const get = (handler: (request: Request) => Promise<Response>, headers: Record<string, string>) =>
    handler(
      new Request(`http://127.0.0.1:3000${basePath}/integrations`, {
        headers: { 'x-session': JSON.stringify(ana), ...headers },
      }),
    )

  it.each([
    ['app.example', 200],
    ['app.example:443', 200],
    ['APP.example', 200],
    ['evil.example', 421],
    ['app.example:8443', 421],
    ['app.example.evil.example', 421],
    ['127.0.0.1:3000', 421],
  ])('%s is answered %i', async (host, status) => {
    const { handler } = await openFront()
    expect((await get(handler, { host })).status).toBe(status)
  })

  it.each([
    ['localhost:3000', 200],
    ['127.0.0.1:3000', 200],
    ['[::1]:3000', 200],
    ['mcp.localhost', 200],
    ['rebound.example', 421],
    ['localhost.evil.example', 421],
    ['127.0.0.1.evil.example', 421],
  ])('%s is answered %i where no origin is known', async (host, status) => {
    const { registry } = await openFront()
    const response = await get(frontOf(registry, { origin: undefined }).handler, { host })
    expect(response.status).toBe(status)
    if (status === 421)
      expect((await response.json()) as object).toMatchObject({ detail: expect.stringContaining('origin') as unknown })
  })

  it('is taken from a proxy only with trustForwardedHost', async () => {
    const { registry } = await openFront()
    const headers = { host: 'internal:3000', 'x-forwarded-host': 'app.example' }
    expect((await get(frontOf(registry).handler, headers)).status).toBe(421)
    expect((await get(frontOf(registry, { trustForwardedHost: true }).handler, headers)).status).toBe(200)
  })
})

describe('bad input', () => {
  it.each<[string, RequestInit, number, string]>([
    ['a wrong content type', { headers: { 'content-type': 'text/plain' }, body: '{}' }, 415, 'unsupported_media_type'],
    [
      'a form',
      { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=b' },
      415,
      'unsupported_media_type',
    ],
    ['no content type', { headers: { 'content-type': '' }, body: '{}' }, 415, 'unsupported_media_type'],
    ['malformed JSON', { headers: json, body: '{"url":' }, 400, 'invalid_input'],
    ['no body', { headers: json }, 400, 'invalid_input'],
    ['another shape', { headers: json, body: '[]' }, 400, 'invalid_input'],
    [
      'a field that is not known',
      { headers: json, body: '{"url":"https://a.example","name":"A","agents":["assistant"],"x":1}' },
      400,
      'invalid_input',
    ],
    [
      'a polluted prototype',
      { headers: json, body: '{"__proto__":{"url":"https://a.example"},"name":"A","agents":["assistant"]}' },
      400,
      'invalid_input',
    ],
    ['a body too large', { headers: json, body: JSON.stringify({ name: 'x'.repeat(2_000) }) }, 413, 'body_too_large'],
  ])('%s is refused with its code, and nothing is stored', async (_what, init, status, code) => {
    const { request, mine } = await openFront({ http: { maxBodyBytes: 1_000 } })
    const response = await request('/integrations', { method: 'POST', ...init })
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ code, status })
    expect(await mine.list()).toHaveLength(1)
  })

  it('limits a body without a Content-Length', async () => {
    const { request } = await openFront({ http: { maxBodyBytes: 1_000 } })
    let sent = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 100
        controller.enqueue(new Uint8Array(100).fill(32))
      },
    })
    const init = { method: 'POST', headers: json, body, duplex: 'half' }
    expect((await request('/integrations', init as RequestInit)).status).toBe(413)
    expect(sent).toBeLessThan(2_000)
  })

  it.each<[string, string, string, string]>([
    ['fields', 'POST', '/integrations', names('x', 80_000)],
    [
      'headers',
      'POST',
      '/integrations',
      `{"name":"x","url":"https://a.example","agents":["assistant"],"headers":${names('k', 60_000)}}`,
    ],
    [
      'bad headers',
      'POST',
      '/integrations',
      `{"name":"x","url":"https://a.example","agents":["assistant"],"headers":${names('k ', 60_000)}}`,
    ],
    ['tools to configure', 'PATCH', '/integrations/x/tools', names('k', 60_000, '{"x":1}')],
    ['tools to accept', 'POST', '/integrations/x/tools/accept', `{"tools":${names('k', 80_000)}}`],
    [
      'answers',
      'POST',
      '/import',
      JSON.stringify({ text: '{"mcpServers":{}}', answers: JSON.parse(names('k', 30_000, '{}')) as object }),
    ],
  ])('of very many %s is refused soon, and an error is short', async (_what, method, path, body) => {
    const { request } = await openFront()
    const headers = { ...json, 'if-match': '"1"' }
    let response: Response | undefined
    await expectCpuBelow(1000, async () => (response = await request(path, { method, body, headers })))
    expect(response!.status).toBe(400)
    const problem = (await response!.json()) as { fields: unknown[] }
    expect(problem.fields.length).toBeLessThanOrEqual(50)
    expect(JSON.stringify(problem).length).toBeLessThan(20_000)
  })

  it('says whether a value is missing or wrong, and how many there may be', async () => {
    const { request } = await openFront()
    const agents = Array.from({ length: 201 }, () => 'assistant')
    const sent = { name: 5, url: `https://a.example/${'a'.repeat(2048)}`, agents, headers: { 'X-Key': 7 } }
    const response = await request('/integrations', { method: 'POST', headers: json, body: JSON.stringify(sent) })
    const { fields } = (await response.json()) as { fields: readonly { path: string; message: string }[] }
    expect(Object.fromEntries(fields.map(({ path, message }) => [path, message]))).toEqual({
      name: 'must be string',
      url: 'must have at most 2048 characters',
      agents: 'must have at most 200 items',
      'headers.X-Key': 'must be string',
    })
    const empty = await request('/integrations', { method: 'POST', headers: json, body: '{}' })
    expect(await empty.json()).toMatchObject({
      detail: expect.stringContaining('agents must be array, and is missing') as string,
    })
  })

  it('with a header that would get lost is refused', async () => {
    const { request, server } = await openFront()
    const body = `{"name":"x","url":"${server.url}","agents":["assistant"],"headers":{"__proto__":"v"}}`
    const response = await request('/integrations', { method: 'POST', body, headers: json })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      fields: [{ path: 'headers', message: 'must not have the name __proto__' }],
    })
  })

  it('names the invalid fields, never a value', async () => {
    const { request } = await openFront()
    const body = JSON.stringify({ url: 'https://a.example', name: '', agents: [], headers: { 'X-Key': 's3cret\n' } })
    const response = await request('/integrations', { method: 'POST', headers: json, body })
    const text = await response.text()
    expect(JSON.parse(text)).toMatchObject({
      fields: expect.arrayContaining([expect.objectContaining({ path: 'name' })]) as unknown,
    })
    expect(text).not.toContain('s3cret')
  })

  it.each([
    ['/integrations?limit=0', 400],
    ['/integrations?limit=many', 400],
    ['/integrations?unknown=1', 400],
    ['/audit?order=best', 400],
    ['/approvals?status=maybe', 400],
    ['/nothing', 404],
    ['/integrations/%E0%A4%A', 404],
    ['/integrations/..%2F..%2Fgrants', 404],
  ])('GET %s is answered %i', async (path, status) => {
    const { request } = await openFront()
    const response = await request(path)
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
  })

  it('lists the methods of a path', async () => {
    const { request, id } = await openFront()
    const response = await request(`/integrations/${id}`, { method: 'PUT' })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('GET, PATCH, DELETE')
    expect((await request('/integrations', { method: 'OPTIONS' })).status).toBe(405)
  })

  it("gives the same response for another person's integration as for an unknown one", async () => {
    const { request, id, toolset } = await openFront()
    const { approvalId } = await ask(await toolset())
    const told = async (path: string, which: string, as: typeof bo) => {
      const response = await request(path.replace('{id}', which), { as })
      return [response.status, (await response.text()).replaceAll(which, '<id>')]
    }
    for (const as of [bo, outsider])
      for (const [path, which] of [
        ['/integrations/{id}', id],
        ['/integrations/{id}/tools', id],
        ['/approvals/{id}', approvalId],
      ] as const)
        expect(await told(path, which, as)).toEqual(await told(path, 'unknown', as))
  })

  it('refuses a stale If-Match, and requires one where a revision must have been read', async () => {
    const { request, id } = await openFront()
    const edit = (headers: Record<string, string>) =>
      request(`/integrations/${id}`, { method: 'PATCH', headers: { ...json, ...headers }, body: '{"name":"Other"}' })
    const tag = (await request(`/integrations/${id}`)).headers.get('etag')!
    expect((await edit({ 'if-match': tag })).status).toBe(200)
    for (const stale of [tag, 'W/"2"', '"x"', 'nonsense']) {
      const response = await edit({ 'if-match': stale })
      expect(response.status).toBe(412)
      expect(await response.json()).toMatchObject({ code: 'precondition_failed' })
    }
    expect((await edit({ 'if-match': '*' })).status).toBe(200)
    const tools = { method: 'PATCH', headers: json, body: '{"read_note":{"enabled":false}}' }
    expect((await request(`/integrations/${id}/tools`, tools)).status).toBe(428)
  })
})

describe('an answer', () => {
  it('is not stored, framed, sniffed or shared with other origins', async () => {
    const { request } = await openFront()
    for (const path of ['/integrations', '/nothing']) {
      const { headers } = await request(path)
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'")
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
      expect(headers.has('access-control-allow-origin')).toBe(false)
    }
  })

  it('never holds a secret', async () => {
    const { client, request, server } = await openFront()
    const made = await client.connect({
      url: server.url,
      name: 'Secret',
      agents: ['assistant'],
      headers: { 'X-Api-Key': 'hunter2-hunter2' },
    })
    const { id } = made.integration
    for (const path of [`/integrations/${id}`, '/integrations', '/audit', '/events', `/integrations/${id}/tools`])
      expect(await (await request(path)).text()).not.toContain('hunter2')
    expect(JSON.stringify(made)).not.toContain('hunter2')
  })

  it('is 401 for an unknown person, or the host’s own response if it returns one', async () => {
    const { registry } = await openFront()
    const asked = new Request(`${origin}${basePath}/integrations`)
    const anonymous = await frontOf(registry).handler(asked)
    expect(anonymous.status).toBe(401)
    expect(await anonymous.json()).toMatchObject({ code: 'unauthenticated' })
    const own = frontOf(registry, { actor: () => Response.redirect('https://app.example/sign-in', 302) })
    expect((await own.handler(new Request(asked))).headers.get('location')).toBe('https://app.example/sign-in')
  })

  it('hides the details of a foreign error, and passes them to onError', async () => {
    const { registry } = await openFront()
    const onError = vi.fn()
    const broken = new Error('password=hunter2')
    const { handler } = frontOf(registry, { onError, actor: () => Promise.reject(broken) })
    const response = await handler(new Request(`${origin}${basePath}/integrations`))
    expect(response.status).toBe(500)
    expect(await response.text()).not.toContain('hunter2')
    expect(onError).toHaveBeenCalledExactlyOnceWith(broken)
  })

  it('has one status for each code, the same as in the guide', () => {
    const guide = readFileSync(new URL('../../docs/http.md', import.meta.url), 'utf8')
    const rows = [...guide.matchAll(/^\| `(\w+)` \| (\d{3}) \|$/gm)].map(([, code, status]) => [code, Number(status)])
    expect(Object.fromEntries(rows)).toEqual(problemStatus)
  })
})

describe('the page', () => {
  const ui = {
    html: ({ basePath: base }: { basePath: string }) =>
      `<!doctype html><script src="${base}/assets/page-1a2b.js"></script>`,
    assets: new Map([['page-1a2b.js', { type: 'text/javascript; charset=utf-8', body: 'void 0' }]]),
    trustedTypes: ['lit-html'],
  }

  it('is served under a strict policy to signed-in people, with immutable assets', async () => {
    const { request, handler } = await openFront({ http: { ui } })
    for (const path of ['', '/']) {
      const page = await request(path)
      expect(page.status).toBe(200)
      expect(await page.text()).toContain(`${basePath}/assets/page-1a2b.js`)
      const policy = page.headers.get('content-security-policy')!
      expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).toContain('trusted-types lit-html')
    }
    const asset = await request('/assets/page-1a2b.js')
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(asset.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect((await request('/assets/other.js')).status).toBe(404)
    expect((await handler(new Request(`${origin}${basePath}/`))).status).toBe(401)
  })

  it('can be framed by its own origin with an option', async () => {
    const { request } = await openFront({ http: { ui, frameAncestors: 'self' } })
    expect((await request('/')).headers.get('content-security-policy')).toContain("frame-ancestors 'self'")
  })
})
