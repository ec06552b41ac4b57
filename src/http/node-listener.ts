import type { RequestHandler } from './handler.js'

/** The request that `node:http` and the frameworks on it pass to a listener. */
export interface NodeIncoming {
  /** Path and query. */
  readonly url?: string | undefined
  /** The whole path, where a framework strips the mount prefix of a router. */
  readonly originalUrl?: string | undefined
  /** The body, if a body parser has already read it. */
  readonly body?: unknown
  /** Headers, with names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** A listener of `node:http`, and a handler of Express, Connect, Fastify's raw requests and the like. */
export type NodeListener = (incoming: NodeIncoming, outgoing: object) => Promise<void>

/**
 * The handler for servers on `node:http`. It changes no global, restores a stripped path prefix, and
 * accepts a body that was already parsed.
 *
 * @example
 * ```ts
 * // examples/guides/http.ts#express
 * const app = express()
 * app.use('/api/mcp', toNodeListener(handler)) // before or after express.json(), both will do
 * ```
 */
export function toNodeListener(handler: RequestHandler): NodeListener {
  let loading: Promise<(incoming: never, outgoing: never) => Promise<void>> | undefined
  // Loaded with the first request, so that importing the entry needs no Node module.
  const load = async () => {
    const { getRequestListener } = await import('@hono/node-server')
    return getRequestListener((request, { incoming }) => handler(asSent(request, incoming as NodeIncoming)), {
      overrideGlobalObjects: false,
    })
  }
  return async (incoming, outgoing) => {
    loading ??= load()
    // The adapter needs Node's types, which the public types avoid; the objects are Node's at run time.
    await (
      await loading
    )(incoming as never, outgoing as never)
  }
}

/** The request as the client sent it. */
function asSent(request: Request, { url, originalUrl, body, headers }: NodeIncoming): Request {
  const isStripped = originalUrl !== undefined && originalUrl !== url
  const isRead = body !== undefined && hasBody(headers)
  if (!isStripped && !isRead) return request
  const { method, signal } = request
  const sent = new URL(isStripped ? originalUrl : request.url, request.url)
  const content = method === 'GET' || method === 'HEAD' ? null : isRead ? textOf(body) : request.body
  return new Request(sent, { method, headers: request.headers, body: content, signal, duplex: 'half' } as RequestInit)
}

function hasBody(headers: NodeIncoming['headers']): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function textOf(body: unknown): BodyInit {
  return typeof body === 'string' || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body)
}
