import { IntegrationError } from '../model/errors.js'
import type { DeepJson } from '../model/json-limits.js'
import { onAbort } from '../model/race.js'
import type { RegistryRuntime } from '../ports/runtime.js'
import { createDialer } from '#connect'
import { bytesBody } from './body.js'
import { checkedUrl } from './checked-url.js'
import type { BeforeSend, Dialer, IncomingResponse, OutgoingRequest } from './dialer.js'
import { abortError, startsWork } from './network-errors.js'
import { fetchDialer } from './fetch-dialer.js'
import { GuardedResponse, type GuardedResponseOptions } from './guarded-response.js'
import { maxMetadataBytes, maxMetadataHops, oauthTimeoutMs } from './limits.js'
import { requestBody, requestHeaders } from './request.js'
import { checkUrl, type EgressOptions } from './url-policy.js'

export type { EgressOptions } from './url-policy.js'

/** The purpose of a request: decides about redirects and limits. */
export type RequestPurpose =
  /** MCP requests: no redirects except for a trailing slash, `maxResponseBytes` per response and per event of a stream. The caller's signal is the only deadline. */
  | 'mcp'
  /** OAuth metadata: GET only, at most 3 redirects, each checked and without credentials, 256 KiB, 30 s. */
  | 'metadata'
  /** Token, registration and revocation endpoints: no redirects, 256 KiB, 30 s. */
  | 'token'

/** `fetch` with a purpose. `@default purpose 'mcp'` */
export type GuardedFetch = (
  url: string | URL,
  init?: RequestInit & {
    readonly purpose?: RequestPurpose | undefined
    /** The handling of too deeply nested JSON in an `'mcp'` response. `@default 'refuse'` */
    readonly deepJson?: DeepJson | undefined
    /** A final check of an `'mcp'` request, each time before it is sent. */
    readonly beforeSend?: BeforeSend | undefined
    /** Called when an `'mcp'` request was redirected, before it is sent again. */
    readonly onRefused?: (() => void) | undefined
  },
) => Promise<Response>

export interface GuardedFetchOptions {
  readonly egress: EgressOptions
  /** The limit in decoded bytes of one response, or of one event of an event stream. */
  readonly maxResponseBytes: number
  readonly runtime: Pick<RegistryRuntime, 'fetch' | 'now' | 'setTimer'>
  /** Sends the requests. `@default` over `runtime.fetch` if given, otherwise the platform's */
  readonly dialer?: Dialer | undefined
}

/**
 * The only access to the network. URLs are checked before a request, addresses once known; redirects never get
 * credentials; responses are limited; errors contain no URL query, header or text of the server.
 *
 * `mayHaveRun` of an error means that a request other than GET may have reached the server.
 * `reason` of `unreachable` is `dns`, `refused` or `tls` (it did not leave) or `reset`; of `timeout` it may be `connect`.
 * `redirect` and `credentials` of the init are ignored: the purpose decides.
 *
 * @throws `invalid_input`, `url_refused`, `unreachable`, `timeout`, `redirect_refused`, `response_too_large`,
 *   `protocol_error`, `aborted`, `closed`; a body that is read later rejects with the same codes
 */
export function createGuardedFetch(options: GuardedFetchOptions): {
  readonly fetch: GuardedFetch
  close(): Promise<void>
} {
  const { egress, runtime } = options
  const dialer = options.dialer ?? (runtime.fetch ? fetchDialer(runtime.fetch) : createDialer({ egress, runtime }))

  const check = (url: string | URL): URL => checkedUrl(url, egress)

  const fetch: GuardedFetch = async (input, init = {}) => {
    const purpose = init.purpose ?? 'mcp'
    const request: OutgoingRequest = {
      url: check(input),
      method: methodOf(init, purpose),
      headers: requestHeaders(init.headers),
      body: requestBody(init.body),
      signal: init.signal ?? undefined,
      beforeSend: init.beforeSend,
    }
    if (purpose === 'mcp') {
      const limits = { maxBytes: options.maxResponseBytes, streams: true, deepJson: init.deepJson }
      const { beforeSend } = request
      const answer = await dialer.send(request)
      const url = slashAway(request, answer)
      if (url === undefined) return received(request, answer, limits)
      answer.body.cancel()
      init.onRefused?.()
      const moved = { ...request, url: check(url), beforeSend: beforeSend && (() => beforeSend(true)) }
      return received(moved, await dialer.send(moved), limits, true)
    }
    return withinDeadline(request, runtime, (bounded) => completed(bounded, purpose, dialer, egress))
  }

  return { fetch, close: () => dialer.close() }
}

function methodOf(init: RequestInit, purpose: RequestPurpose): string {
  const method = (init.method ?? 'GET').toUpperCase()
  if (!methods.has(method) || (purpose === 'metadata' && method !== 'GET')) {
    throw new IntegrationError('invalid_input', `This HTTP method can't be used for the purpose "${purpose}".`)
  }
  return method
}

/** Creates the limited response; a redirect is an error. */
function received(
  request: OutgoingRequest,
  answer: IncomingResponse,
  limits: Pick<GuardedResponseOptions, 'maxBytes' | 'streams' | 'deepJson'>,
  redirected = false,
): GuardedResponse {
  const mayHaveRun = startsWork(request.method)
  if (isRedirect(answer.status)) {
    answer.body.cancel()
    throw new IntegrationError('redirect_refused', redirectMessage, { httpStatus: answer.status, mayHaveRun })
  }
  if (answer.status < 200 || answer.status > 599) {
    answer.body.cancel()
    throw new IntegrationError('protocol_error', 'The server returned an invalid HTTP status.', {
      mayHaveRun,
    })
  }
  return new GuardedResponse(answer, { ...limits, url: request.url, redirected, mayHaveRun })
}

/** The complete response of an OAuth endpoint, after the redirects that its purpose allows. */
async function completed(
  first: OutgoingRequest,
  purpose: RequestPurpose,
  dialer: Dialer,
  egress: EgressOptions,
): Promise<GuardedResponse> {
  const limits = { maxBytes: maxMetadataBytes, streams: false }
  const hops = purpose === 'metadata' ? maxMetadataHops : 0
  let request = first
  let answer = await dialer.send(request)
  for (let hop = 0; hop < hops && isRedirect(answer.status); hop++) {
    answer.body.cancel()
    request = redirectedRequest(request, answer, egress)
    answer = await dialer.send(request)
  }
  const response = received(request, answer, limits, request !== first)
  const body = bytesBody(await response.bytes())
  return received(request, { ...answer, body }, limits, request !== first)
}

/**
 * The redirect target that differs only by a trailing slash: frameworks redirect to their own spelling of a path. It is the
 * same endpoint, so the request is sent again with its credentials; nothing has run yet.
 */
function slashAway({ url }: OutgoingRequest, { status, headers }: IncomingResponse): URL | undefined {
  const location = status === 307 || status === 308 ? new Headers(headers).get('location') : null
  if (location === null || !URL.canParse(location, url)) return undefined
  const other = new URL(location, url)
  const bare = ({ pathname }: URL): string => pathname.replace(/\/$/, '')
  const isSame = other.origin === url.origin && bare(other) === bare(url) && other.search === url.search
  return isSame && other.pathname !== url.pathname && other.hash === '' ? other : undefined
}

/** The redirected request, checked like a configured URL, without headers that could be credentials. */
function redirectedRequest(request: OutgoingRequest, answer: IncomingResponse, egress: EgressOptions): OutgoingRequest {
  const location = new Headers(answer.headers).get('location')
  try {
    const url = checkUrl(location === null ? '' : new URL(location, request.url), egress)
    const headers = new Map([...request.headers].filter(([name]) => keptOverRedirects.has(name)))
    return { ...request, url, headers }
  } catch (error) {
    const cause = error instanceof IntegrationError ? error : undefined
    throw new IntegrationError('redirect_refused', redirectMessage, { httpStatus: answer.status, cause })
  }
}

async function withinDeadline<T>(
  request: OutgoingRequest,
  runtime: Pick<RegistryRuntime, 'setTimer'>,
  run: (bounded: OutgoingRequest) => Promise<T>,
): Promise<T> {
  const { signal } = request
  if (signal?.aborted) throw abortError(signal, false)
  const controller = new AbortController()
  const stopListening = onAbort(signal, () => controller.abort(signal?.reason))
  const stopTimer = runtime.setTimer(
    () => controller.abort(new IntegrationError('timeout', 'The server did not respond in time.')),
    oauthTimeoutMs,
  )
  try {
    return await run({ ...request, signal: controller.signal })
  } finally {
    stopTimer()
    stopListening()
  }
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400
}

const redirectMessage = 'The server redirects to another URL, which is not followed. Use the final URL.'
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])
const keptOverRedirects = new Set(['accept', 'accept-encoding', 'user-agent', 'mcp-protocol-version'])
