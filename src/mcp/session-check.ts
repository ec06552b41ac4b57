import { SdkError, SdkErrorCode } from '@modelcontextprotocol/client'
import { isIntegrationError } from '../model/errors.js'
import { CallClock } from './call-clock.js'
import type { OpenOptions } from './connection-contract.js'
import type { OpenClient } from './connect-client.js'
import { isPassthrough } from './errors-through-sdk.js'
import { isSessionLost } from './mcp-errors.js'
import { methodNotFound, rpcErrorOf, serverError } from './server-errors.js'

/**
 * Whether a refusal means that a connection is over: the server forgot its session, or was replaced. A 404 is proof.
 * After any other refusal the server is pinged on the same connection: if that is refused too, the connection is over;
 * otherwise the refusal concerned the request. The server's text is never interpreted.
 *
 * @param error - the thrown error; `failure` is the converted one
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management
 */
export async function isOver(open: OpenClient, error: unknown, failure: Error, options: OpenOptions): Promise<boolean> {
  if (isIntegrationError(failure) && (isSessionLost(failure) || failure.reason === 'unsupported_version')) return true
  const doubtsSession = rpcErrorOf(error)?.doubtsSession === true
  if (!doubtsSession && (!isShortCut(open) || !isInDoubt(open, error) || !isRefusal(error))) return false
  return isPingRefused(open, options)
}

/** Whether the server refuses a ping on a connection. Silence and an outage are not refusals. */
export async function isPingRefused(open: OpenClient, options: OpenOptions): Promise<boolean> {
  const clock = new CallClock({ runtime: options.runtime, timeoutMs: Math.min(options.timeoutMs, pingTimeoutMs) })
  try {
    const client = await open.sdk()
    await clock.race(open.profile.era === 'modern' ? client.discover() : client.ping())
    return false
  } catch (silence) {
    const isAnswered = silence instanceof SdkError && silence.code === SdkErrorCode.InvalidResult
    return clock.ended === undefined && !isAnswered && isRefusal(silence) && !isUnknownPing(open, silence)
  } finally {
    clock.stop()
  }
}

/** The time limit of a ping, in ms. */
const pingTimeoutMs = 10_000

/** Whether the connection uses a stored profile or an older session. A new connection is not in doubt. */
function isShortCut({ remembered, state, profile, transport }: OpenClient): boolean {
  const hasSession =
    profile.era === 'modern' ||
    profile.transport === 'sse' ||
    profile.transport === 'local' ||
    transport.sessionId !== undefined
  return hasSession && (remembered || state.proven === true)
}

/**
 * Whether an error may mean a lost connection. Without a session, a JSON-RPC error on a connection that worked concerns
 * only the request. For a local server, which a wrapper may have restarted, errors about a method or its parameters do.
 */
function isInDoubt({ profile, remembered }: OpenClient, error: unknown): boolean {
  const code = rpcErrorOf(error)?.code
  if (code === undefined) return true
  if (profile.transport === 'local') return code === -32600 || (code >= -32099 && code <= -32000)
  return profile.era === 'legacy' || remembered
}

/** Whether the server doesn't support `ping`. Its response still proves that the session exists. */
function isUnknownPing({ profile }: OpenClient, silence: unknown): boolean {
  return profile.era === 'legacy' && rpcErrorOf(silence)?.code === methodNotFound
}

/** Whether the server refused. An outage, a requested pause and a cut-off response are not refusals. */
function isRefusal(error: unknown): boolean {
  if (rpcErrorOf(error) !== undefined) return true
  const failure = serverError(error, 'list')
  if (isPassthrough(failure)) return true
  if (!isIntegrationError(failure)) return false
  if (failure.httpStatus !== undefined) return !temporaryStatuses.has(failure.httpStatus)
  return failure.code === 'protocol_error' || failure.code === 'not_mcp'
}

/** Statuses of temporary errors. */
const temporaryStatuses = new Set([408, 429, 502, 503, 504])
