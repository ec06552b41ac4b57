import { describe, expect, it } from 'vitest'
import { expectCpuBelow } from '../support/cpu.js'
import { openGateway, url } from './support.js'

const revision = '2026-07-28'
const meta = {
  'io.modelcontextprotocol/protocolVersion': revision,
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
}
const _meta = JSON.stringify(meta)

/** A request of a client of 2026-07-28. */
function send(
  gateway: Awaited<ReturnType<typeof openGateway>>['gateway'],
  method: string,
  body: string,
  person = 'ana',
) {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    authorization: `Bearer ${person}`,
    'mcp-protocol-version': revision,
    'mcp-method': method,
    'mcp-name': 'notes__read_note',
  }
  return gateway(new Request(url, { method: 'POST', headers, body }))
}

const callOf = (args: string) =>
  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"notes__read_note","arguments":${args},"_meta":${_meta}}}`
const listing = `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":${_meta}}}`
const listening = `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},"_meta":${_meta}}}`

describe('a client that floods', () => {
  it.each([
    ['very many lists', `{"id":[${'[],'.repeat(340_000)}[]]}`],
    ['very many names', `{${Array.from({ length: 70_000 }, (_, n) => `"k${n}":1`).join(',')}}`],
    ['depth', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['a long text', `{"id":"${'x'.repeat(4_000_000)}"}`],
  ])('with %s is refused before anything reads it', async (_what, args) => {
    const { gateway } = await openGateway()
    let response: Response | undefined
    await expectCpuBelow(500, async () => (response = await send(gateway, 'tools/call', callOf(args))))
    expect(response!.status).toBe(413)
    expect(await response!.json()).toMatchObject({ jsonrpc: '2.0', error: { message: expect.any(String) as string } })
  })

  it('is told what is wrong with arguments that are read', async () => {
    const { gateway } = await openGateway()
    const response = await send(gateway, 'tools/call', callOf(`${'{"id":'.repeat(70)}1${'}'.repeat(70)}`))
    expect(await response.text()).toContain('nests deeper than 64 levels')
  })

  it('with streams has its own places only, which are free again when a stream ends', async () => {
    const { gateway } = await openGateway()
    const streams: Response[] = []
    for (let n = 0; n < 150; n++) {
      const response = await send(gateway, 'subscriptions/listen', listening)
      if (response.status === 200) streams.push(response)
      else expect(response.status).toBe(429)
    }
    expect(streams).toHaveLength(100)
    expect((await send(gateway, 'tools/list', listing)).status).toBe(429)
    expect((await send(gateway, 'tools/list', listing, 'bo')).status).toBe(200)
    await streams[0]!.body!.cancel()
    for (let n = 0; n < 150; n++) expect((await send(gateway, 'tools/list', listing)).status).toBe(200)
    for (const stream of streams.slice(1)) await stream.body!.cancel()
  })

  it('whose request the host gives up leaves its place', async () => {
    const { gateway } = await openGateway()
    const gone = new AbortController()
    for (let n = 0; n < 100; n++) {
      const { headers } = new Request(url, {
        headers: { 'mcp-protocol-version': revision, 'mcp-method': 'subscriptions/listen' },
      })
      for (const [name, value] of Object.entries({
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        authorization: 'Bearer ana',
      }))
        headers.set(name, value)
      await gateway(new Request(url, { method: 'POST', headers, body: listening, signal: gone.signal }))
    }
    expect((await send(gateway, 'tools/list', listing)).status).toBe(429)
    gone.abort()
    await expect.poll(async () => (await send(gateway, 'tools/list', listing)).status).toBe(200)
  })
})

describe('an error of the host', () => {
  it('reaches its log and no client', async () => {
    const errors: unknown[] = []
    let isDown = false
    const { gateway } = await openGateway(
      { onError: (error) => errors.push(error) },
      {
        agents: async () => {
          if (isDown) throw new Error('canary-password')
          return ['assistant', 'builder']
        },
      },
    )
    isDown = true
    for (const [method, body] of [
      ['tools/list', listing],
      ['tools/call', callOf('{"id":"1"}')],
    ] as const) {
      const text = await (await send(gateway, method, body)).text()
      expect(text).toContain('failed unexpectedly')
      expect(text).not.toContain('canary')
    }
    expect(errors.map(String)).toEqual(['Error: canary-password', 'Error: canary-password'])
  })

  it('in its authentication is a response of its own', async () => {
    const errors: unknown[] = []
    const { gateway } = await openGateway({
      onError: (error) => errors.push(error),
      actor: () => {
        throw new Error('canary-password')
      },
    })
    const response = await send(gateway, 'tools/list', listing)
    expect(response.status).toBe(500)
    expect(await response.text()).not.toContain('canary')
    expect(errors).toHaveLength(1)
  })
})
