import { IntegrationError } from '../model/errors.js'
import type { OAuthEnvironment } from './environment.js'

/**
 * A URL from a server that is safe to request or to open in a browser: `https:` (or `http:` on loopback where allowed),
 * no userinfo, no fragment. Any other URL, such as `javascript:`, is `undefined`.
 */
export function safeUrl(value: unknown, env: Pick<OAuthEnvironment, 'allowLoopback'>): URL | undefined {
  if (typeof value !== 'string' || value.length > 2048 || !URL.canParse(value)) return undefined
  const url = new URL(value)
  const secure = url.protocol === 'https:' || (url.protocol === 'http:' && env.allowLoopback && isLoopback(url))
  return secure && url.username === '' && url.password === '' && url.hash === '' ? url : undefined
}

/** Whether a URL points to this machine. */
export function isLoopback(url: URL): boolean {
  const { hostname } = url
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  )
}

/** The error for an endpoint that is missing, unsafe or otherwise unusable. */
export function refuse(reason: string, message: string): IntegrationError {
  return new IntegrationError('authorization_failed', message, { reason })
}
