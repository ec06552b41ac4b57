import { isIntegrationError } from 'mcp-integrations'
import { everywhere, overHttp, serverCases, type Answer } from '../case.js'
import type { Host } from '../lane/host.js'
import { Ended, meet } from '../lane/meet.js'
import { hello, onCall, raw, result, server } from './honest.js'

const redirect = (status: number, location: (places: { base: string; foreign: string }) => string): Answer =>
  raw((response, places) => void response.writeHead(status, { location: location(places) }).end())
const status = (code: number, headers: Record<string, string | string[]> = {}, body = ''): Answer =>
  onCall(({ response }) => void response.writeHead(code, headers).end(body))
const challenge = (code: number, text: string): Answer => status(code, { 'www-authenticate': text })
const gone: Answer = ({ response }) => void response.writeHead(404).end()
const refused = 'redirect_refused'

/** Values of `Retry-After`. */
const pauses: Readonly<Record<string, string | string[]>> = {
  years: '99999999',
  'more than a number holds': '9'.repeat(400),
  'no time at all': '0',
  'a time before now': '-5',
  'half a second': '0.5',
  'no number': '-1e999',
  infinity: 'Infinity',
  'a time in hexadecimal': '0x10',
  'a moment in 1970': 'Thu, 01 Jan 1970 00:00:00 GMT',
  'a moment in 9999': 'Fri, 31 Dec 9999 23:59:59 GMT',
  'no moment': 'Thu, 99 Zzz 2026 99:99:99 GMT',
  'two times': ['1', '99999999'],
  'eight kilobytes': '1 '.repeat(4_000),
}

/** Meets a server that asks for a pause. @throws if it may be longer than an hour */
async function pausesWithinAnHour(host: Host, url: string): Promise<string> {
  try {
    return await meet(host, url)
  } catch (error) {
    const pause = isIntegrationError(error) ? error.retryAfterMs : undefined
    if (pause !== undefined && !(pause >= 0 && pause <= 3_600_000)) throw new Ended(`a pause of ${pause} ms`)
    throw error
  }
}

/** Servers that send elsewhere, refuse, or forget. */
export const refusals = serverCases({
  ...Object.fromEntries(
    [301, 302, 303, 307, 308].map((code) => [
      `a redirect to another origin with ${code}`,
      [everywhere, refused, redirect(code, ({ foreign }) => `${foreign}/sink`)],
    ]),
  ),
  'a redirect to the cloud': [everywhere, refused, redirect(302, () => 'http://169.254.169.254/latest/meta-data')],
  'a redirect to a file': [everywhere, refused, redirect(307, () => 'file:///etc/passwd')],
  'a redirect to nowhere': [everywhere, 'redirect_refused', redirect(307, () => 'http://')],
  'a redirect to itself': [everywhere, refused, redirect(308, ({ base }) => `${base}/healthy/modern/0/mcp`)],
  'a redirect that brings a password': [
    everywhere,
    refused,
    redirect(307, ({ base }) => `${base.replace('://', '://a:b@')}/healthy/modern/0/mcp`),
  ],
  'a redirect by a refresh header': [
    overHttp,
    'protocol_error',
    raw((response, { foreign }) => void response.writeHead(200, { refresh: `0; url=${foreign}/sink` }).end()),
  ],
  'another way that is named': [
    overHttp,
    'completed',
    onCall((e) => {
      e.response.setHeader('alt-svc', 'h2="169.254.169.254:443"; ma=99999999')
      e.response.setHeader('content-location', `${e.foreign}/sink`)
      e.response.setHeader('link', `<${e.foreign}/sink>; rel=preload`)
      result(e, hello)
    }),
  ],
  'sessions that are never known': [
    ['legacy'],
    'session_lost',
    server({ 'tools/list': gone, ping: gone }),
    { most: { initialize: 2, 'tools/list': 2 } },
  ],
  'sessions in which only the list of tools is missing': [
    ['legacy'],
    'protocol_error',
    server({ 'tools/list': gone }),
    { most: { initialize: 2, 'tools/list': 2 } },
  ],
  'sessions that are forgotten at each call': [
    ['legacy'],
    'session_lost',
    server({ 'tools/call': gone, ping: gone }),
    // One to connect, one to call, and one more when the session is lost.
    { most: { initialize: 3, 'tools/call': 2 } },
  ],
  // The ping is answered: what is missing is what the call is about.
  'calls that are never found': [
    ['legacy'],
    'protocol_error',
    onCall(gone),
    { most: { initialize: 3, 'tools/call': 2 } },
  ],
  'a new session with each answer': [
    ['legacy'],
    'completed',
    onCall((e) => {
      e.response.setHeader('mcp-session-id', `other-${Math.random()}`)
      result(e, hello)
    }),
  ],
  'a session id that is none': [
    ['legacy'],
    'completed',
    server({
      initialize: (e) => {
        e.response.setHeader('mcp-session-id', 'x'.repeat(10_000))
        result(e, {
          protocolVersion: '2025-11-25',
          capabilities: { tools: {} },
          serverInfo: { name: 'a', version: '1' },
        })
      },
    }),
  ],
  '401 for ever': [overHttp, 'authorization_required', challenge(401, 'Bearer error="invalid_token"')],
  '401 without a word': [overHttp, 'authorization_required', status(401)],
  '401 with an answer without end': [
    overHttp,
    'authorization_required',
    raw((response) => {
      response.writeHead(401)
      const more = setInterval(() => (response.destroyed ? clearInterval(more) : response.write('x'.repeat(65_536))), 1)
    }),
  ],
  '403 with ever more scopes': [
    overHttp,
    'authorization_required',
    onCall(
      ({ response, turn }) =>
        void response
          .writeHead(403, { 'www-authenticate': `Bearer error="insufficient_scope", scope="admin s${turn}"` })
          .end(),
    ),
  ],
  '403 with the key as its scope': [
    overHttp,
    'authorization_required',
    challenge(403, 'Bearer error="insufficient_scope", scope="canary-header"'),
  ],
  '500 for ever': [overHttp, 'server_error', status(500, {}, 'canary-of-the-server')],
  'a made-up status': [overHttp, 'protocol_error', status(799)],
  ...Object.fromEntries(
    Object.entries(pauses).map(([how, value]) => [
      `too many requests, for ${how}`,
      [overHttp, 'rate_limited', status(429, { 'retry-after': value }), { meet: pausesWithinAnHour }] as const,
    ]),
  ),
  'out of order for ever': [
    overHttp,
    'server_error',
    status(503, { 'retry-after': '9'.repeat(400) }),
    { meet: pausesWithinAnHour },
  ],
  'very many cookies': [
    overHttp,
    'completed',
    onCall((e) => {
      e.response.setHeader(
        'set-cookie',
        Array.from({ length: 200 }, (_, n) => `a${n}=b; Domain=.example`),
      )
      result(e, hello)
    }),
  ],
})
