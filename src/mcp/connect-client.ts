import { Client, SUPPORTED_PROTOCOL_VERSIONS, type DiscoverResult } from '@modelcontextprotocol/client'
import type { Raw } from './absent.js'
import type { CallClock } from './call-clock.js'
import { clientInfo } from './client-info.js'
import type { OpenOptions, ServerProfile } from './connection-contract.js'
import type { EarlyAnswer } from './early-answer.js'
import { lostAnswer } from './mcp-errors.js'
import { nextAttempt, type Attempt } from './next-attempt.js'
import { openTransport, type OpenTransport } from './open-transport.js'
import { shakeHands } from './plain-handshake.js'
import type { PlainRequests } from './plain-requests.js'
import { agreementIn, agreementOf, isKnown, type Agreement } from './server-profile.js'

/** A connection to a server, with the transport under it. */
export interface OpenClient extends OpenTransport {
  /** The SDK's client: where nothing needed it before, it is made now, which asks the server nothing. */
  sdk(): Promise<Client>
  /** Sends requests without the SDK's client; absent if every request needs it. */
  readonly plain?: PlainRequests | undefined
  readonly profile: ServerProfile
  /** Whether the profile was stored before, not detected now. */
  readonly remembered: boolean
  close(): Promise<void>
}

/**
 * Connects one way, and another way where the answer says which: without the SDK's client where the server leaves nothing
 * open, otherwise with it.
 *
 * @throws what {@link nextAttempt} throws; the clock's error once it ended
 */
export async function connect(options: OpenOptions, how: Attempt, clock: CallClock): Promise<OpenClient> {
  const { endpoint, elicits, ...rest } = options
  if (how.kind !== 'streamable-http' || 'local' in endpoint || elicits || how.offering !== undefined)
    return connectWithSdk(options, how, clock)
  const { prior } = how
  if (typeof prior === 'object' && (prior.era === 'modern' || prior.sessionId !== undefined))
    return openPlainly(options, how, { agreed: prior })
  const shaken = await shakeHands({ ...rest, endpoint }, prior === undefined, clock)
  if (shaken.era === 'unknown') return connectWithSdk(options, how, clock, shaken.answers)
  const handshake = shaken.era === 'legacy' ? shaken.initialize : undefined
  return openPlainly(options, how, { agreed: agreementIn(shaken), handshake })
}

/** Opens a connection on which everything is agreed; the SDK's client is made when something needs it. */
async function openPlainly(
  options: OpenOptions,
  { kind, prior }: Attempt,
  { agreed, handshake }: { readonly agreed: Agreement; readonly handshake?: Raw | undefined },
): Promise<OpenClient> {
  const { era, sessionId, protocolVersion } = agreed
  const opened = await openTransport(options, kind, { sessionId, protocolVersion, handshake })
  const { transport, state } = opened
  if (era === 'legacy') transport.setProtocolVersion(protocolVersion)
  const plain = opened.plainRequests?.({ era, protocolVersion })
  transport.onclose = () => {
    state.broken = true
    plain?.close()
  }
  let made: Promise<Client> | undefined
  const make = async (): Promise<Client> => {
    if (state.broken) throw lostAnswer()
    const client = sdkClient(options)
    await client.connect(transport, { timeout: options.timeoutMs, ...priorOf(agreed) })
    return client
  }
  const sdk = (): Promise<Client> => (made ??= make())
  transport.onQuestion = (message) =>
    void sdk().then(
      () => transport.onmessage?.(message),
      () => undefined,
    )
  return {
    ...opened,
    sdk,
    close: () => transport.close(),
    plain,
    ...profiled(options, { kind, prior }, agreed),
  }
}

/** Every attempt has a client and a transport of its own: the SDK's can't be started twice. */
async function connectWithSdk(
  options: OpenOptions,
  how: Attempt,
  clock: CallClock,
  early: readonly EarlyAnswer[] = [],
): Promise<OpenClient> {
  const { kind, prior, offering } = how
  const known = typeof prior === 'object' ? prior : undefined
  // A session with declared elicitation is not shared and doesn't continue another one.
  const sessionId = options.elicits ? undefined : known?.sessionId
  const opened = await openTransport(options, kind, { ...known, sessionId, early })
  const { transport, state } = opened
  const client = sdkClient(options, offering)
  const connecting = client.connect(transport, { timeout: options.timeoutMs, ...priorOf(prior) })
  // The SDK's event source doesn't report that its stream failed, and waits.
  const broken = new Promise<never>((_resolve, reject) => (state.onError = reject))
  broken.catch(() => undefined)
  try {
    await clock.race(Promise.race([connecting, broken]))
  } catch (error) {
    connecting.catch(() => undefined)
    await transport.close().catch(() => undefined)
    if (clock.ended !== undefined) throw clock.ended
    return await connect(options, nextAttempt(how, { error, transport }, options.runtime.now()), clock)
  }
  const agreed = agreementOf(client, transport.sessionId)
  const { era, protocolVersion } = agreed
  const plain = options.elicits ? undefined : opened.plainRequests?.({ era, protocolVersion })
  client.onclose = () => {
    state.broken = true
    plain?.close()
  }
  return {
    ...opened,
    sdk: () => Promise.resolve(client),
    close: () => client.close(),
    plain,
    ...profiled(options, { kind, prior }, agreed),
  }
}

/** The profile of a connection: the one that was given, while it says the same. */
function profiled(
  { elicits, runtime }: OpenOptions,
  { kind, prior }: Attempt,
  agreed: Agreement,
): Pick<OpenClient, 'profile' | 'remembered'> {
  const known = typeof prior === 'object' ? prior : undefined
  const remembered = known !== undefined && (known.era === 'modern' || (!elicits && known.sessionId !== undefined))
  if (known !== undefined && (remembered || isKnown(known, agreed, elicits))) return { profile: known, remembered }
  const sessionId = elicits ? undefined : agreed.sessionId
  return { profile: { ...agreed, sessionId, transport: kind, at: runtime.now() }, remembered: false }
}

function sdkClient({ elicits, timeoutMs }: OpenOptions, offering?: string): Client {
  return new Client(clientInfo, {
    capabilities: elicits ? { elicitation: { form: { applyDefaults: true }, url: {} } } : {},
    versionNegotiation: { mode: 'auto', probe: { timeoutMs } },
    supportedProtocolVersions: offering === undefined ? undefined : offeredFirst(offering),
    jsonSchemaValidator: checksNothing,
    inputRequired: { maxRounds: 5 },
  })
}

/** All supported revisions with the offered one first. The server may choose any of them. */
function offeredFirst(offering: string): string[] {
  return [offering, ...SUPPORTED_PROTOCOL_VERSIONS.filter((version) => version !== offering)]
}

function priorOf(prior: Agreement | 'legacy' | undefined): {
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
