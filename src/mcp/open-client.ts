import {
  Client,
  ProtocolError,
  SdkHttpError,
  SUPPORTED_PROTOCOL_VERSIONS,
  type DiscoverResult,
} from '@modelcontextprotocol/client'
import { isIntegrationError } from '../model/errors.js'
import type { JsonObject, JsonValue } from '../model/json.js'
import { CallClock } from './call-clock.js'
import { clientInfo } from './client-info.js'
import type { OpenOptions, ServerProfile } from './connection-contract.js'
import type { GuardedTransport } from './guarded-transport.js'
import { openTransport, type OpenTransport } from './open-transport.js'
import type { PlainRequests } from './plain-requests.js'
import { causeOf, causesOf, ProbeRefused } from './errors-through-sdk.js'
import { brokenProtocol, unsupportedVersion } from './faults.js'
import { serverError } from './server-errors.js'
import { serverInfo } from './server-info.js'

/** A client that is connected, with the transport under it. */
export interface OpenClient extends OpenTransport {
  readonly client: Client
  /** Sends what needs nothing of the client; absent where every request does. */
  readonly plain?: PlainRequests | undefined
  readonly profile: ServerProfile
  /** Whether the profile was given, not just detected. */
  readonly remembered: boolean
}

/** One way to try it. `auto` asks for the era first. */
interface Attempt {
  readonly kind: ServerProfile['transport']
  readonly prior?: ServerProfile | 'legacy' | undefined
  /** The revision to offer in the older handshake. `@default` the newest */
  readonly offering?: string | undefined
}

/**
 * Connects by the given profile, or detects it: the current era first, then the older one, then HTTP+SSE.
 *
 * Every attempt has a client and a transport of its own: the SDK's can't be started twice.
 */
export async function openClient(options: OpenOptions, profile: ServerProfile | undefined): Promise<OpenClient> {
  const clock = new CallClock({ runtime: options.runtime, timeoutMs: options.timeoutMs, signal: options.signal })
  const attempt: Attempting = (how, within = clock) => connect(options, how, within)
  const local = 'local' in options.endpoint
  try {
    if (profile !== undefined) {
      try {
        return await attempt({ kind: profile.transport, prior: profile })
      } catch (error) {
        if (!isIntegrationError(error) || !['not_mcp', 'protocol_error', 'session_lost'].includes(error.code))
          throw error
        // It speaks something else now.
      }
    }
    return await (local ? findOutLocally(attempt) : findOut(attempt, options))
  } finally {
    clock.stop()
  }
}

async function findOut(attempt: Attempting, options: OpenOptions): Promise<OpenClient> {
  try {
    return await attempt({ kind: 'streamable-http' })
  } catch (error) {
    if (!(error instanceof MayBeOldTransport)) throw error
    // Where not even the question for the era was understood, HTTP+SSE is likelier, so it comes before the older handshake.
    return error.unasked
      ? attemptFor(options.timeoutMs / 2, options, attempt, { kind: 'sse', prior: 'legacy' }).catch(
          (fault: unknown) => {
            if (!tellsNothing(fault)) throw fault
            const told = isIntegrationError(fault) && fault.code === 'timeout' ? fault : error.fault
            return attempt({ kind: 'streamable-http', prior: 'legacy' }).catch(insteadOfNothing(told))
          },
        )
      : attempt({ kind: 'sse', prior: 'legacy' }).catch(insteadOfNothing(error.fault))
  }
}

/** A guess gets a part of the time: an event stream that is not HTTP+SSE's never says so. */
async function attemptFor(timeoutMs: number, options: OpenOptions, attempt: Attempting, how: Attempt) {
  const clock = new CallClock({ runtime: options.runtime, timeoutMs, signal: options.signal })
  try {
    return await attempt(how, clock)
  } finally {
    clock.stop()
  }
}

/** The first error says more than the last one, which found nothing either. */
function insteadOfNothing(first: Error): (fault: unknown) => never {
  return (fault) => {
    throw isIntegrationError(fault) && fault.code === 'not_mcp' ? first : fault
  }
}

function tellsNothing(fault: unknown): boolean {
  return isIntegrationError(fault) && (fault.code === 'not_mcp' || fault.code === 'timeout')
}

type Attempting = (how: Attempt, clock?: CallClock) => Promise<OpenClient>

/** A server that takes the question for its era badly is asked the older way, in a process of its own. */
async function findOutLocally(attempt: Attempting): Promise<OpenClient> {
  try {
    return await attempt({ kind: 'local' })
  } catch (error) {
    const isThere = isIntegrationError(error) && error.code !== 'aborted' && error.reason !== 'no_such_program'
    if (!isThere || error.reason === 'unsupported_version') throw error
    return attempt({ kind: 'local', prior: 'legacy' })
  }
}

async function connect(options: OpenOptions, how: Attempt, clock: CallClock): Promise<OpenClient> {
  const { kind, prior, offering } = how
  const known = typeof prior === 'object' ? prior : undefined
  // A session with declared elicitation is not shared, and continues no other.
  const sessionId = options.elicits ? undefined : known?.sessionId
  const opened = await openTransport(options, kind, { ...known, sessionId })
  const { transport, state } = opened
  const client = new Client(clientInfo, {
    capabilities: options.elicits ? { elicitation: { form: { applyDefaults: true }, url: {} } } : {},
    versionNegotiation: { mode: 'auto', probe: { timeoutMs: options.timeoutMs } },
    supportedProtocolVersions: offering === undefined ? undefined : offeredFirst(offering),
    jsonSchemaValidator: checksNothing,
    inputRequired: { maxRounds: 5 },
  })
  const connecting = client.connect(transport, { timeout: options.timeoutMs, ...priorOf(prior) })
  // The SDK's event source keeps to itself that its stream can't be had, and waits.
  const broken = new Promise<never>((_resolve, reject) => (state.onFault = reject))
  broken.catch(() => undefined)
  try {
    await clock.race(Promise.race([connecting, broken]))
  } catch (error) {
    connecting.catch(() => undefined)
    await transport.close().catch(() => undefined)
    if (clock.ended !== undefined) throw clock.ended
    return await otherwise(options, how, clock, { error, transport })
  }
  const resumed = known !== undefined && (known.era === 'modern' || sessionId !== undefined)
  const plain = options.elicits
    ? undefined
    : opened.plainRequests?.({
        era: client.getProtocolEra() ?? 'legacy',
        protocolVersion: client.getNegotiatedProtocolVersion() ?? '',
      })
  client.onclose = () => {
    state.broken = true
    plain?.close()
  }
  return {
    ...opened,
    client,
    plain,
    profile:
      resumed || sameAs(known, client, transport, options.elicits)
        ? known!
        : profileOf(client, transport, kind, options),
    remembered: resumed,
  }
}

/** The first is offered, and any of them may be chosen. */
function offeredFirst(offering: string): string[] {
  return [offering, ...SUPPORTED_PROTOCOL_VERSIONS.filter((version) => version !== offering)]
}

/** What follows a failed attempt: another attempt, or the error. */
async function otherwise(
  options: OpenOptions,
  how: Attempt,
  clock: CallClock,
  { error, transport }: { readonly error: unknown; readonly transport: GuardedTransport },
): Promise<OpenClient> {
  const { kind, prior, offering } = how
  if (transport.lateDiscovery !== undefined) return connect(options, lateAnswer(kind, transport, options), clock)
  const named = revisionsNamed(error, offering ?? SUPPORTED_PROTOCOL_VERSIONS[0]!)
  const next = SUPPORTED_PROTOCOL_VERSIONS.find((version) => named?.includes(version))
  if (next !== undefined && offering === undefined)
    return connect(options, { kind, prior: 'legacy', offering: next }, clock)
  if (named !== undefined || isUnknownRevision(transport.chosenVersion)) throw unsupportedVersion()
  const fault = serverError(error, 'connect')
  if (isIntegrationError(fault) && fault.code === 'not_mcp' && fault.httpStatus === undefined && transport.spoke)
    throw brokenProtocol(false)
  if (kind !== 'streamable-http' || prior !== undefined) throw fault
  const unasked = causeOf(error, ProbeRefused) !== undefined
  throw unasked || mayBeOldTransport(error) ? new MayBeOldTransport(fault, unasked) : fault
}

/** A server of the current era that took its time: nothing more has to be asked. */
function lateAnswer(kind: Attempt['kind'], { lateDiscovery }: GuardedTransport, { runtime }: OpenOptions): Attempt {
  const discover = lateDiscovery as JsonObject
  const prior: ServerProfile = {
    era: 'modern',
    transport: kind,
    protocolVersion: '2026-07-28',
    at: runtime.now(),
    discover,
    serverCapabilities: discover.capabilities,
  }
  return { kind, prior }
}

/**
 * The revisions that a refusal of the handshake names, apart from the one that was offered; `undefined` when the refusal
 * is about something else.
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

function priorOf(prior: Attempt['prior']): {
  prior?: { kind: 'legacy' } | { kind: 'modern'; discover: DiscoverResult } | undefined
} {
  if (prior === undefined) return {}
  if (prior === 'legacy' || prior.era === 'legacy') return { prior: { kind: 'legacy' } }
  return { prior: { kind: 'modern', discover: prior.discover as unknown as DiscoverResult } }
}

/** Nothing new was found out: there is no session, or it is this connection's own. */
function sameAs(
  known: ServerProfile | undefined,
  client: Client,
  transport: GuardedTransport,
  elicits: boolean,
): boolean {
  const sessionless = known?.sessionId === undefined && transport.sessionId === undefined
  return (elicits || sessionless) && known?.protocolVersion === client.getNegotiatedProtocolVersion()
}

function profileOf(
  client: Client,
  transport: GuardedTransport,
  kind: ServerProfile['transport'],
  { elicits, runtime }: OpenOptions,
): ServerProfile {
  const era = client.getProtocolEra() ?? 'legacy'
  const discover = client.getDiscoverResult()
  const { sessionId } = transport
  return {
    era,
    transport: kind,
    protocolVersion: client.getNegotiatedProtocolVersion() ?? '',
    at: runtime.now(),
    discover: era === 'modern' && discover !== undefined ? (discover as unknown as JsonValue) : undefined,
    sessionId: sessionId === undefined || elicits ? undefined : sessionId,
    serverCapabilities: (client.getServerCapabilities() ?? {}) as JsonValue,
    server: serverInfo(client),
  }
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

/** The server does not take Streamable HTTP at this URL, and nothing says that it is no MCP server. */
class MayBeOldTransport extends Error {
  /** @param unasked - The older handshake was not tried. */
  constructor(
    readonly fault: Error,
    readonly unasked: boolean,
  ) {
    super('No Streamable HTTP here.')
  }
}

/** Results are checked by ourselves, after they arrived. */
const checksNothing = {
  getValidator: () => (data: unknown) => ({ valid: true as const, data: data as never, errorMessage: undefined }),
}
