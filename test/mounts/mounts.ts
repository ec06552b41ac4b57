import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { toNodeListener, type RequestHandler } from 'mcp-integrations/http'

/** Where a handler is mounted. */
export interface Mounted {
  readonly url: string
  close(): Promise<void>
}

/** Ways to mount, by the framework; `packages` is where it is installed. */
export const mounts: Readonly<Record<string, (handler: RequestHandler, packages: string) => Promise<Mounted>>> = {
  async 'Fastify 5'(handler, packages) {
    const { fastify } = requireFrom(packages)('fastify') as { fastify(options: object): FastifyLike }
    // A stream that a page left is no reason to wait.
    const app = fastify({ forceCloseConnections: true })
    // #region fastify
    const listener = toNodeListener(handler)
    const mount = ({ raw, body }: FastifyRequest, reply: FastifyReply): void => {
      reply.hijack()
      void listener(Object.assign(raw, { body }), reply.raw)
    }
    app.all('/api/mcp', mount)
    app.all('/api/mcp/*', mount)
    // #endregion
    return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() }
  },

  async 'Next.js 15, App Router'(handler, packages) {
    const app = join(packages, 'next')
    const folder = join(app, 'app/api/mcp/[[...path]]')
    mkdirSync(folder, { recursive: true })
    writeFileSync(
      join(folder, 'route.js'),
      `const handler = (request) => globalThis.mountedHandler(request)
export { handler as GET, handler as POST, handler as PATCH, handler as DELETE }
export const dynamic = 'force-dynamic'
`,
    )
    process.env['NEXT_TELEMETRY_DISABLED'] = '1'
    Object.assign(globalThis, { mountedHandler: handler })
    const next = requireFrom(packages)('next') as (options: object) => NextLike
    const server: Server = createServer((request, response) => void answer(request, response))
    server.listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    const running = next({ dev: true, dir: app, hostname: '127.0.0.1', port, httpServer: server })
    await running.prepare()
    const answer = running.getRequestHandler()
    return {
      url: `http://127.0.0.1:${port}`,
      async close() {
        server.closeAllConnections()
        server.close()
        await running.close()
      },
    }
  },
}

interface FastifyRequest {
  readonly raw: IncomingMessage
  readonly body: unknown
}
interface FastifyReply {
  readonly raw: ServerResponse
  hijack(): void
}
interface FastifyLike {
  all(path: string, run: (request: FastifyRequest, reply: FastifyReply) => void): void
  listen(where: object): Promise<string>
  close(): Promise<void>
}
interface NextLike {
  prepare(): Promise<void>
  getRequestHandler(): (request: IncomingMessage, response: ServerResponse) => Promise<void>
  close(): Promise<void>
}

function requireFrom(packages: string): (name: string) => unknown {
  return createRequire(join(packages, 'package.json'))
}
