/**
 * A process of its own in which hostile servers listen, so that what they cost themselves is not counted. The path says
 * which: `/{case}/{transport}/{run}/mcp`; `/as/{case}/{run}` are authorization servers. It tells how often what was
 * requested, and which secrets came where they don't belong.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Exchange, Message, Opening } from '../case.js'
import { prepareBodies } from '../servers/bodies.js'
import { servers } from '../servers/index.js'
import { playAuthorizationServer } from '../sign-in/authorization-server.js'
import { strayCanaries } from './canaries.js'

/** What the process is asked for by the id of a run, and answers. */
export interface Seen {
  readonly counts: Readonly<Record<string, number>>
  readonly leaked: readonly string[]
  /** Secrets that nobody chose: code verifiers. */
  readonly secrets: readonly string[]
}

const byName = new Map(servers.map((one) => [one.name, one]))
const counts = new Map<string, number>()
const leaked: string[] = []
const secrets: string[] = []
const streams = new Map<string, ServerResponse>()

prepareBodies()
const foreign = await listen((request, response) => serve(request, response, true))
const base = await listen((request, response) => serve(request, response, false))
process.send?.({ base, foreign })
process.on('message', (run: string) => {
  const own = [...counts].flatMap(([key, times]) =>
    key.startsWith(`${run} `) ? [[key.slice(run.length + 1), times]] : [],
  )
  const elsewhere = counts.get('elsewhere') ?? 0
  const seen: Seen = {
    counts: { ...(Object.fromEntries(own) as Record<string, number>), elsewhere },
    leaked: leaked.splice(0),
    secrets: secrets.splice(0),
  }
  counts.delete('elsewhere')
  process.send?.(seen)
})
process.on('disconnect', () => process.exit())

function count(key: string): number {
  const now = (counts.get(key) ?? 0) + 1
  counts.set(key, now)
  return now
}

async function listen(serving: (request: IncomingMessage, response: ServerResponse) => Promise<void>): Promise<string> {
  const server = createServer((request, response) => {
    request.on('error', () => undefined)
    void serving(request, response).catch(() => response.destroy())
  })
  // A machine that is busy elsewhere wakes both processes late: an idle connection would end while a call is on its way.
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function serve(request: IncomingMessage, response: ServerResponse, isForeign: boolean): Promise<void> {
  const url = new URL(request.url ?? '/', isForeign ? foreign : base)
  const text = await bodyOf(request)
  const verifier = new URLSearchParams(text).get('code_verifier')
  if (verifier !== null) secrets.push(verifier)
  const stray = strayCanaries(
    isForeign ? undefined : url.pathname,
    `${JSON.stringify(request.headers)} ${url.href} ${text}`,
  )
  if (stray.length > 0) leaked.push(`${stray.join(' ')} came to ${url.pathname}`)
  if (isForeign) {
    count('elsewhere')
    if (url.pathname.startsWith('/sink')) leaked.push('a request went to another origin')
    return void response.writeHead(404).end('{}')
  }
  if (url.pathname.startsWith('/as/') || url.pathname.startsWith('/.well-known/')) {
    const run = /\/as\/[^/]+\/([^/]+)/.exec(url.pathname)?.[1] ?? ''
    return playAuthorizationServer({
      base,
      foreign,
      url,
      request,
      response,
      text,
      count: (kind) => count(`${run} ${kind}`),
    })
  }
  await serveMcp(url, text, request, response)
}

async function serveMcp(url: URL, text: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, name = '', transport = '', run = '', rest = ''] = decodeURIComponent(url.pathname).split('/')
  const played = byName.get(name)
  if (played === undefined) return void response.writeHead(404).end()
  const { answer, opens } = played
  const key = `${name}/${transport}/${run}`
  if (request.method === 'DELETE') return void response.writeHead(200).end()
  if (transport === 'sse' && request.method === 'GET') {
    streams.set(key, response)
    count(`${run} opened`)
    const endpoint = `/${encodeURIComponent(name)}/sse/${run}/messages`
    return (opens ?? named)({ response, endpoint, base, foreign })
  }
  if (request.method === 'GET' || (transport === 'sse' && rest !== 'messages'))
    return void response.writeHead(405).end()
  const message = JSON.parse(text) as Message
  const exchange: Exchange = {
    message,
    base,
    foreign,
    request,
    response,
    stream: streams.get(key),
    era: transport === 'modern' ? 'modern' : 'legacy',
    turn: count(`${run} ${message.method}`),
    send: (value) => {
      const line = JSON.stringify(value)
      if (transport !== 'sse') return json(response, line)
      if (!response.headersSent) response.writeHead(202).end()
      streams.get(key)?.write(`event: message\ndata: ${line}\n\n`)
    },
  }
  if (transport === 'sse' && message.id === undefined) return void response.writeHead(202).end()
  await answer(exchange)
}

function named({ response, endpoint }: Opening): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(`event: endpoint\ndata: ${endpoint}\n\n`)
}

function json(response: ServerResponse, line: string): void {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/json' })
  response.end(line)
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}
