import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, randomBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import {
  legacyStatelessFallback,
  WebStandardStreamableHTTPServerTransport,
  type Server,
} from '@modelcontextprotocol/server'
import { LRUCache } from 'lru-cache'
import type { Actor } from '../index.js'
import { rpcError } from './rpc-error.js'

/** Options for sessions, which clients of the 2025 revisions need. 2026-07-28 has no sessions. */
export interface GatewaySessionOptions {
  /**
   * Signs session ids; at least 16 characters. Use the same secret in every process of one host name, so that any of
   * them can serve a session. `@default` a random secret of this process
   */
  readonly secret?: string | undefined
  /** Time without a request until a session ends, in ms. `@default 1800000` (30 minutes) */
  readonly idleMs?: number | undefined
  /** The most sessions in this process; the least recently used one ends first. `@default 1000` */
  readonly max?: number | undefined
  /** The most sessions of one person; the least recently used one ends first. `@default 16` */
  readonly maxPerPerson?: number | undefined
  /** The clock, in ms since the epoch. `@default Date.now` */
  readonly now?: (() => number) | undefined
}

/** The MCP server of one session. */
export interface SessionServer {
  readonly server: Server
  /** Called when the session ends. */
  stop(): void
}

/** Sessions of clients of the 2025 revisions. */
export interface GatewaySessions {
  handle(request: Request, actor: Actor): Promise<Response>
  close(): Promise<void>
}

interface Session {
  readonly person: string
  readonly transport: WebStandardStreamableHTTPServerTransport
}

/**
 * Keeps sessions. A session belongs to one person in one role and to one agent. For a session that has ended or belongs to
 * someone else the response is 404, after which a client opens another one. With a shared secret, a process can also
 * serve sessions that another process opened.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management
 */
export function gatewaySessions(
  agent: string,
  open: (actor: Actor) => SessionServer,
  options: GatewaySessionOptions = {},
): GatewaySessions {
  const { idleMs = 1_800_000, max = 1000, maxPerPerson = 16, now = () => Date.now() } = options
  const secret = options.secret === undefined ? randomBytes(32) : utf8ToBytes(options.secret)
  const ended = new LRUCache<string, true>({ max: 10_000 })
  const sessions = new LRUCache<string, Session>({
    max,
    ttl: idleMs,
    updateAgeOnGet: true,
    perf: { now },
    ttlResolution: 0,
    dispose: ({ transport }, id) => {
      ended.set(id, true)
      void transport.close()
    },
  })

  function sign(nonce: string, person: string): string {
    return `${nonce}.${bytesToHex(hmac(sha256, secret, utf8ToBytes(`${nonce} ${person}`)))}`
  }

  async function begin(request: Request, actor: Actor, person: string): Promise<Response> {
    const { server, stop } = open(actor)
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => sign(bytesToHex(randomBytes(16)), person),
      onsessioninitialized: (id) => {
        const own = [...sessions.entries()].filter(([, session]) => session.person === person)
        // The entries are in the order of last use, latest first.
        for (const [oldest] of own.slice(maxPerPerson - 1)) sessions.delete(oldest)
        sessions.set(id, { person, transport })
      },
      onsessionclosed: (id) => void sessions.delete(id),
    })
    await server.connect(transport)
    const answer = server.onclose
    server.onclose = () => {
      stop()
      answer?.()
    }
    const response = await transport.handleRequest(request)
    if (transport.sessionId === undefined) await transport.close()
    return response
  }

  async function elsewhere(request: Request, actor: Actor): Promise<Response> {
    const { server, stop } = open(actor)
    try {
      return await legacyStatelessFallback(() => server)(request)
    } finally {
      stop()
    }
  }

  return {
    async handle(request, actor) {
      sessions.purgeStale()
      // A changed role needs a new session.
      const person = JSON.stringify([agent, actor.workspaceId, actor.userId, actor.role])
      const id = request.headers.get('mcp-session-id')
      if (id === null) return begin(request, actor, person)
      if (sign(id.split('.', 1)[0]!, person) !== id) return lost()
      const session = sessions.get(id)
      if (session !== undefined) return session.transport.handleRequest(request)
      return options.secret === undefined || ended.has(id) ? lost() : elsewhere(request, actor)
    },
    async close() {
      sessions.clear()
    },
  }
}

function lost(): Response {
  return rpcError(404, { code: -32001, message: 'The session has ended. Initialize again.' })
}
