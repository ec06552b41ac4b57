import type { EndpointFetch } from './connection-contract.js'
import { NetworkFailure } from './errors-through-sdk.js'

/** Wraps `fetch` and converts its errors. */
export function endpointFetch(fetch: EndpointFetch): EndpointFetch {
  return (url, init) =>
    fetch(url, init).catch((error: unknown) => {
      throw asNetworkFailure(error)
    })
}

/** Sends a notification. The response and errors are ignored. */
export async function noted(send: () => Promise<Response>): Promise<Response> {
  const response = await send().catch(() => undefined)
  await response?.body?.cancel().catch(() => undefined)
  return new Response(null, { status: 204 })
}

/** Reports the end of a stream, with its error if it was cut off. */
export function ended(onEnd: (failure: unknown) => void): (failure: unknown) => void {
  return (failure) => onEnd(asNetworkFailure(failure))
}

/** Wraps network errors of the platform. Other errors stay unchanged. */
function asNetworkFailure(error: unknown): unknown {
  return error instanceof TypeError ? new NetworkFailure(error) : error
}
