import { Client, SUPPORTED_PROTOCOL_VERSIONS, type DiscoverResult } from '@modelcontextprotocol/client'
import type { CallClock } from './call-clock.js'
import { clientInfo } from './client-info.js'
import type { OpenOptions, ServerProfile } from './connection-contract.js'
import { nextAttempt, type Attempt } from './next-attempt.js'
import { openTransport, type OpenTransport } from './open-transport.js'
import type { PlainRequests } from './plain-requests.js'
import { profileOf, sameAs } from './server-profile.js'

/** A client that is connected, with the transport under it. */
export interface OpenClient extends OpenTransport {
  readonly client: Client
  /** Sends what needs nothing of the client; absent where every request does. */
  readonly plain?: PlainRequests | undefined
  readonly profile: ServerProfile
  /** Whether the profile was given, not just detected. */
  readonly remembered: boolean
}

/**
 * Connects one way, and another way where the answer says which. Every attempt has a client and a transport of its own:
 * the SDK's can't be started twice.
 *
 * @throws what {@link nextAttempt} throws; the clock's error once it ended
 */
export async function connect(options: OpenOptions, how: Attempt, clock: CallClock): Promise<OpenClient> {
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
    return await connect(options, nextAttempt(how, { error, transport }, options.runtime.now()), clock)
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

function priorOf(prior: Attempt['prior']): {
  prior?: { kind: 'legacy' } | { kind: 'modern'; discover: DiscoverResult } | undefined
} {
  if (prior === undefined) return {}
  if (prior === 'legacy' || prior.era === 'legacy') return { prior: { kind: 'legacy' } }
  return { prior: { kind: 'modern', discover: prior.discover as unknown as DiscoverResult } }
}

/** Results are checked by ourselves, after they arrived. */
const checksNothing = {
  getValidator: () => (data: unknown) => ({ valid: true as const, data: data as never, errorMessage: undefined }),
}
