import type { Connector } from '../model/connector.js'
import { IntegrationError } from '../model/errors.js'
import { connectInput, invalid, parse } from '../model/input.js'
import type { CredentialMode, Visibility } from '../model/integration.js'
import type { OAuthSettings } from '../model/oauth.js'
import { checkUrl } from '../egress/url-policy.js'
import { AuthorizationRequired } from '../oauth/authorized-fetch.js'
import { makeHandle } from '../policy/tool-name.js'
import type { Write } from '../ports/storage.js'
import type { Context } from './context.js'
import type { Person } from './person.js'
import { notFound } from './refusals.js'
import { allowSharing } from './integrations.js'
import { checkAgents } from './agents.js'
import { retrying } from './events.js'
import { getIntegration } from './integrations.js'
import {
  as,
  json,
  keys,
  person,
  sharedOwner,
  type HeadersRecord,
  type IntegrationRecord,
  type ServerRecord,
  type StatusRecord,
  type ToolSettingsRecord,
} from './records.js'
import { listAll } from './refresh-tools.js'
import { probe, probeLocal } from './servers.js'
import { beginSignIn, seal, type SignIn } from './sign-in.js'
import { fileListing } from './tool-changes.js'
import type { ConnectResult } from './connect-result.js'
import { refreshAfterSignIn } from './finish-connect.js'

/** What `connect()` takes: a custom server, or a catalogue entry. */
export type ConnectInput<AgentId extends string = string> = ConnectOptions<AgentId> &
  ({ readonly url: string; readonly name: string } | { readonly connector: string; readonly name?: string })

/** What both have in common. */
export interface ConnectOptions<AgentId extends string = string> {
  /** At least one agent that the registry knows. */
  readonly agents: readonly AgentId[]
  /** Names and values; values can't be read again. */
  readonly headers?: Readonly<Record<string, string>>
  /** `@default 'private'` */
  readonly visibility?: Visibility
  /** `@default true` */
  readonly enabled?: boolean
  /** `@default 'shared'` */
  readonly credentials?: CredentialMode
  readonly oauth?: OAuthSettings
}

/**
 * Connects a server: probes it with the real credential, lists its tools, and stores all of it in one commit, or nothing.
 * A server that asks for OAuth is stored as `connecting`, together with the sign-in.
 *
 * @throws IntegrationError `invalid_input`, `forbidden`, `not_found` (connector), `url_refused`, `authorization_failed`,
 * and every fault of a server: then nothing is stored
 */
export async function connect(
  context: Context,
  actor: Person,
  input: ConnectInput,
  options: { readonly signal?: AbortSignal } = {},
): Promise<ConnectResult> {
  const wish = await takeWish(context, actor, input)
  const id = context.runtime.randomId()
  const { signal } = options
  const owner = wish.credentials === 'per_user' ? person(actor.userId) : sharedOwner
  try {
    const listed =
      wish.url === undefined
        ? await probeLocal(
            context,
            actor.workspaceId,
            wish.connector!.id,
            (connection) => listAll(context, connection, signal),
            signal,
          )
        : await probe(context, wish.url, wish.headers, (connection) => listAll(context, connection, signal), signal)
    await store(context, actor, id, wish, Object.keys(wish.headers).length > 0 ? 'header' : 'none', async (now) => {
      const known = { settings: undefined, manifest: undefined }
      const filed = await fileListing(
        context,
        {
          workspaceId: actor.workspaceId,
          integrationId: id,
          owner,
          userId: actor.userId,
          perUser: owner !== sharedOwner,
        },
        listed.listing,
        known,
        { now, initial: wish.toolSettings },
      )
      const status: StatusRecord = {
        reason: 'ok',
        checkedAt: now,
        lastWorkedAt: now,
        protocolVersion: listed.protocolVersion,
      }
      const server: ServerRecord = { binding: 1, verdict: listed.verdict }
      return [
        ...filed.writes,
        { key: keys.status(id, owner), value: json(status) },
        { key: keys.server(id, owner), value: json(server) },
      ]
    })
    return { type: 'connected', integration: await getIntegration(context, actor, id) }
  } catch (error) {
    if (!(error instanceof AuthorizationRequired)) throw error
    if (wish.hasCredential || wish.url === undefined)
      throw new IntegrationError(
        'authorization_failed',
        `The server at ${wish.origin} does not accept these header values. Correct them and connect again.`,
        { reason: 'credential_rejected' },
      )
    return signIn(context, actor, id, wish, wish.url, owner, error, signal)
  }
}

/** What somebody wants to connect, checked and with every default. */
interface Wish {
  readonly name: string
  readonly url: string | undefined
  readonly origin: string
  readonly connector: Connector | undefined
  readonly headers: Readonly<Record<string, string>>
  /** Whether a header holds what identifies the caller: then a 401 is the last word. */
  readonly hasCredential: boolean
  readonly visibility: Visibility
  readonly enabled: boolean
  readonly credentials: CredentialMode
  readonly agents: readonly string[]
  readonly trusted: boolean
  readonly oauth: OAuthSettings | undefined
  readonly toolSettings: Readonly<Record<string, ToolSettingsRecord>>
}

async function takeWish(context: Context, actor: Person, input: ConnectInput): Promise<Wish> {
  const taken = parse('connect()', connectInput, input)
  const connector =
    'connector' in taken
      ? (await context.connectorsOf(actor.workspaceId)).find(({ id }) => id === taken.connector)
      : undefined
  if ('connector' in taken && connector === undefined) throw notFound('connector', taken.connector)
  const url = 'url' in taken ? taken.url : connector !== undefined && 'url' in connector ? connector.url : undefined
  const checked = url === undefined ? undefined : checkUrl(url, context.options.egress)
  const visibility = taken.visibility ?? 'private'
  if (visibility === 'workspace') allowSharing(context, actor)
  await checkAgents(context, actor.workspaceId, taken.agents, 'connect()')
  const auth = connector?.auth ?? 'oauth'
  const headers = { ...taken.headers }
  if (typeof auth === 'object' && auth.type === 'header') {
    const given = Object.keys(headers).find((name) => name.toLowerCase() === auth.name.toLowerCase())
    if (given === undefined)
      throw invalid('connect()', [
        {
          path: `headers.${auth.name}`,
          message: `is needed: connector "${connector!.id}" asks for ${auth.title ?? auth.name}`,
        },
      ])
    if (auth.prefix !== undefined && !headers[given]!.startsWith(auth.prefix))
      headers[given] = auth.prefix + headers[given]!
  }
  const oauth = typeof auth === 'object' && auth.type === 'oauth' ? { ...oauthOf(auth), ...taken.oauth } : taken.oauth
  return {
    name: taken.name ?? connector!.name,
    url: checked?.href,
    origin: checked?.origin ?? `local:${connector!.id}`,
    connector,
    headers,
    hasCredential:
      (typeof auth === 'object' && auth.type === 'header') ||
      Object.keys(headers).some((name) => /^authorization$|key|token|secret|auth/i.test(name)),
    visibility,
    enabled: taken.enabled ?? true,
    credentials: taken.credentials ?? 'shared',
    agents: [...new Set(taken.agents)],
    trusted: connector?.trusted ?? false,
    oauth: oauth as OAuthSettings | undefined,
    toolSettings: Object.fromEntries(
      Object.entries(connector?.tools ?? {}).map(([tool, { label, ...settings }]) => [
        tool,
        { ...settings, ...(label === undefined ? {} : { connectorLabel: label }) },
      ]),
    ),
  }
}

function oauthOf(auth: {
  readonly clientId?: string
  readonly clientSecret?: string
  readonly scopes?: readonly string[]
}): OAuthSettings {
  return {
    ...(auth.clientId === undefined ? {} : { clientId: auth.clientId }),
    ...(auth.clientSecret === undefined ? {} : { clientSecret: auth.clientSecret }),
    ...(auth.scopes === undefined ? {} : { scopes: auth.scopes }),
  }
}

/** The server wants a sign-in: the integration and the sign-in are one commit. */
async function signIn(
  context: Context,
  actor: Person,
  id: string,
  wish: Wish,
  serverUrl: string,
  owner: string,
  refused: AuthorizationRequired,
  signal: AbortSignal | undefined,
): Promise<ConnectResult> {
  let begun: SignIn | undefined
  await store(
    context,
    actor,
    id,
    wish,
    'oauth',
    async (now) => {
      begun ??= await beginSignIn(
        context,
        actor,
        { integrationId: id, owner, serverUrl, settings: wish.oauth ?? {} },
        { challenge: refused.challenge, now, signal },
      )
      const status: StatusRecord =
        begun.type === 'person'
          ? { reason: 'awaiting_authorization', until: begun.until, checkedAt: now }
          : { reason: 'ok', checkedAt: now }
      const settings: Write = { key: keys.settings(id), value: json({ tools: wish.toolSettings }) }
      return [...begun.writes, settings, { key: keys.status(id, owner), value: json(status) }]
    },
    () => begun?.type !== 'person',
  )
  if (begun!.type === 'person')
    return {
      type: 'authorization_required',
      integration: await getIntegration(context, actor, id),
      authorizationUrl: begun!.authorizationUrl,
    }
  return refreshAfterSignIn(context, actor, id, signal)
}

/** Stores a new integration with everything that belongs to it, under a handle of its own. */
async function store(
  context: Context,
  actor: Person,
  id: string,
  wish: Wish,
  auth: IntegrationRecord['auth'],
  rest: (now: number) => Promise<readonly Write[]>,
  established: () => boolean = () => true,
): Promise<void> {
  const { workspaceId, userId } = actor
  await retrying('The handle', async () => {
    const { handle, now } = await freeHandle(context, workspaceId, wish.name)
    const more = await rest(now)
    const setAt = Object.keys(wish.headers).map((name) => ({ name, setAt: now }))
    const headersOwner = wish.credentials === 'per_user' ? person(userId) : sharedOwner
    const record: IntegrationRecord = {
      handle,
      name: wish.name,
      ownerId: userId,
      ...(wish.connector === undefined ? {} : { connectorId: wish.connector.id }),
      ...(wish.url === undefined ? {} : { url: wish.url }),
      origin: wish.origin,
      headers: setAt,
      auth,
      visibility: wish.visibility,
      credentials: wish.credentials,
      enabled: wish.enabled,
      trusted: wish.trusted,
      agents: wish.agents,
      binding: 1,
      revision: 1,
      established: established(),
      createdAt: now,
      updatedAt: now,
    }
    const secrets: Write[] = []
    if (setAt.length > 0) {
      const sealed = await context.vault.seal(JSON.stringify(wish.headers), {
        workspaceId,
        integrationId: id,
        owner: headersOwner,
        field: 'headers',
      })
      secrets.push({
        key: keys.headers(id, headersOwner),
        value: json({ sealed, origin: wish.origin, headers: setAt } satisfies HeadersRecord),
      })
    }
    if (wish.oauth !== undefined)
      secrets.push({
        key: keys.oauthSettings(id),
        value: json({ sealed: await seal(context, workspaceId, id, 'oauth', wish.oauth) }),
      })
    const written = await context.feed.commit(workspaceId, {
      writes: [
        { key: keys.integration(id), ifVersion: null, value: json(record) },
        { key: keys.handle(handle), ifVersion: null, value: { integrationId: id } },
        { key: wish.visibility === 'workspace' ? keys.visibleToAll(id) : keys.visibleTo(userId, id), value: { id } },
        ...secrets,
        ...more,
      ],
      events: [{ type: 'integration_connected', integrationId: id, name: wish.name, by: userId }],
      audit: [{ action: 'connect', userId, integrationId: id }],
    })
    return written !== false
  })
}

async function freeHandle(
  context: Context,
  workspaceId: string,
  name: string,
): Promise<{ handle: string; now: number }> {
  const tried = new Set<string>()
  for (;;) {
    const handle = makeHandle(name, (candidate) => tried.has(candidate))
    const { records, now } = await context.storage.read(workspaceId, [keys.handle(handle)])
    if (as(records[0]) === undefined) return { handle, now }
    tried.add(handle)
  }
}
