import { integrationsClient, type IntegrationsClient } from 'mcp-integrations/client'
import { integrationsHandler, type IntegrationsHandlerOptions, type RequestHandler } from 'mcp-integrations/http'
import type { Actor, IntegrationRegistry } from 'mcp-integrations'
import { routes } from '../../src/http/routes.js'
import { problem } from '../../src/http/schemas.js'
import { openGate, type Gate } from '../support/gate.js'
import { ana } from '../support/registry.js'

export const origin = 'https://app.example'
export const basePath = '/api/mcp'

/** A handler in front of a gate, and how people reach it. */
export interface Front extends Gate {
  readonly handler: RequestHandler
  /** What a person can do from a page of the origin. */
  person(actor: Actor): IntegrationsClient
  readonly client: IntegrationsClient
  /** A request as the page of a person makes it; `path` is below the base path. */
  request(path: string, init?: RequestInit & { readonly as?: Actor | undefined }): Promise<Response>
}

export async function openFront(
  options: Parameters<typeof openGate>[0] & { readonly http?: Partial<IntegrationsHandlerOptions> } = {},
): Promise<Front> {
  const { http, ...rest } = options
  const gate = await openGate(rest)
  return { ...gate, ...frontOf(gate.registry, http) }
}

/** The handler of a registry, with people told apart by a header as a host would by its session. */
export function frontOf<AgentId extends string>(
  registry: IntegrationRegistry<AgentId>,
  options: Partial<IntegrationsHandlerOptions> = {},
): Pick<Front, 'handler' | 'person' | 'client' | 'request'> {
  const handle = integrationsHandler(registry, {
    basePath,
    origin,
    actor: (request) => {
      const session = request.headers.get('x-session')
      return session === null ? undefined : (JSON.parse(session) as Actor)
    },
    ...options,
  })
  const handler: RequestHandler = async (request) => {
    const answer = await handle(request)
    // A stream is left alone: two readers of one would keep each other waiting.
    if (answer.headers.get('content-type')?.includes('json') === true) await checkAnswer(request, answer.clone())
    return answer
  }
  const person = (actor: Actor): IntegrationsClient =>
    integrationsClient({
      baseUrl: `${origin}${basePath}`,
      headers: { 'x-session': JSON.stringify(actor), 'sec-fetch-site': 'same-origin', cookie: 'session=1' },
      fetch: async (input, init) => handler(new Request(input, init)),
    })
  return {
    handler,
    person,
    client: person(ana),
    request: async (path, { as = ana, ...init } = {}) => {
      const headers = new Headers(init.headers)
      headers.set('x-session', JSON.stringify(as))
      return handler(new Request(`${origin}${basePath}${path}`, { ...init, headers }))
    },
  }
}

/** Every answer is what the document says of it: all members, and no other. */
async function checkAnswer(request: Request, answer: Response): Promise<void> {
  const type = answer.headers.get('content-type') ?? ''
  const { pathname } = new URL(request.url)
  if (type === 'application/problem+json') return void problem.parse(await answer.json())
  if (type !== 'application/json' || pathname.endsWith('/openapi.json')) return
  const path = pathname.replace(basePath, '')
  const route = routes.find(
    (one) => one.method === request.method && new RegExp(`^${one.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(path),
  )
  const checked = route?.result?.safeParse(await answer.json())
  if (checked?.success === false)
    throw new Error(`${request.method} ${path} answers what its document doesn't say: ${checked.error.message}`)
}
