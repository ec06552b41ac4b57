import type { EndpointFetch } from './connection-contract.js'
import { NetworkFailure } from './errors-through-sdk.js'

/** Wraps `fetch` and converts its errors. */
export function endpointFetch(fetch: EndpointFetch): EndpointFetch {
  return (url, init) =>
    fetch(url, init).catch((error: unknown) => {
      throw asNetworkFailure(error)
    })
}

/** Sends a notification: nothing depends on the answer to it, not even whether there is one. */
export async function noted(send: () => Promise<Response>): Promise<Response> {
  const response = await send().catch(() => undefined)
  await response?.body?.cancel().catch(() => undefined)
  return new Response(null, { status: 204 })
}

/** Tells the end of a stream, with the error that it broke off with. */
export function ended(onEnd: (failure: unknown) => void): (failure: unknown) => void {
  return (failure) => onEnd(asNetworkFailure(failure))
}

/** What the platform throws about the network; errors with a name of their own stay as they are. */
function asNetworkFailure(error: unknown): unknown {
  return error instanceof TypeError ? new NetworkFailure(error) : error
}
