import type { Connector } from '../../model/connector.js'
import { connectInput } from '../../model/input.js'
import { parse } from '../../model/parse.js'
import { invalid } from '../../model/invalid.js'
import type { CredentialMode, IntegrationVisibility } from '../../model/integration.js'
import type { OAuthSettings } from '../../model/oauth.js'
import { checkedUrl } from '../../egress/checked-url.js'
import { checkConnectorOverrides, withConnectorSettings } from '../servers/oauth-settings.js'
import { checkAgents } from '../state/host-lists.js'
import type { ActorContext } from '../state/context.js'
import { withPrefix } from '../servers/headers.js'
import { allowSharing } from './allow-sharing.js'
import type { ToolSettingsRecord } from '../state/records.js'
import { notFound } from '../state/errors.js'

/** Input of `connect()`: a custom server, or a catalogue entry. */
export type ConnectInput<AgentId extends string = string> = ConnectInputBase<AgentId> &
  ({ readonly url: string; readonly name: string } | { readonly connector: string; readonly name?: string | undefined })

/** Fields of both kinds of {@link ConnectInput}. */
export interface ConnectInputBase<AgentId extends string = string> {
  /** At least one agent that the registry knows. */
  readonly agents: readonly AgentId[]
  /** Names and values. Values are write-only. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** `@default 'private'` */
  readonly visibility?: IntegrationVisibility | undefined
  /** `@default true` */
  readonly enabled?: boolean | undefined
  /** `@default 'shared'` */
  readonly credentials?: CredentialMode | undefined
  /** OAuth settings; a server that follows the specification needs none. */
  readonly oauth?: OAuthSettings | undefined
}

/** The checked input of `connect()`, with every default. */
export interface ConnectPlan {
  readonly name: string
  readonly url: string | undefined
  readonly origin: string
  readonly connector: Connector | undefined
  readonly headers: Readonly<Record<string, string>>
  /** Whether a header contains a credential, so that a 401 is final. */
  readonly hasCredential: boolean
  readonly visibility: IntegrationVisibility
  readonly enabled: boolean
  readonly credentials: CredentialMode
  readonly agents: readonly string[]
  readonly trusted: boolean
  /** The person's own settings, which are stored. */
  readonly oauth: OAuthSettings | undefined
  /** The settings to use: the person's, completed by the connector's. */
  readonly settings: OAuthSettings
  /** Whether the person or the connector wants a sign-in, even if the server works without one. */
  readonly asksToSignIn: boolean
  readonly toolSettings: Readonly<Record<string, ToolSettingsRecord>>
}

/** @throws IntegrationError `invalid_input`, `not_found` (connector), `url_refused`, `forbidden` */
export async function planConnect(context: ActorContext, input: ConnectInput): Promise<ConnectPlan> {
  const { actor } = context
  const taken = parse('connect()', connectInput, input)
  const connector =
    'connector' in taken
      ? (await context.connectorsOf(actor.workspaceId)).find(({ id }) => id === taken.connector)
      : undefined
  if ('connector' in taken && connector === undefined) throw notFound('connector', taken.connector)
  const url = 'url' in taken ? taken.url : connector !== undefined && 'url' in connector ? connector.url : undefined
  const checked = url === undefined ? undefined : checkedUrl(url, context.options.egress)
  const visibility = taken.visibility ?? 'private'
  if (visibility === 'workspace') allowSharing(context)
  await checkAgents(context, actor.workspaceId, taken.agents, 'connect()')
  const auth = connector?.auth ?? 'oauth'
  const headers = { ...taken.headers }
  if (typeof auth === 'object' && auth.type === 'header') {
    const given = Object.keys(headers).find((name) => name.toLowerCase() === auth.name.toLowerCase())
    if (given === undefined)
      throw invalid('connect()', [
        {
          path: `headers.${auth.name}`,
          message: `is required: connector "${connector!.id}" needs ${auth.title ?? auth.name}`,
        },
      ])
  }
  const own = taken.oauth as OAuthSettings | undefined
  if (connector !== undefined && own !== undefined) checkConnectorOverrides('connect()', connector.id, own)
  const hasConnectorSettings = typeof auth === 'object' && auth.type === 'oauth'
  const asksToSignIn = checked !== undefined && (own !== undefined || hasConnectorSettings)
  return {
    name: taken.name ?? connector!.name,
    url: checked?.href,
    origin: checked?.origin ?? `local:${connector!.id}`,
    connector,
    headers: withPrefix(headers, auth),
    hasCredential:
      (typeof auth === 'object' && auth.type === 'header') ||
      Object.keys(headers).some((name) => (asksToSignIn ? /^authorization$/i : /key|token|secret|auth/i).test(name)),
    asksToSignIn,
    visibility,
    enabled: taken.enabled ?? true,
    credentials: taken.credentials ?? 'shared',
    agents: [...new Set(taken.agents)],
    trusted: connector?.trusted ?? false,
    oauth: own,
    settings:
      connector === undefined || checked === undefined
        ? (own ?? {})
        : withConnectorSettings(connector, own ?? {}, checked.origin),
    toolSettings: Object.fromEntries(
      Object.entries(connector?.tools ?? {}).map(([tool, { label, ...settings }]) => [
        tool,
        { ...settings, connectorLabel: label },
      ]),
    ),
  }
}
