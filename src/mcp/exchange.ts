import type { JSONRPCMessage, JSONRPCNotification } from '@modelcontextprotocol/client'
import type { Sending } from './connection-contract.js'
import type { Awaited } from './wire-message.js'

/** A pending request. */
export interface Exchange extends Awaited {
  /** Whether the HTTP response is a stream, so that the JSON-RPC response may arrive later. */
  streams: boolean
  /** The error of the response, if any. */
  failure?: unknown
  /** Aborts the request. */
  readonly abort: AbortController
  /** The response that was already received or asked for, for the SDK to continue with. */
  received: Response | Promise<Response> | undefined
  readonly sending?: Sending | undefined
  /** The `server/discover` probe: stops its timer, and whether its response is no longer awaited. */
  stopTimer?: (() => void) | undefined
  isLate?: boolean | undefined
}

/** A header that names the exchange to the transport's `fetch`; it is never sent. */
export const exchangeHeader = 'x-mcp-integrations-exchange'

/** The id of the request that a message cancels; `undefined` if it cancels none. */
export function cancelledRequest(message: JSONRPCMessage): string | number | undefined {
  if (!('method' in message) || message.method !== 'notifications/cancelled') return undefined
  const { requestId } = (message.params ?? {}) as { requestId?: unknown }
  return typeof requestId === 'string' || typeof requestId === 'number' ? requestId : undefined
}

/** The cancellation with the id that the server knows. */
export function cancelling({ sentAs }: Exchange, message: JSONRPCNotification): JSONRPCNotification {
  return sentAs === undefined ? message : { ...message, params: { ...message.params, requestId: sentAs } }
}
