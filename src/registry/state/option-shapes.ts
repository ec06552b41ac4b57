import type { EgressOptions } from '../../egress/guarded-fetch.js'
import {
  flag,
  func,
  having,
  havingOptional,
  listOf,
  object,
  oneOf,
  optional,
  recordOf,
  text,
  textThat,
  whole,
  type Shape,
} from '../../model/shape.js'
import type {
  AccessOptions,
  ApprovalOptions,
  IntegrationRegistryOptions,
  LimitOptions,
  MaintenanceOptions,
  OAuthHostOptions,
  RetentionOptions,
} from './options.js'

const day = 86_400_000

/** A shape for each field. The type makes sure that none is missing. */
type ShapesOf<Options> = Readonly<Record<keyof Options, Shape>>

const egress = object({
  allowLoopback: optional(flag),
  allowPrivateNetwork: optional(flag),
  allowHosts: optional(listOf(hostPattern())),
  denyHosts: optional(listOf(hostPattern())),
} satisfies ShapesOf<EgressOptions>)

const oauth = object({
  redirectUrl: textThat(
    'be an absolute URL without a fragment, e.g. https://app.example.com/oauth/callback',
    (value) => urlOf(value)?.hash === '' && !/^(?:javascript|data|blob|file|about):/i.test(value),
  ),
  clientName: text(200),
  clientMetadataUrl: optional(
    textThat('be an https: URL with a path and without a fragment', (value) => {
      const url = urlOf(value)
      return url?.protocol === 'https:' && url.pathname !== '/' && url.hash === ''
    }),
  ),
} satisfies ShapesOf<OAuthHostOptions>)

const approvals = object({
  policy: optional(func),
  risk: optional(func),
  waitMs: optional(whole(1, day)),
  expiresAfterMs: optional(whole(1, 30 * day)),
  onToolChange: optional(oneOf('ask', 'hold', 'accept')),
  maxPendingPerConversation: optional(whole(1, 1000)),
  maxPendingPerAgent: optional(whole(1, 1000)),
  maxPendingPerUser: optional(whole(1, 500)),
  maxPendingEqual: optional(whole(1, 1000)),
} satisfies ShapesOf<ApprovalOptions>)

const access = object({
  sharing: optional(oneOf('members', 'admins')),
  adminsDecideForOthers: optional(flag),
} satisfies ShapesOf<AccessOptions>)

const limits = object({
  callTimeoutMs: optional(whole(1, day)),
  connectTimeoutMs: optional(whole(1, day)),
  concurrencyPerIntegration: optional(whole(1, 1000)),
  idleConnectionMs: optional(whole(1, day)),
  maxConnections: optional(whole(1)),
  maxTools: optional(whole(1, 1000)),
  maxResponseBytes: optional(whole(1)),
  maxArgumentBytes: optional(whole(1, 192 * 1024)),
  relistBeforeApprovalMs: optional(whole(1, day)),
  storageTimeoutMs: optional(whole(1, day)),
} satisfies ShapesOf<LimitOptions>)

const retention = object({
  eventsMs: optional(whole(1)),
  auditMs: optional(whole(1)),
  approvalsMs: optional(whole(1)),
  auditArguments: optional(flag),
} satisfies ShapesOf<RetentionOptions>)

const maintenance = object({
  everyMs: whole(1_000, 7 * day),
} satisfies ShapesOf<MaintenanceOptions>)

/** The agents that a host lists; may be empty. */
export const agentList: Shape = distinctIds(
  listOf((value, path) =>
    typeof value === 'string'
      ? text(200)(value, path)
      : object({ id: text(200), name: optional(text(200)) })(value, path),
  ),
  'agent',
)

const connector: Shape = (value, path) => [
  ...object({
    id: textThat('be 1-64 characters of [a-z0-9_-]', (id) => /^[a-z0-9_-]{1,64}$/.test(id)),
    name: text(200),
    url: optional(textThat('be a URL', (url) => URL.canParse(url))),
    local: optional(having(['open'], 'use stdioServer() of mcp-integrations/stdio')),
    auth: connectorAuth,
    description: optional(text(2000)),
    icon: optional(text(65_536)),
    category: optional(text(200)),
    documentationUrl: optional(textThat('be a URL', (url) => URL.canParse(url))),
    trusted: optional(flag),
    tools: optional(
      recordOf(
        object({
          enabled: optional(flag),
          approval: optional(oneOf('default', 'ask', 'auto')),
          label: optional(oneOf('read', 'write')),
        }),
      ),
    ),
  })(value, path),
  ...addressOf(value, path),
]

/** The connectors that a host lists. */
export const connectorList: Shape = distinctIds(listOf(connector), 'connector')

/**
 * {@link IntegrationRegistryOptions}, checked at run time: hosts also write JavaScript and read settings from files.
 */
export const registryOptions: Shape = object({
  storage: having(
    ['read', 'list', 'commit', 'scan'],
    'use memoryStorage(), sqliteStorage(), postgresStorage() or your own storage',
  ),
  credentials: having(['seal', 'open'], 'use encryptedCredentials({ keys }) or your own vault'),
  agents: (value, path) =>
    typeof value === 'function'
      ? []
      : Array.isArray(value)
        ? agentList(value, path)
        : [{ path, message: 'must be a list of agents or a function that returns one' }],
  connectors: optional((value, path) => (typeof value === 'function' ? [] : connectorList(value, path))),
  confirm: optional(func),
  elicit: optional(func),
  observer: optional(having(['start'], 'use openTelemetry() of mcp-integrations/otel or your own observer')),
  oauth: optional(oauth),
  approvals: optional(approvals),
  access: optional(access),
  egress: optional(egress),
  limits: optional(limits),
  retention: optional(retention),
  maintenance: optional(maintenance),
  onDiagnostic: optional(func),
  runtime: optional(havingOptional('now', 'randomId', 'setTimer', 'fetch')),
} satisfies ShapesOf<IntegrationRegistryOptions>)

function connectorAuth(value: unknown, path: string): ReturnType<Shape> {
  if (value === 'none' || value === 'oauth') return []
  const { type } = (value ?? {}) as { readonly type?: unknown }
  if (type === 'header')
    return object({
      type: oneOf('header'),
      name: text(128),
      title: optional(text(200)),
      description: optional(text(2000)),
      prefix: optional(text(200)),
    })(value, path)
  // Its settings are checked together with the OAuth settings of integrations.
  if (type === 'oauth') return []
  return [{ path, message: "must be 'none', 'oauth', { type: 'header', name } or { type: 'oauth', … }" }]
}

function addressOf(value: unknown, path: string): ReturnType<Shape> {
  const { url, local } = (value ?? {}) as { readonly url?: unknown; readonly local?: unknown }
  if ((url === undefined) !== (local === undefined)) return []
  return [{ path: `${path}.url`, message: 'must be given, or `local` instead, but not both' }]
}

function distinctIds(list: Shape, what: string): Shape {
  return (value, path) => {
    const problems = list(value, path)
    if (problems.length > 0 || !Array.isArray(value)) return problems
    const ids = value.map((each: string | { readonly id: string }) => (typeof each === 'string' ? each : each.id))
    return ids.flatMap((id, n) =>
      ids.indexOf(id) === n ? [] : [{ path: `${path}[${n}].id`, message: `is used by another ${what}` }],
    )
  }
}

/** A host, not a URL: a URL never matches a host, so it would restrict nothing. */
function hostPattern(): Shape {
  return textThat(
    "be a host name such as 'example.com', or '*.example.com' for all its subdomains, without scheme, port or path",
    (value) => /^(?:(?:\*\.)?[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*|\[[0-9a-f:.]+\])$/iu.test(value),
  )
}

/** A URL, with `{issuer}` as a placeholder. */
function urlOf(value: string): URL | undefined {
  const filled = value.replaceAll('{issuer}', 'issuer')
  return URL.canParse(filled) && !filled.includes('#') ? new URL(filled) : undefined
}
