/**
 * A process of its own in which hostile servers listen, so that what they cost themselves is not counted. The path says
 * which: `/{case}/{transport}/mcp`; `/as/{case}` are authorization servers; `/sink` should never be reached.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { authorizationServers } from './authorization-servers.js'
import { hostileAnswers, type Exchange, type Message } from './servers.js'

/** Secrets are marked: whoever gets one that is not theirs is told on. */
const canary = /canary-[a-z-]+/g
const leaked: string[] = []
let requests = 0
let base = ''
const streams = new Map<string, ServerResponse>()

const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()))
server.listen(0, '127.0.0.1', () => {
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  process.send?.({ base })
})
process.on('message', () => process.send?.({ leaked, requests }))
process.on('disconnect', () => process.exit())

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  requests++
  const url = new URL(request.url ?? '/', base)
  const text = await bodyOf(request)
  const [, name = '', transport = '', rest = ''] = decodeURIComponent(url.pathname).split('/')
  if (name === 'sink') {
    const seen = `${JSON.stringify(request.headers)} ${url.href} ${text}`.match(canary) ?? []
    leaked.push(`sink: ${seen.join(' ')}`)
    return void response.end('{}')
  }
  if (name === 'as' || url.pathname.startsWith('/.well-known/'))
    return authorizationServers({ base, url, request, response, text })
  const answer = hostileAnswers[name]
  if (answer === undefined) return void response.writeHead(404).end()
  const key = `${name}/${transport}`
  if (request.method === 'DELETE') return void response.writeHead(200).end()
  if (transport === 'sse' && request.method === 'GET') {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(`event: endpoint\ndata: /${encodeURIComponent(name)}/sse/messages\n\n`)
    streams.set(key, response)
    return
  }
  if (request.method === 'GET' || (transport === 'sse' && rest !== 'messages'))
    return void response.writeHead(405).end()
  const message = JSON.parse(text) as Message
  const exchange: Exchange = {
    message,
    base,
    request,
    response,
    era: transport === 'modern' ? 'modern' : 'legacy',
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

function json(response: ServerResponse, line: string): void {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/json' })
  response.end(line)
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}
