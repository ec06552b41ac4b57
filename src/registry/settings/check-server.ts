import { IntegrationError, isIntegrationError, type ErrorCode } from '../../model/errors.js'
import { checkInput } from '../../model/input.js'
import { parse } from '../../model/parse.js'
import type { IntegrationAuth, ServerInfo } from '../../model/integration.js'
import type { OAuthSettings } from '../../model/oauth.js'
import { visible } from '../../model/visible-text.js'
import type { ActorContext } from '../state/context.js'
import { probeServer } from './connect.js'
import { planConnect, type ConnectInput } from './plan-connect.js'
import { shownServer } from './present-integration.js'

/** Input of `check()`: the server, as for `connect()`. */
export type CheckInput = {
  /** Names and values, as for `connect()`; never stored. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly oauth?: OAuthSettings | undefined
} & ({ readonly url: string } | { readonly connector: string })

/** Result of `check()`. */
export interface ServerCheck {
  /**
   * `oauth`: a person must sign in. `header`: the server works with the given headers. `none`: it needs no credential.
   */
  readonly auth: IntegrationAuth
  /** Scheme, host and port of the server. */
  readonly origin: string
  /** The MCP revision that the server speaks. */
  readonly protocolVersion?: string | undefined
  /** The server's description of itself; shown, never trusted. */
  readonly server?: ServerInfo | undefined
  /** The tools; absent if a sign-in is needed first. */
  readonly tools?: readonly { readonly name: string; readonly title?: string | undefined }[] | undefined
}

/**
 * `check()`: probes a server and stores nothing. The error is the same for every reason why an address can't be reached,
 * so that nobody can explore a private network.
 *
 * @throws IntegrationError `invalid_input`, `not_found` (connector), `url_refused` (the URL as such), `unreachable`,
 * `authorization_failed`, `limit_reached`, and other errors of the server
 */
export async function checkServer(
  context: ActorContext,
  input: CheckInput,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ServerCheck> {
  const taken = parse('check()', checkInput, input)
  context.checks.count(context.actor)
  const agents = (await context.agents.of(context.actor.workspaceId)).slice(0, 1).map(({ id }) => id)
  const plan = await planConnect(context, { name: 'check', ...taken, agents } as ConnectInput)
  const found = await probeServer(context, plan, signal).catch((error: unknown) => {
    throw withoutDistinction(error, plan.origin)
  })
  if (found.type === 'sign_in') return { auth: 'oauth', origin: plan.origin }
  const { listing, profile } = found.listed
  return {
    auth: Object.keys(plan.headers).length > 0 ? 'header' : 'none',
    origin: plan.origin,
    protocolVersion: profile.protocolVersion,
    server: profile.server === undefined ? undefined : shownServer(profile.server),
    tools: listing.tools.map(({ name, title }) => ({
      name: visible(name),
      title: title === undefined ? undefined : visible(title),
    })),
  }
}

/** Errors that must not differ: a difference would reveal what is on the network. */
const indistinguishable: ReadonlySet<ErrorCode> = new Set(['url_refused', 'redirect_refused', 'unreachable', 'timeout'])

function withoutDistinction(error: unknown, origin: string): unknown {
  if (!isIntegrationError(error) || !indistinguishable.has(error.code)) return error
  return new IntegrationError('unreachable', `The server at ${origin} can't be reached. Check its URL.`)
}
