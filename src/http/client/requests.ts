import { problemError } from './problem-error.js'

/** Options of `integrationsClient`. */
export interface IntegrationsClientOptions {
  /** The handler's base path, e.g. `/api/mcp` in a page, or a whole URL. */
  readonly baseUrl: string
  /** Sends the requests. `@default` the global `fetch` */
  readonly fetch?: typeof fetch | undefined
  /** Headers of every request, e.g. the host's own authentication. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** What is sent beside the method and the path. */
export interface Sent {
  /** Query parameters; may include the `signal` of a verb's options, which is not sent. */
  readonly query?: object | undefined
  readonly body?: object | undefined
  readonly ifMatch?: string | number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Sends requests and reads their JSON. */
export function sender(options: IntegrationsClientOptions) {
  return async <T>(method: string, path: string, { query = {}, body, ifMatch, signal }: Sent): Promise<T> => {
    const { signal: ofQuery, ...search } = query as Record<string, unknown>
    const headers: Record<string, string> = { Accept: 'application/json' }
    if (body !== undefined) headers['Content-Type'] = 'application/json'
    if (ifMatch !== undefined) headers['If-Match'] = ifMatch === '*' ? '*' : `"${ifMatch}"`
    const response = await request(options, path + searchOf(search), {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? (ofQuery as AbortSignal | undefined) ?? null,
    })
    return (response.status === 204 ? undefined : await response.json()) as T
  }
}

/**
 * Sends one request.
 *
 * @throws ProblemError for every error response
 */
export async function request(
  { baseUrl, fetch: send = fetch, headers: own }: IntegrationsClientOptions,
  path: string,
  init: RequestInit & { readonly headers: Readonly<Record<string, string>> },
): Promise<Response> {
  const response = await send(baseUrl.replace(/\/+$/, '') + path, { ...init, headers: { ...own, ...init.headers } })
  if (response.ok) return response
  throw await problemError(response)
}

function searchOf(query: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  return given.length === 0
    ? ''
    : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()}`
}
