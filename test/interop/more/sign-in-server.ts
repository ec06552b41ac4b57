import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'

/** An MCP server and its authorization server, and what a person does there. */
export interface SignInServer {
  readonly url: string
  /** What reached its token and revocation endpoints, in order: `token` or `revoke`. */
  readonly asked: readonly string[]
  /** Opens the address as a browser would, signs in, consents. @returns where the person is sent back to */
  browse(authorizationUrl: string): Promise<string>
  /** All access tokens that were used are over, as if their time had passed. */
  endAccess(): Promise<void>
  /** All refresh tokens are over. */
  endRefresh(): Promise<void>
  stop(): Promise<void>
}

/** What answers a request. */
export type Answer = (request: Request) => Promise<Response>

/** Listens on loopback, and keeps what its token and revocation endpoints are asked for. */
export async function listen(answer: Answer) {
  const asked: string[] = []
  const counting: Answer = async (request) => {
    if (!/[/](token|revoke)$/.test(new URL(request.url).pathname)) return answer(request)
    // One endpoint may be both: only a request for a token names a grant.
    const form = new URLSearchParams(await request.clone().text())
    asked.push(form.has('grant_type') ? 'token' : 'revoke')
    return answer(request)
  }
  const server = createServer(getRequestListener(counting, { overrideGlobalObjects: false })).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
