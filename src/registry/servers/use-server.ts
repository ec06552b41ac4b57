import { IntegrationError } from '../../model/errors.js'
import { openConnection, type Connection, type OpenOptions, type ServerVerdict } from '../../mcp/connection.js'
import { AuthorizationRequired, authorizedFetch, type CredentialSource } from '../../oauth/authorized-fetch.js'
import type { Context } from '../state/context.js'
import { credentialNews } from './refreshed-credential.js'
import { toJson, type HeadersRecord, type ServerRecord } from '../state/records.js'
import { keys, sharedOwner } from '../state/keys.js'
import type { Target } from '../state/target.js'

/** What {@link useServer} is told. */
export interface UseServerOptions {
  readonly signal?: AbortSignal | undefined
  /** Whether somebody can answer questions of the server. `@default false` */
  readonly elicits?: boolean | undefined
  /** A person asks, so a server that failed just now is tried all the same. `@default false` */
  readonly bypassBreaker?: boolean | undefined
}

/**
 * Works with a live connection to the target's server: opened when needed, shared, bounded.
 *
 * @throws AuthorizationRequired when a person is needed; IntegrationError for every other fault
 */
export async function useServer<T>(
  context: Context,
  target: Target,
  work: (connection: Connection) => Promise<T>,
  options: UseServerOptions = {},
): Promise<T> {
  const source = await credentialOf(context, target)
  const elicits = options.elicits ?? false
  const key = `${poolPrefix(target.workspaceId, target.integrationId, target.owner)}${target.binding}/${target.headersTag}${elicits ? '/elicits' : ''}`
  return context.pool.use(key, () => open(context, target, source, elicits), work, {
    signal: options.signal,
    bypassBreaker: options.bypassBreaker,
  })
}

/** Every connection of an integration, or of one credential owner's part of it, has a key that starts so. */
export function poolPrefix(workspaceId: string, integrationId: string, owner?: string): string {
  return `${encodeURIComponent(workspaceId)}/${integrationId}/${owner === undefined ? '' : `${owner}/`}`
}

/** Works with a server that nothing is stored of yet: to see whether one is there and what it offers. */
export async function probe<T>(
  context: Context,
  url: string,
  headers: Readonly<Record<string, string>>,
  work: (connection: Connection) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const source: CredentialSource = Object.keys(headers).length === 0 ? { kind: 'none' } : { kind: 'headers', headers }
  const fetch = authorizedFetch({ fetch: context.fetch, serverUrl: url, source })
  return useOnce(context, { url, fetch }, work, signal)
}

/** The same for a server on this machine. */
export async function probeLocal<T>(
  context: Context,
  workspaceId: string,
  connectorId: string,
  work: (connection: Connection) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  return useOnce(context, await localEndpoint(context, workspaceId, connectorId), work, signal)
}

function useOnce<T>(
  context: Context,
  endpoint: OpenOptions['endpoint'],
  work: (connection: Connection) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const given = signal === undefined ? {} : { signal }
  return context.pool.once(
    () => openConnection({ ...openOptions(context), endpoint, elicits: false, ...given }),
    work,
    given,
  )
}

/** Opens the header values of a record. */
export async function openHeaders(
  context: Context,
  workspaceId: string,
  integrationId: string,
  owner: string,
  record: HeadersRecord | undefined,
): Promise<Record<string, string>> {
  if (record === undefined) return {}
  return JSON.parse(
    await context.vault.open(record.sealed, { workspaceId, integrationId, owner, field: 'headers' }),
  ) as Record<string, string>
}

async function open(context: Context, target: Target, source: CredentialSource, elicits: boolean): Promise<Connection> {
  const { record, workspaceId, integrationId, owner, server } = target
  const endpoint =
    record.url === undefined
      ? await localEndpoint(context, workspaceId, record.connectorId ?? '')
      : { url: record.url, fetch: authorizedFetch({ fetch: context.fetch, serverUrl: record.url, source }) }
  const known =
    server !== undefined &&
    server.binding === target.binding &&
    context.runtime.now() - server.verdict.at < verdictIsGoodForMs
      ? server.verdict
      : undefined
  const remember = (verdict: ServerVerdict): void => {
    const value: ServerRecord = { binding: target.binding, verdict }
    context.runInBackground(() =>
      context.storage.commit(workspaceId, [{ key: keys.server(integrationId, owner), value: toJson(value) }]),
    )
  }
  const connection = await openConnection({
    ...openOptions(context),
    endpoint,
    elicits,
    ...(known === undefined ? {} : { verdict: known }),
    onVerdict: remember,
    onToolsChanged: () => context.runInBackground(() => context.refreshTools(target, { changed: true })),
  })
  if (connection.verdict !== known) remember(connection.verdict)
  return connection
}

/** How long what was found out about a server's era is believed, in ms. */
const verdictIsGoodForMs = 86_400_000

function openOptions(context: Context): Pick<OpenOptions, 'timeoutMs' | 'runtime'> {
  return { timeoutMs: context.options.limits.connectTimeoutMs, runtime: context.runtime }
}

/** A server on this machine comes from host code, by its connector; what is stored can only name it. */
async function localEndpoint(
  context: Context,
  workspaceId: string,
  connectorId: string,
): Promise<OpenOptions['endpoint']> {
  const connector = (await context.connectorsOf(workspaceId)).find(({ id }) => id === connectorId)
  if (connector === undefined || !('local' in connector))
    throw new IntegrationError('unreachable', `The connector "${connectorId}" is not in the host's catalogue any more.`)
  return { local: connector.local }
}

/** What requests identify themselves with. */
async function credentialOf(context: Context, target: Target): Promise<CredentialSource> {
  const { record, workspaceId, integrationId, owner, sharedHeaders, ownHeaders } = target
  if (record.auth === 'header' && sharedHeaders === undefined && ownHeaders === undefined)
    throw new AuthorizationRequired('credential_missing')
  const headers = {
    ...(await openHeaders(context, workspaceId, integrationId, sharedOwner, sharedHeaders)),
    ...(await openHeaders(context, workspaceId, integrationId, owner, ownHeaders)),
  }
  if (record.auth !== 'oauth')
    return Object.keys(headers).length === 0 ? { kind: 'none' } : { kind: 'headers', headers }
  const tokens = context.refresher.source({
    workspaceId,
    key: keys.credential(integrationId, owner),
    secret: { workspaceId, integrationId, owner, field: 'tokens' },
    serverUrl: record.url!,
    companions: (change) => credentialNews(context, target, change),
  })
  return { kind: 'oauth', headers, ...tokens }
}
