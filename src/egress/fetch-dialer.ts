import { IntegrationError } from '../model/errors.js'
import { streamBody } from '../model/lean-response.js'
import { onAbort } from '../model/race.js'
import type { Dialer, IncomingResponse, OutgoingRequest } from './dialer.js'
import { closedError } from './closed-error.js'
import { abortError, networkError, reasonOfCode, startsWork } from './network-errors.js'

/**
 * A {@link Dialer} over a `fetch`: the platform's, or the host's own. It can't see addresses, so
 * only the rules about names and IP literals apply; redirects are never followed.
 */
export function fetchDialer(fetch: typeof globalThis.fetch): Dialer {
  const inFlight = new Set<AbortController>()
  let closed = false

  const send = async (request: OutgoingRequest): Promise<IncomingResponse> => {
    if (closed) throw closedError()
    const { url, method, headers, body, signal } = request
    const controller = new AbortController()
    let stopListening = () => {}
    const done = () => {
      inFlight.delete(controller)
      stopListening()
    }
    const toError = (error: unknown) => {
      done()
      if (controller.signal.aborted) return abortError(controller.signal, startsWork(method))
      if (error instanceof IntegrationError) return error
      const reason = reasonOfCode(codeOf(error))
      return networkError(reason ?? 'reset', url, reason === undefined && startsWork(method))
    }

    if (signal?.aborted) throw abortError(signal, false)
    await request.beforeSend?.(false)
    if (closed) throw closedError()
    if (signal?.aborted) throw abortError(signal, false)
    stopListening = onAbort(signal, () => controller.abort(signal?.reason))
    inFlight.add(controller)
    try {
      const response = await fetch(url.href, {
        method,
        headers: Object.fromEntries(headers),
        body: body as BodyInit | undefined,
        redirect: 'manual',
        signal: controller.signal,
      })
      const source = response.body ? streamBody(response.body) : undefined
      if (!source) done()
      return {
        // Browsers report an unfollowed redirect as status 0.
        status: response.type === 'opaqueredirect' ? 302 : response.status,
        headers: response.headers,
        body: {
          async read() {
            try {
              const chunk = await source?.read()
              if (!chunk) done()
              return chunk
            } catch (error) {
              throw toError(error)
            }
          },
          cancel() {
            done()
            source?.cancel()
          },
        },
      }
    } catch (error) {
      throw toError(error)
    }
  }

  return {
    send,
    async close() {
      closed = true
      for (const controller of inFlight) controller.abort(closedError())
      inFlight.clear()
    },
  }
}

/** Node's `fetch` puts the code in `cause`; nothing else of the error is read, because its text may contain a secret. */
function codeOf(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return undefined
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown }
  return code ?? codeOf(cause)
}
