import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ActorIntegrations, Connector } from 'mcp-integrations'
import { stdioServer } from 'mcp-integrations/stdio'
import { onTestFinished } from 'vitest'
import { makeRegistry } from '../../support/registry.js'

/** A request as a server in the field gets it. */
export interface FieldRequest {
  readonly verb: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** The JSON-RPC method; the HTTP verb where there is none. */
  readonly method: string
  readonly id: unknown
  readonly params: Readonly<Record<string, unknown>>
}

/** What it answers: a status with a body as text, or JSON as `json`. */
export interface FieldAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly json?: unknown
}

/** How a server answers one request; `undefined`: as a right one would. */
export type Behaviour = (request: FieldRequest) => FieldAnswer | undefined | Promise<FieldAnswer | undefined>

export const tool = { name: 'echo', description: 'Says it again.', inputSchema: { type: 'object' } }
export const ana = { workspaceId: 'acme', userId: 'ana' } as const

/** A right answer of the 2025 revisions, as text: what a case changes of it, it writes itself. */
export function right({ method, id }: FieldRequest, tools: readonly unknown[] = [tool]): FieldAnswer {
  const result = (value: object): FieldAnswer => ({ json: { jsonrpc: '2.0', id, result: value } })
  switch (method) {
    case 'initialize':
      return result({
        protocolVersion: '2025-06-18',
        capabilities: { tools: {} },
        serverInfo: { name: 'field', version: '1' },
      })
    case 'tools/list':
      return result({ tools })
    case 'tools/call':
      return result({ content: [{ type: 'text', text: 'done' }] })
    case 'ping':
      return result({})
    case 'GET':
    case 'DELETE':
      return { status: 405 }
    default:
      return method.startsWith('notifications/')
        ? { status: 202 }
        : { json: { jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } } }
  }
}

/** A server that listens. */
export interface FieldServer {
  readonly url: string
  readonly requests: readonly FieldRequest[]
  /** The JSON-RPC methods that were sent, from the n-th request on. */
  sent(from?: number): readonly string[]
  /** Answers otherwise from now on. */
  become(behaviour: Behaviour): void
}

/** Starts a server on loopback that answers rightly wherever the case says nothing else. */
export async function listen(first: Behaviour = () => undefined, path = '/mcp'): Promise<FieldServer> {
  let behaviour = first
  const requests: FieldRequest[] = []
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      void (async () => {
        const text = Buffer.concat(chunks).toString()
        const message = (text === '' ? {} : JSON.parse(text)) as Partial<FieldRequest>
        const verb = incoming.method ?? ''
        const request: FieldRequest = {
          verb,
          path: incoming.url ?? '',
          headers: incoming.headers,
          method: message.method ?? verb,
          id: message.id,
          params: message.params ?? {},
        }
        requests.push(request)
        const { status = 200, headers = {}, body, json } = (await behaviour(request)) ?? right(request)
        const type: Record<string, string> = json === undefined ? {} : { 'content-type': 'application/json' }
        outgoing.writeHead(status, { ...type, ...headers })
        outgoing.end(json === undefined ? (body ?? '') : JSON.stringify(json))
      })()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    requests,
    sent: (from = 0) => requests.slice(from).map(({ method }) => method),
    become: (next) => (behaviour = next),
  }
}

/** A server of HTTP+SSE: answers come on the stream, requests go to the endpoint that it names. */
export interface OlderServer {
  readonly url: string
  /** Forgets its streams without ending them; requests for them are refused with this status. */
  forget(status: number): void
}

/** Starts one on loopback that answers rightly. */
export async function listenOlder(): Promise<OlderServer> {
  const streams = new Map<string, ServerResponse>()
  let opened = 0
  let refusal = 404
  const server = createServer((incoming, outgoing) => {
    const { pathname, searchParams } = new URL(incoming.url ?? '', 'http://localhost')
    if (incoming.method === 'GET' && pathname === '/sse') {
      streams.set(String(++opened), outgoing)
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' })
      return void outgoing.write(`event: endpoint\ndata: /messages?stream=${opened}\n\n`)
    }
    if (incoming.method !== 'POST' || pathname !== '/messages') return void outgoing.writeHead(405).end()
    let text = ''
    incoming.on('data', (chunk: Buffer) => (text += chunk.toString()))
    incoming.on('end', () => {
      const stream = streams.get(searchParams.get('stream') ?? '')
      if (stream === undefined) return void outgoing.writeHead(refusal).end()
      outgoing.writeHead(202).end('Accepted')
      const { json } = right(JSON.parse(text) as FieldRequest)
      if (json !== undefined) stream.write(`event: message\ndata: ${JSON.stringify(json)}\n\n`)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/sse`,
    forget(status) {
      refusal = status
      streams.clear()
    },
  }
}

/** The same in the words of an event stream, each message an event. */
export function events(...messages: readonly unknown[]): FieldAnswer {
  const body = messages.map((message) => `event: message\ndata: ${JSON.stringify(message)}\n\n`).join('')
  return { headers: { 'content-type': 'text/event-stream' }, body }
}

/** Sessions as most servers keep them: given at `initialize`, forgotten by {@link Sessions.restart}. */
export interface Sessions {
  readonly behaviour: Behaviour
  restart(): void
  readonly opened: () => number
}

/** @param refuse - what is answered to a session that is not known any more */
export function sessions(refuse: Behaviour, inside: Behaviour = () => undefined): Sessions {
  const known = new Set<string>()
  let opened = 0
  return {
    opened: () => opened,
    restart: () => known.clear(),
    async behaviour(request) {
      if (request.method === 'server/discover') return { status: 400, body: 'Bad Request' }
      if (request.method === 'initialize') {
        const id = `session-${++opened}`
        known.add(id)
        return { ...((await inside(request)) ?? right(request)), headers: { 'mcp-session-id': id } }
      }
      const id = String(request.headers['mcp-session-id'])
      if (request.verb === 'DELETE') return { status: known.delete(id) ? 200 : 404 }
      if (!known.has(id)) return refuse(request)
      return inside(request)
    },
  }
}

/** A registry with the server connected, and one way to call its tool. */
export async function connected(
  server: { readonly url: string },
  options: Parameters<typeof makeRegistry>[0] & { readonly headers?: Readonly<Record<string, string>> } = {},
) {
  const { headers, ...rest } = options
  const registry = makeRegistry({ confirm: () => 'approve', ...rest })
  onTestFinished(() => registry.close())
  const mine = registry.actingAs(ana)
  const { integration } = await mine.connect({ url: server.url, name: 'Field', agents: ['assistant'], headers })
  return { registry, mine, id: integration.id, integration, ...using(mine) }
}

/** The toolset of the assistant, and its first tool called. */
export function using(mine: ActorIntegrations) {
  return {
    toolset: () => mine.toolset('assistant'),
    async call(args: Record<string, unknown> = {}, name = 'field__echo') {
      return (await mine.toolset('assistant')).call(name, args)
    },
  }
}

/** The result of a call that completed. */
export async function resultOf(call: Promise<{ readonly type: string }>) {
  const outcome = (await call) as { readonly type: string; readonly result?: Record<string, unknown> }
  if (outcome.result === undefined) throw new Error(`The call ended with ${outcome.type}.`)
  return outcome.result
}

/**
 * A local server whose answers are written in the case: `answer(message)` is the source of a function that returns the
 * line to write, or `undefined` for none.
 */
export function local(answer: string, before = ''): Connector {
  const program = `
    const right = ${right.toString().replaceAll('\n', ' ')}
    const tool = ${JSON.stringify(tool)}
    const answer = ${answer}
    ${before}
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const message = JSON.parse(line)
      if (message.id === undefined) return
      const line2 = answer(message, (value) => JSON.stringify({ jsonrpc: '2.0', id: message.id, result: value }))
      const written = line2 ?? JSON.stringify(right(message, [tool]).json)
      if (written !== '') process.stdout.write(written + '\\n')
    })`
  return {
    id: 'local',
    name: 'Field',
    auth: 'none',
    local: stdioServer({ command: process.execPath, args: ['-e', program] }),
  }
}

/** A registry with a local server connected. */
export async function connectedLocally(connector: Connector, options: Parameters<typeof makeRegistry>[0] = {}) {
  const registry = makeRegistry({ confirm: () => 'approve', connectors: [connector], ...options })
  onTestFinished(() => registry.close())
  const mine = registry.actingAs(ana)
  const { integration } = await mine.connect({ connector: connector.id, agents: ['assistant'] })
  return { registry, mine, id: integration.id, integration, ...using(mine) }
}
