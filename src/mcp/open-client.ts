import { Client, SdkHttpError, type DiscoverResult } from '@modelcontextprotocol/client'
import { isIntegrationError } from '../model/errors.js'
import type { JsonValue } from '../model/json.js'
import { CallClock } from './call-clock.js'
import { clientInfo } from './client-info.js'
import type { OpenOptions, ServerProfile } from './connection-contract.js'
import type { GuardedTransport } from './guarded-transport.js'
import { openTransport, type OpenTransport } from './open-transport.js'
import { serverError } from './server-errors.js'
import { ProbeRefused } from './server-fetch.js'
import { serverInfo } from './server-info.js'

/** A client that is connected, with the transport under it. */
export interface OpenClient extends OpenTransport {
  readonly client: Client
  readonly verdict: ServerProfile
  /** The verdict was given, not found out just now. */
  readonly remembered: boolean
}

/** One way to try it. `auto` asks for the era first. */
interface Attempt {
  readonly kind: ServerProfile['transport']
  readonly prior?: ServerProfile | 'legacy' | undefined
}

/**
 * Connects with what is known, or finds out: the current era first, then the older one, then HTTP+SSE.
 *
 * Every attempt has a client and a transport of its own: the SDK's can't be started twice.
 */
export async function openClient(options: OpenOptions, verdict: ServerProfile | undefined): Promise<OpenClient> {
  const clock = new CallClock({ runtime: options.runtime, timeoutMs: options.timeoutMs, signal: options.signal })
  const attempt: Attempting = (how, within = clock) => connect(options, how, within)
  const local = 'local' in options.endpoint
  try {
    if (verdict !== undefined) {
      try {
        return await attempt({ kind: verdict.transport, prior: verdict })
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
    if (isIntegrationError(error) && (error.httpStatus === 500 || error.httpStatus === 501))
      return attempt({ kind: 'streamable-http', prior: 'legacy' })
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

/** What was met at first says more than that the last try met nothing either. */
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
    if (isIntegrationError(error) && (error.code === 'aborted' || error.reason === 'refused')) throw error
    return attempt({ kind: 'local', prior: 'legacy' })
  }
}

async function connect(options: OpenOptions, { kind, prior }: Attempt, clock: CallClock): Promise<OpenClient> {
  const known = typeof prior === 'object' ? prior : undefined
  // A session in which elicitation was declared is not shared, and another one is not gone on with.
  const sessionId = options.elicits ? undefined : known?.sessionId
  const opened = await openTransport(options, kind, { ...known, sessionId })
  const { transport, state } = opened
  const client = new Client(clientInfo, {
    capabilities: options.elicits ? { elicitation: { form: { applyDefaults: true }, url: {} } } : {},
    versionNegotiation: {
      mode: 'auto',
      probe: { timeoutMs: kind === 'local' ? options.timeoutMs / 2 : options.timeoutMs },
    },
    jsonSchemaValidator: checksNothing,
    inputRequired: { maxRounds: 10 },
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
    const fault = serverError(error, 'connect')
    if (kind !== 'streamable-http' || prior !== undefined) throw fault
    const unasked = isProbeRefused(error)
    throw unasked || mayBeOldTransport(error) ? new MayBeOldTransport(fault, unasked) : fault
  }
  const resumed = known !== undefined && (known.era === 'modern' || sessionId !== undefined)
  client.onclose = () => (state.broken = true)
  return {
    ...opened,
    client,
    verdict:
      resumed || sameAs(known, client, transport, options.elicits)
        ? known!
        : verdictOf(client, transport, kind, options),
    remembered: resumed,
  }
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

function verdictOf(
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

function isProbeRefused(error: unknown): boolean {
  for (let link = error, depth = 0; link instanceof Error && depth < 8; link = link.cause, depth++)
    if (link instanceof ProbeRefused) return true
  return false
}

/** Results are checked by ourselves, after they arrived. */
const checksNothing = {
  getValidator: () => (data: unknown) => ({ valid: true as const, data: data as never, errorMessage: undefined }),
}
