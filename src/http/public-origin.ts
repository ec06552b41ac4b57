import { Refusal } from './problem.js'

/** The origin where browsers reach the handler, and the checks that depend on it. */
export interface PublicOrigin {
  /** The configured origin. */
  readonly origin: string | undefined
  /** The public origin of a request. Never taken from `request.url`, which is wrong behind TLS proxies. */
  of(request: Request): string
  /** @throws Refusal `wrong_host` unless the request names this host, which prevents DNS rebinding. */
  checkHost(request: Request): void
  /** @throws Refusal `cross_site` unless a request that changes something comes from a page of this origin. */
  checkWrite(request: Request): void
  /** @throws Refusal `cross_site` for a request of another site's page. */
  checkRead(request: Request): void
}

/**
 * @param configured - the public origin; `undefined`: only loopback names are accepted
 * @param trustForwardedHost - whether to trust `X-Forwarded-Host`
 */
export function publicOrigin(configured: string | undefined, trustForwardedHost: boolean): PublicOrigin {
  const hostOf = (request: Request): string => {
    const forwarded = trustForwardedHost ? request.headers.get('x-forwarded-host')?.split(',')[0]?.trim() : undefined
    return (forwarded ?? request.headers.get('host') ?? new URL(request.url).host).toLowerCase()
  }
  const of = (request: Request): string => configured ?? `${new URL(request.url).protocol}//${hostOf(request)}`
  const isOwn = (origin: string, request: Request): boolean =>
    configured === undefined ? hostIn(origin) === hostOf(request) : origin === configured
  return {
    origin: configured,
    of,
    checkHost(request) {
      const host = hostOf(request)
      if (configured === undefined) {
        if (isLoopback(host)) return
        throw new Refusal(
          'wrong_host',
          'No public origin is configured, so only loopback names are accepted. Set `origin` of integrationsHandler(), or `oauth.redirectUrl` of IntegrationRegistry.',
        )
      }
      if (withPort(host, configured) === withPort(new URL(configured).host, configured)) return
      throw new Refusal(
        'wrong_host',
        'The request is for another host than the public origin. Correct `origin` of integrationsHandler(), or set `trustForwardedHost` behind a proxy that sets X-Forwarded-Host.',
      )
    },
    checkWrite(request) {
      const site = request.headers.get('sec-fetch-site')
      const origin = request.headers.get('origin')
      const ownSite = site === null || site === 'same-origin'
      const ownOrigin = origin === null || isOwn(origin, request)
      const isBrowser = site !== null || origin !== null || request.headers.has('cookie')
      if (!isBrowser || (ownSite && ownOrigin && (site !== null || origin !== null))) return
      throw new Refusal(
        'cross_site',
        'A request that changes something must come from a page of the same origin. Programs other than browsers must send no Cookie header.',
      )
    },
    checkRead(request) {
      const site = request.headers.get('sec-fetch-site')
      if (site === null || site === 'same-origin' || site === 'none') return
      throw new Refusal('cross_site', 'The request comes from a page of another site.')
    },
  }
}

/**
 * The origin of a configured URL.
 *
 * @returns `undefined` if it is not an http(s) URL
 */
export function originOf(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined
  const { origin } = new URL(url)
  return origin === 'null' ? undefined : origin
}

function hostIn(origin: string): string | undefined {
  return /^https?:\/\//.test(origin) && URL.canParse(origin) ? new URL(origin).host : undefined
}

function withPort(host: string, origin: string): string {
  const standard = origin.startsWith('https:') ? ':443' : ':80'
  return host.endsWith(standard) ? host.slice(0, -standard.length) : host
}

function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '')
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(name)
}
