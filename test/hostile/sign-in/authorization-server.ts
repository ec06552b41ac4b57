import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Hostile, Place, Reply } from './case.js'
import { signIns } from './index.js'

/** One request to an authorization server of the corpus, or to the MCP server that it protects. */
export interface Request {
  readonly base: string
  readonly foreign: string
  readonly url: URL
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly text: string
  /** Counts a request of the run. @returns how many there were, this one included */
  count(kind: string): number
}

const byName = new Map(signIns.map(({ name, hostile }) => [name, hostile]))

/** Plays all of them: protected resource, metadata, registration, tokens and the MCP server itself. */
export function playAuthorizationServer(sent: Request): void {
  const { base, foreign, url, request, response, count } = sent
  const path = /\/as\/([^/]+)\/([^/]+)/.exec(url.pathname)
  const hostile = byName.get(decodeURIComponent(path?.[1] ?? ''))
  const issuer = `${base}${path?.[0] ?? ''}`
  const place = (kind: string): Place => ({ base, foreign, issuer, turn: count(kind) })
  if (hostile === undefined) return reply(response, { status: 404 })
  if (url.pathname.includes('oauth-protected-resource')) return reply(response, resource(hostile, place('resource')))
  if (url.pathname.includes('.well-known')) return reply(response, metadata(hostile, place('metadata')))
  if (url.pathname.endsWith('/register')) return reply(response, register(hostile, sent.text, place('register')))
  if (url.pathname.endsWith('/token')) return reply(response, tokens(hostile, sent.text, place))
  if (!url.pathname.endsWith('/mcp')) return reply(response, { body: {} })
  if (request.headers.authorization === undefined) {
    const challenge =
      hostile.challenge?.(place('challenge')) ??
      `Bearer resource_metadata="${base}/.well-known/oauth-protected-resource${path?.[0]}/mcp"`
    return reply(response, { status: 401, headers: { 'www-authenticate': challenge } })
  }
  reply(response, request.method === 'POST' ? protectedServer(hostile, sent.text, place) : { status: 405 })
}

function resource(hostile: Hostile, place: Place): Reply {
  const honest = { resource: `${place.issuer}/mcp`, authorization_servers: [place.issuer] }
  return hostile.resourceAnswer?.(place) ?? { body: { ...honest, ...hostile.resource?.(place) } }
}

function metadata(hostile: Hostile, place: Place): Reply {
  const { issuer } = place
  const honest = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    registration_endpoint: `${issuer}/register`,
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
  }
  return hostile.wellKnown?.(place) ?? { body: { ...honest, ...hostile.metadata?.(place) } }
}

function register(hostile: Hostile, text: string, place: Place): Reply {
  const given = JSON.parse(text) as Record<string, unknown>
  const client = {
    ...given,
    client_id: 'client',
    client_secret: 'canary-client-secret',
    token_endpoint_auth_method: 'client_secret_post',
  }
  return hostile.register?.(given, place) ?? { status: 201, body: client }
}

function tokens(hostile: Hostile, text: string, place: (kind: string) => Place): Reply {
  const isRefresh = new URLSearchParams(text).get('grant_type') === 'refresh_token'
  const at = place(isRefresh ? 'refresh' : 'token')
  const honest = {
    access_token: isRefresh ? 'canary-access-token-again' : 'canary-access-token',
    token_type: 'Bearer',
    expires_in: 300,
    refresh_token: `canary-refresh-token-${at.turn}`,
  }
  return (isRefresh ? hostile.refresh : hostile.token)?.(honest, at) ?? { body: honest }
}

function protectedServer(hostile: Hostile, text: string, place: (kind: string) => Place): Reply {
  const { id, method } = JSON.parse(text) as { id?: unknown; method: string }
  const results: Readonly<Record<string, object>> = {
    'server/discover': { resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities: { tools: {} } },
    'tools/list': { resultType: 'complete', tools: [{ name: 'good', inputSchema: { type: 'object' } }] },
    'tools/call': { resultType: 'complete', content: [{ type: 'text', text: 'hello' }] },
  }
  const at = place(method)
  const instead = method === 'tools/call' ? hostile.call?.(at) : undefined
  return instead ?? { body: { jsonrpc: '2.0', id, result: results[method] ?? {} } }
}

function reply(response: ServerResponse, given: Reply): void {
  if (given === 'hang') return
  if (given === 'drop') return void response.socket?.destroy()
  const {
    status = 200,
    headers = {},
    body = {},
    isEndless = false,
    drips = 0,
  } = given === 'endless' ? { isEndless: true } : given
  response.writeHead(status, { 'content-type': 'application/json', ...headers } as Record<string, string | string[]>)
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  if (drips > 0) return drip(response, text, drips)
  if (!isEndless) return void response.end(text)
  const more = setInterval(() => {
    if (response.destroyed) clearInterval(more)
    else if (!response.writableNeedDrain) response.write(' '.repeat(65_536))
  }, 1)
}

function drip(response: ServerResponse, text: string, times: number): void {
  let left = times
  const more = setInterval(() => {
    if (response.destroyed) return clearInterval(more)
    if (left-- > 0) return void response.write(' ')
    clearInterval(more)
    response.end(text)
  }, 20)
}
