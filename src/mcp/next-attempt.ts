import { ProtocolError, SdkHttpError, SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/client'
import { isIntegrationError } from '../model/errors.js'
import type { JsonObject } from '../model/json.js'
import type { ServerProfile } from './connection-contract.js'
import { causeOf, causesOf, ProbeRefused } from './errors-through-sdk.js'
import { brokenProtocol, unsupportedVersion } from './mcp-errors.js'
import type { GuardedTransport } from './guarded-transport.js'
import { serverError } from './server-errors.js'

/** One way to connect. Without `prior`, the era is detected. */
export interface Attempt {
  readonly kind: ServerProfile['transport']
  readonly prior?: ServerProfile | 'legacy' | undefined
  /** The revision to offer in the older handshake. `@default` the newest */
  readonly offering?: string | undefined
}

/**
 * The next way to connect after a failed one.
 *
 * @throws the error if there is no other way; {@link MayBeOldTransport} if another transport may work
 */
export function nextAttempt(
  { kind, prior, offering }: Attempt,
  { error, transport }: { readonly error: unknown; readonly transport: GuardedTransport },
  now: number,
): Attempt {
  if (transport.lateDiscovery !== undefined) return lateAnswer(kind, transport.lateDiscovery as JsonObject, now)
  const named = revisionsNamed(error, offering ?? SUPPORTED_PROTOCOL_VERSIONS[0]!)
  const next = SUPPORTED_PROTOCOL_VERSIONS.find((version) => named?.includes(version))
  if (next !== undefined && offering === undefined) return { kind, prior: 'legacy', offering: next }
  if (named !== undefined || isUnknownRevision(transport.chosenVersion)) throw unsupportedVersion()
  const failure = serverError(error, 'connect')
  if (isIntegrationError(failure) && failure.code === 'not_mcp' && failure.httpStatus === undefined && transport.spoke)
    throw brokenProtocol(false)
  if (kind !== 'streamable-http' || prior !== undefined) throw failure
  const unasked = causeOf(error, ProbeRefused) !== undefined
  throw unasked || mayBeOldTransport(error) ? new MayBeOldTransport(failure, unasked) : failure
}

/** Thrown if the server doesn't accept Streamable HTTP at this URL but may still be an MCP server. */
export class MayBeOldTransport extends Error {
  /** @param unasked - whether the older handshake was not tried */
  constructor(
    readonly failure: Error,
    readonly unasked: boolean,
  ) {
    super('No Streamable HTTP here.')
  }
}

/** The attempt for a server of the current era that responded late to the probe. */
function lateAnswer(kind: Attempt['kind'], discover: JsonObject, now: number): Attempt {
  const prior: ServerProfile = {
    era: 'modern',
    transport: kind,
    protocolVersion: '2026-07-28',
    at: now,
    discover,
    serverCapabilities: discover.capabilities,
  }
  return { kind, prior }
}

/**
 * The revisions in the error of a refused handshake, without the offered one; `undefined` if the error is about something
 * else.
 */
function revisionsNamed(error: unknown, offered: string): readonly string[] | undefined {
  const words = wordsOf(error)
  if (words === undefined || !/version/i.test(words)) return undefined
  const revisions = words.match(/\b\d{4}-\d{2}-\d{2}\b/g)?.filter((revision) => revision !== offered) ?? []
  return revisions.length > 0 || /protocol.?version/i.test(words) ? revisions : undefined
}

function wordsOf(error: unknown): string | undefined {
  for (const link of causesOf(error)) {
    if (link instanceof SdkHttpError) return String(link.data?.text ?? '')
    if (link instanceof ProtocolError) return `${link.message} ${JSON.stringify(link.data ?? null)}`
  }
  return undefined
}

function isUnknownRevision(version: unknown): boolean {
  return typeof version === 'string' && !SUPPORTED_PROTOCOL_VERSIONS.includes(version)
}

/** Modern JSON-RPC errors, which an HTTP+SSE server doesn't know. */
const modernErrors = new Set([-32020, -32021, -32022])

/**
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#backwards-compatibility
 */
function mayBeOldTransport(error: unknown): boolean {
  if (!(error instanceof SdkHttpError) || ![400, 404, 405].includes(error.status ?? 0)) return false
  try {
    const body = JSON.parse(String(error.data.text)) as { error?: { code?: unknown } | undefined } | null
    return !modernErrors.has(Number(body?.error?.code))
  } catch {
    return true
  }
}
