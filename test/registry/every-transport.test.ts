import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ConnectInput, Connector, IntegrationRegistryOptions, RegistryStorage } from 'mcp-integrations'
import { stdioServer } from 'mcp-integrations/stdio'
import { testServer } from 'mcp-integrations/testing'
import { eventually } from '../support/eventually.js'
import { ask } from '../support/gate.js'
import { ana, makeRegistry, makeStorage, type TestAgent } from '../support/registry.js'

interface Reach {
  readonly options: Partial<IntegrationRegistryOptions<TestAgent>>
  readonly input: ConnectInput<TestAgent>
}

interface Message {
  readonly id?: number
  readonly method: string
  readonly params?: { readonly name?: string }
}

/** A server whose `act` says how often it ran, and whose `slow` never answers. Runs in a process of its own, too. */
function answering(): (message: Message) => object | undefined {
  let ran = 0
  const tool = (name: string) => ({ name, inputSchema: { type: 'object' } })
  return ({ id, method, params }) => {
    const result = (value: object) => ({ jsonrpc: '2.0', id, result: value })
    const serverInfo = { name: 'x', version: '1' }
    if (method === 'initialize')
      return result({ protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo })
    if (method === 'tools/list') return result({ tools: [tool('act'), tool('slow')] })
    if (method === 'tools/call' && params?.name === 'act')
      return result({ content: [{ type: 'text', text: `ran ${++ran}` }] })
    if (id === undefined || method === 'tools/call') return undefined
    return { jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } }
  }
}

/** A server of HTTP+SSE: its answers come on one stream. */
async function olderServer(): Promise<string> {
  const answer = answering()
  let stream: ServerResponse | undefined
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      stream = response.writeHead(200, { 'content-type': 'text/event-stream' })
      return void stream.write('event: endpoint\ndata: /messages\n\n')
    }
    if (request.url !== '/messages') return void response.writeHead(405).end()
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      response.writeHead(202).end()
      const message = answer(JSON.parse(text) as Message)
      if (message !== undefined) stream?.write(`data: ${JSON.stringify(message)}\n\n`)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/sse`
}

function localServer(): Connector {
  const script = `const answer = (${answering.toString()})()
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const message = answer(JSON.parse(line))
      if (message !== undefined) console.log(JSON.stringify(message))
    })`
  const local = stdioServer({ command: process.execPath, args: ['-e', script], env: {} })
  return { id: 'local', name: 'Notes', local, auth: 'none' }
}

const remote = (era: 'modern' | 'legacy') => (): Promise<Reach> => {
  let ran = 0
  const slow = () => new Promise<string>(() => undefined)
  const server = testServer({
    era,
    tools: [
      { name: 'act', run: () => `ran ${++ran}` },
      { name: 'slow', run: slow },
    ],
  })
  onTestFinished(() => server.close())
  const input = { url: server.url, name: 'Notes', agents: ['assistant'] } as const
  return Promise.resolve({ options: { runtime: { fetch: server.fetch } }, input })
}

const transports: Readonly<Record<string, () => Promise<Reach>>> = {
  'Streamable HTTP of 2026-07-28': remote('modern'),
  'Streamable HTTP of older revisions': remote('legacy'),
  'HTTP+SSE': async () => ({ options: {}, input: { url: await olderServer(), name: 'Notes', agents: ['assistant'] } }),
  'a local process': () =>
    Promise.resolve({
      options: { connectors: [localServer()] },
      input: { connector: 'local', agents: ['assistant'] },
    }),
}

describe.each(Object.entries(transports))('over %s', (_name, reach) => {
  async function open() {
    const { options, input } = await reach()
    const storage: RegistryStorage = makeStorage()
    const make = () => {
      const registry = makeRegistry({ storage, limits: { concurrencyPerIntegration: 1 }, ...options })
      onTestFinished(() => registry.close({ graceMs: 1 }))
      return registry.actingAs(ana)
    }
    const mine = make()
    const { integration } = await mine.connect(input)
    return { mine, id: integration.id, other: make(), toolset: await mine.toolset('assistant') }
  }

  it('an approval lets one call through, however often it is resumed', async () => {
    const { mine, toolset } = await open()
    const { approvalId } = await ask(toolset, {}, 'notes__act')
    await mine.approvals.decide(approvalId, 'approve')
    const ends = await Promise.all([1, 2, 3].map(() => toolset.resume(approvalId)))
    expect(ends.filter(({ type }) => type === 'completed')).toMatchObject([{ modelText: 'ran 1' }])
    expect(await toolset.resume(approvalId)).toMatchObject({ type: 'not_run', because: 'already_used' })
    expect(await mine.approvals.get(approvalId)).toMatchObject({ status: 'finished' })
  })

  it('a call that waited is decided again before it is sent', async () => {
    const { mine, id, other, toolset } = await open()
    await mine.configureTools(id, { act: { approval: 'auto' }, slow: { approval: 'auto' } })
    const started: string[] = []
    mine.on('call_started', ({ tool }) => started.push(tool))
    const giveUp = new AbortController()
    const first = toolset.call('notes__slow', {}, { signal: giveUp.signal }).catch((error: unknown) => error)
    await eventually(() => expect(started).toEqual(['slow']))
    const second = toolset.call('notes__act', {}).catch((error: unknown) => error)
    await eventually(() => expect(started).toEqual(['slow', 'act']))
    await other.configureTools(id, { act: { enabled: false } })
    giveUp.abort()
    expect(await first).toMatchObject({ code: 'aborted' })
    expect(await second).toMatchObject({ code: 'tool_disabled', mayHaveRun: false })
    await mine.configureTools(id, { act: { enabled: true } })
    expect(await toolset.call('notes__act', {})).toMatchObject({ type: 'completed', modelText: 'ran 1' })
  })
})
