import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** A request to a small server, read whole. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface SmallServer {
  readonly origin: string
  readonly requests: Received[]
  /** Paths in the order they were asked for. */
  readonly paths: string[]
  close(): Promise<void>
}

/** What a handler answers: JSON with 200, or all of it; `'hang'` never answers, `'reset'` breaks the connection. */
export type Reply =
  | 'hang'
  | 'reset'
  | {
      readonly status?: number
      readonly headers?: Record<string, string>
      readonly json?: unknown
      readonly text?: string
    }

/** A plain HTTP server on loopback that a test tells what to say. `undefined` means 404. */
export async function startServer(
  handler: (request: Received, origin: string) => Reply | undefined | Promise<Reply | undefined>,
): Promise<SmallServer> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const requests: Received[] = []
  const paths: string[] = []
  server.on('request', async (request, response) => {
    const received = await receive(request)
    requests.push(received)
    paths.push(received.path)
    reply(response, (await handler(received, origin)) ?? { status: 404, text: 'nothing here' })
  })
  return {
    origin,
    requests,
    paths,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

export interface ProtectedServerOptions {
  /** Issuers it names; a function is asked at each request. */
  readonly authorizationServers: () => readonly string[]
  /** Whether it takes a token. */
  readonly accepts: (token: string) => boolean
  readonly scopesSupported?: readonly string[]
  /** Parameters of the challenge besides `resource_metadata`. */
  readonly challenge?: string
}

/** A resource server at `/mcp` with protected resource metadata, which answers whoever brings a good token with what they sent. */
export function startProtectedServer(options: ProtectedServerOptions): Promise<SmallServer> {
  const metadataPath = '/.well-known/oauth-protected-resource/mcp'
  return startServer(({ path, headers, body }, origin) => {
    if (path === metadataPath) {
      return {
        json: {
          resource: `${origin}/mcp`,
          authorization_servers: options.authorizationServers(),
          scopes_supported: options.scopesSupported,
        },
      }
    }
    if (path !== '/mcp') return undefined
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1]
    if (token !== undefined && options.accepts(token)) return { json: { echo: body } }
    const more = options.challenge === undefined ? '' : `, ${options.challenge}`
    return {
      status: 401,
      headers: { 'www-authenticate': `Bearer resource_metadata="${origin}${metadataPath}"${more}` },
    }
  })
}

function reply(response: ServerResponse, answer: Reply): void {
  if (answer === 'hang') return
  if (answer === 'reset') return void response.socket?.destroy()
  const { status = 200, headers = {}, json, text } = answer
  response.writeHead(status, { ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...headers })
  response.end(json === undefined ? text : JSON.stringify(json))
}

async function receive(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const { method = '', url = '/', headers } = request
  return {
    method,
    path: new URL(url, 'http://localhost').pathname,
    url,
    headers,
    body: Buffer.concat(chunks).toString(),
  }
}
