import { isIntegrationError, type ActorIntegrations, type ErrorCode } from '../index.js'
import { problemStatus, Refusal } from './problem.js'
import { safeReturnTo } from './return-to.js'

/** Marks the second request of a callback. Authorization servers don't send this parameter. */
const secondTry = /[?&]from-here=1$/

/** The OAuth callback, as configured by `oauth.redirectUrl`, with `{issuer}` in its path or query. */
export interface CallbackRoute {
  /** The callback's public URL without the mark of the second request; `undefined` if the request is not a callback. */
  urlOf(request: Request): string | undefined
}

export function callbackRoute(redirectUrl: string, basePath: string): CallbackRoute {
  const placeholder = 'issuer-goes-here'
  const { origin, pathname } = new URL(redirectUrl.replaceAll('{issuer}', placeholder))
  const parts = pathname.split(placeholder).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  const pattern = new RegExp(`^${parts.join('[^/]+')}$`)
  return {
    urlOf(request) {
      const asked = new URL(request.url)
      // Some frameworks strip the mount prefix.
      const path = [asked.pathname, basePath + asked.pathname].find((candidate) => pattern.test(candidate))
      return path === undefined ? undefined : origin + path + asked.search.replace(secondTry, '')
    },
  }
}

/** @throws Refusal `method_not_allowed` */
export function checkCallbackMethod({ method }: Request): void {
  if (method !== 'GET') throw new Refusal('method_not_allowed', 'The callback accepts only GET.', { Allow: 'GET' })
}

/**
 * A page that repeats the callback from our own site. With `SameSite=Strict`, a browser sends no cookie with the redirect
 * from the authorization server's site, but sends it with this second request.
 *
 * @returns `undefined` if this is the second request
 */
export function continueFromThisSite(request: Request): Response | undefined {
  const { search } = new URL(request.url)
  if (secondTry.test(search)) return undefined
  // A relative URL works wherever the handler is mounted.
  const next = `${search === '' ? '?' : `${search}&`}from-here=1`
  return page(200, `<meta http-equiv="refresh" content="0;url=${escaped(next)}">`, 'Finishing the sign-in…')
}

/** Completes a sign-in, and redirects the person to the page where it began. */
export async function finishSignIn(
  mine: ActorIntegrations,
  callbackUrl: string,
  options: {
    /** The public origin; redirects never leave it. */
    readonly origin: string
    /** The page to redirect to when the sign-in has no `returnTo`; absent: a plain page shows the outcome. */
    readonly home: string | undefined
    readonly signal: AbortSignal
  },
): Promise<Response> {
  const { returnTo, outcome, integrationId, code, text } = await endOf(mine, callbackUrl, options.signal)
  const target =
    (returnTo === undefined ? undefined : safeReturnTo(returnTo, options.origin)) ??
    (options.home === undefined ? undefined : new URL(options.home, options.origin))
  if (target === undefined) return page(code === undefined ? 200 : problemStatus[code], '', text)
  target.searchParams.set('outcome', outcome)
  if (integrationId !== undefined) target.searchParams.set('integration', integrationId)
  return new Response(null, { status: 303, headers: { Location: target.href } })
}

interface Ended {
  readonly outcome: 'connected' | 'declined' | 'failed'
  readonly integrationId?: string | undefined
  readonly returnTo?: string | undefined
  readonly code?: ErrorCode | undefined
  readonly text: string
}

async function endOf(mine: ActorIntegrations, callbackUrl: string, signal: AbortSignal): Promise<Ended> {
  try {
    const { type, integration, ...wayBack } = await mine.finishConnect(callbackUrl, { signal })
    const returnTo = 'returnTo' in wayBack ? wayBack.returnTo : undefined
    const end = { integrationId: integration.id, returnTo }
    if (type === 'connected') return { ...end, outcome: 'connected', text: 'Connected. You can close this window.' }
    return { ...end, outcome: 'failed', text: integration.statusDetail.message }
  } catch (error) {
    if (!isIntegrationError(error)) throw error
    const { code, reason, integrationId, returnTo, message } = error
    return { outcome: reason === 'access_denied' ? 'declined' : 'failed', integrationId, returnTo, code, text: message }
  }
}

function page(status: number, head: string, text: string): Response {
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8">${head}<title>Sign-in</title></head><body><p>${escaped(text)}</p></body></html>`
  return new Response(html, { status, headers: { 'Content-Type': 'text/html; charset=utf-8' } })
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
