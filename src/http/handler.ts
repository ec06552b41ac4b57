import { Hono, type Context as HonoContext } from 'hono'
import {
  IntegrationError,
  isIntegrationError,
  type Actor,
  type ActorIntegrations,
  type IntegrationRegistry,
} from '../index.js'
import { parse } from '../model/parse.js'
import { jsonBody } from './body.js'
import { callbackRoute, checkCallbackMethod, finishSignIn, continueFromThisSite } from './callback.js'
import { EventStreams } from './event-stream.js'
import { openApiDocument } from './openapi.js'
import { assetResponse, pageResponse, type SettingsPage } from './page.js'
import { peopleFound, type FindPeople } from './people.js'
import { problemResponse, Refusal } from './problem.js'
import { originOf, publicOrigin, type PublicOrigin } from './public-origin.js'
import { safeReturnTo } from './return-to.js'
import { Reply, type Route } from './route.js'
import { routes } from './routes.js'
import { rateLimit } from '../registry/state/rate-limit.js'

/** Options of {@link integrationsHandler}. */
export interface IntegrationsHandlerOptions {
  /**
   * Authenticates a request; called for every request. For `undefined` the response is 401. A `Response` is sent as it is,
   * for example a redirect to the host's sign-in.
   */
  actor(request: Request): Actor | Response | undefined | Promise<Actor | Response | undefined>
  /** The path where the handler is mounted, e.g. `/api/mcp`. `@default ''` */
  readonly basePath?: string | undefined
  /**
   * The origin that browsers see, e.g. `https://app.example.com`. Requests for another host are refused.
   * `@default` that of `oauth.redirectUrl`; without either, only requests to loopback names are accepted
   */
  readonly origin?: string | undefined
  /** Whether to trust `X-Forwarded-Host`. Only behind a proxy that always sets it. `@default false` */
  readonly trustForwardedHost?: boolean | undefined
  /** Finds people, for names and for the choice of a new owner. `@default` the page shows ids, and a new owner's id is typed */
  readonly people?: FindPeople | undefined
  /** The page at the base path: `settingsPage()` of `mcp-integrations/ui`. `@default` none */
  readonly ui?: SettingsPage | undefined
  /** Whether pages of the same origin may show the page in a frame. `@default 'none'` */
  readonly frameAncestors?: 'none' | 'self' | undefined
  /** The largest body, in bytes. `@default 1 MiB` */
  readonly maxBodyBytes?: number | undefined
  /** Called with errors that lead to a response with 500, for the host's log. `@default console.error` */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** A handler of web-standard requests. */
export type RequestHandler = (request: Request) => Promise<Response>

/**
 * The whole HTTP API of a registry, the OAuth callback and, with `ui`, the settings page, as one function. All permission
 * checks are the registry's.
 *
 * @throws IntegrationError `invalid_input` for invalid options
 *
 * @example
 * ```ts
 * // examples/guides/http.ts#handler
 * const handler = integrationsHandler(registry, {
 *   basePath: '/api/mcp',
 *   actor: (request) => whoIs(request), // an Actor, or undefined: 401
 * })
 * ```
 */
export function integrationsHandler<AgentId extends string>(
  registry: IntegrationRegistry<AgentId>,
  options: IntegrationsHandlerOptions,
): RequestHandler {
  const basePath = (options.basePath ?? '').replace(/\/+$/, '')
  const front = publicOrigin(originOf(options.origin ?? registry.redirectUrl), options.trustForwardedHost ?? false)
  const { frameAncestors = 'none', maxBodyBytes = 1_048_576, onError = console.error, ui } = options
  const whoIs = async (request: Request): Promise<Actor | Response> => {
    const actor = await options.actor(request)
    if (actor === undefined) throw notSignedIn()
    return actor
  }

  const app = new Hono({ getPath: (request) => pathUnder(basePath, request) })
  const failed = (error: unknown): Response => {
    if (!isIntegrationError(error) && !(error instanceof Refusal)) onError(error)
    return problemResponse(error)
  }
  app.onError(failed)
  app.use(async ({ req: { raw } }, next) => {
    front.checkHost(raw)
    if (raw.method !== 'GET' && raw.method !== 'HEAD') front.checkWrite(raw)
    await next()
  })
  if (ui !== undefined) {
    app.get('/', async ({ req: { raw } }) => {
      const actor = await whoIs(raw)
      return actor instanceof Response ? actor : pageResponse(ui, basePath, frameAncestors)
    })
    app.get('/assets/:name', ({ req }) => {
      const asset = ui.assets.get(req.param('name'))
      if (asset === undefined) throw noSuchRoute(req.path, basePath)
      return assetResponse(asset)
    })
  }
  let document: string | undefined
  app.get('/openapi.json', () => {
    document ??= JSON.stringify(openApiDocument({ basePath }))
    return new Response(document, { headers: { 'Content-Type': 'application/json' } })
  })
  const streams = new EventStreams(registry.runtime)
  app.get('/events', async ({ req }, next) => {
    const { raw } = req
    if (raw.method !== 'GET' || raw.headers.get('accept')?.includes('text/event-stream') !== true) return next()
    front.checkRead(raw)
    const actor = await whoIs(raw)
    if (actor instanceof Response) return actor
    const after = raw.headers.get('last-event-id') ?? req.query('after')
    return streams.open(registry.actingAs(actor), actor, after, AbortSignal.any([raw.signal, registry.closing]))
  })
  for (const route of routes) {
    const { perMinute, method, path } = route
    const pace = perMinute === undefined ? undefined : rateLimit(`${method} ${path}`, perMinute, registry.runtime)
    app.on(route.method, honoPath(route), async (context) => {
      const { raw } = context.req
      if (route.method === 'GET') front.checkRead(raw)
      const actor = await whoIs(raw)
      if (actor instanceof Response) return actor
      pace?.count(actor)
      const result = await run(route, registry, actor, context, { maxBodyBytes, front, people: options.people })
      return answer(result, basePath)
    })
  }
  for (const path of new Set(routes.map(honoPath)))
    app.all(path, () => {
      const allowed = routes.flatMap((route) => (honoPath(route) === path ? [route.method] : [])).join(', ')
      throw new Refusal('method_not_allowed', `The route accepts ${allowed}.`, { Allow: allowed })
    })
  app.notFound(({ req }) => problemResponse(noSuchRoute(req.path, basePath)))

  const { redirectUrl } = registry
  const callback = redirectUrl === undefined ? undefined : callbackRoute(redirectUrl, basePath)
  const callbackFront = publicOrigin(originOf(redirectUrl), options.trustForwardedHost ?? false)
  const finish = async (request: Request, callbackUrl: string): Promise<Response> => {
    callbackFront.checkHost(request)
    checkCallbackMethod(request)
    const actor = await options.actor(request)
    if (actor === undefined || actor instanceof Response)
      return continueFromThisSite(request) ?? actor ?? problemResponse(notSignedIn())
    return finishSignIn(registry.actingAs(actor) as ActorIntegrations, callbackUrl, {
      origin: front.origin ?? new URL(callbackUrl).origin,
      home: ui === undefined ? undefined : `${basePath}/`,
      signal: request.signal,
    })
  }

  return async (request) => {
    const callbackUrl = callback?.urlOf(request)
    const response = callbackUrl === undefined ? app.fetch(request) : finish(request, callbackUrl).catch(failed)
    return guarded(await response, frameAncestors)
  }
}

function notSignedIn(): Refusal {
  return new Refusal('unauthenticated', 'Sign in to the application first.')
}

async function run(
  route: Route,
  registry: IntegrationRegistry,
  actor: Actor,
  { req }: HonoContext,
  {
    maxBodyBytes,
    front,
    people,
  }: { readonly maxBodyBytes: number; readonly front: PublicOrigin; readonly people: FindPeople | undefined },
): Promise<unknown> {
  const name = `${route.method} ${route.path}`
  const ifMatch = ifMatchOf(req.raw)
  if (route.ifMatch === 'required' && !req.raw.headers.has('if-match'))
    throw new Refusal('precondition_required', `${name} needs If-Match with the ETag that was read.`)
  const query = route.query && parse(name, route.query, req.query())
  checkReturnTo(req.query('returnTo'), front.of(req.raw))
  const json = route.body && (await jsonBody(req.raw, maxBodyBytes))
  const body = route.body && parse(name, route.body, json === undefined && route.bodyOptional ? {} : json)
  try {
    return await route.run({
      mine: registry.actingAs(actor),
      people: async (search) => people && peopleFound(people, actor, { search, signal: req.raw.signal }),
      params: req.param(),
      query,
      body,
      ifMatch,
      signal: req.raw.signal,
    })
  } catch (error) {
    if (ifMatch === undefined || !isIntegrationError(error) || error.code !== 'conflict') throw error
    throw new Refusal('precondition_failed', error.message)
  }
}

function checkReturnTo(returnTo: string | undefined, origin: string): void {
  if (returnTo === undefined || safeReturnTo(returnTo, origin) !== undefined) return
  const message = 'must be a path of this origin, such as /settings'
  throw new IntegrationError('invalid_input', `returnTo ${message}.`, { fields: [{ path: 'returnTo', message }] })
}

function answer(result: unknown, basePath: string): Response {
  const { body, options } = result instanceof Reply ? result : new Reply(result)
  if (body === undefined) return new Response(null, { status: 204 })
  const headers = new Headers({ 'Content-Type': 'application/json' })
  if (options.etag !== undefined) headers.set('ETag', `"${options.etag}"`)
  if (options.location !== undefined) headers.set('Location', basePath + options.location)
  return new Response(JSON.stringify(body), { status: options.status ?? 200, headers })
}

/** Adds the headers of every response; headers that a response already has are kept. */
function guarded(response: Response, frameAncestors: 'none' | 'self'): Response {
  const headers = new Headers(response.headers)
  for (const [name, value] of Object.entries({
    'Cache-Control': 'no-store',
    'Content-Security-Policy': `default-src 'none'; frame-ancestors '${frameAncestors}'`,
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  }))
    if (!headers.has(name)) headers.set(name, value)
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}

/**
 * The path below the base path. Frameworks that strip the mount prefix (`app.mount` of Hono) have already removed it.
 */
function pathUnder(basePath: string, request: Request): string {
  const { pathname } = new URL(request.url)
  const under =
    pathname === basePath || pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length) : pathname
  return under === '' ? '/' : under.replace(/(?<=.)\/$/, '')
}

function honoPath({ path }: { readonly path: string }): string {
  return path.replace(/\{(\w+)\}/g, ':$1')
}

function noSuchRoute(path: string, basePath: string): Refusal {
  return new Refusal('no_such_route', `There is no route "${path.slice(0, 200)}" below the base path "${basePath}".`)
}

/** The tag in `If-Match`; `undefined` for `*`, which matches any revision. */
function ifMatchOf(request: Request): string | undefined {
  const header = request.headers.get('if-match')?.trim()
  if (header === undefined || header === '*') return undefined
  return /^"([^"]*)"$/.exec(header)?.[1] ?? ''
}
