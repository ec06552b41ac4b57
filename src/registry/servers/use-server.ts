import { IntegrationError } from '../../model/errors.js'
import { openConnection, type Connection, type OpenOptions, type ServerProfile } from '../../mcp/connection.js'
import { AuthorizationRequired, authorizedFetch, type CredentialSource } from '../../oauth/authorized-fetch.js'
import type { Context } from '../state/context.js'
import { credentialWrites } from './refreshed-credential.js'
import { oauthSettingsOf } from './oauth-settings.js'
import { originOf, toJson, type ServerRecord } from '../state/records.js'
import { keys, sharedOwner } from '../state/keys.js'
import { openHeaders } from './headers.js'
import { secretContext } from './secret-context.js'
import type { Target } from '../state/target.js'
import { serverWords } from './server-words.js'

/** Options of {@link useServer}. */
export interface UseServerOptions {
  readonly signal?: AbortSignal | undefined
  /** Whether questions of the server can be answered. `@default false` */
  readonly elicits?: boolean | undefined
  /** Whether to try a server that failed recently, because a person asks for it. `@default false` */
  readonly bypassBreaker?: boolean | undefined
  /** Whether to open a new session without cached data, because a person asks for it. `@default false` */
  readonly fresh?: boolean | undefined
  /** Whether this is background work, which waits for calls. `@default false` */
  readonly background?: boolean | undefined
}

/**
 * Uses a connection to the target's server. Connections are opened when needed, shared, and limited in number.
 *
 * @throws AuthorizationRequired if a person must act; IntegrationError for every other error
 */
export async function useServer<T>(
  context: Context,
  target: Target,
  work: (connection: Connection, on: { readonly waited: boolean }) => Promise<T>,
  options: UseServerOptions = {},
): Promise<T> {
  if (isCredentialMissing(target)) throw new AuthorizationRequired('credential_missing')
  const { elicits = false, fresh = false, signal, bypassBreaker, background } = options
  const base = `${poolPrefix(target.workspaceId, target.integrationId, target.owner)}${target.bindingRevision}/${target.credential}/`
  const known = fresh ? undefined : knownProfile(context, target)
  const isForSeveral = target.owner === sharedOwner && target.record.visibility === 'workspace'
  const person = isForSeveral ? target.userId : undefined
  return context.pool.use(`${base}${elicits ? 'elicits' : ''}`, () => open(context, target, { elicits, known }), work, {
    signal,
    person,
    bypassBreaker,
    background,
    replaces: fresh ? base : undefined,
  })
}

/** The prefix of the pool keys of an integration's connections, or of one owner's among them. */
export function poolPrefix(workspaceId: string, integrationId: string, owner?: string): string {
  // No id of a workspace contains a NUL.
  return `${workspaceId}\0${integrationId}/${owner === undefined ? '' : `${owner}/`}`
}

/** Uses a server that isn't stored yet, to find out whether it works and which tools it has. */
export async function probe<T>(
  context: Context,
  { url, headers }: { readonly url: string; readonly headers: Readonly<Record<string, string>> },
  work: (connection: Connection) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const source: CredentialSource = Object.keys(headers).length === 0 ? { kind: 'none' } : { kind: 'headers', headers }
  return useOnce(context, remoteEndpoint(context, url, source), work, signal)
}

/** Uses a local server that isn't stored yet. */
export async function probeLocal<T>(
  context: Context,
  { workspaceId, connectorId }: { readonly workspaceId: string; readonly connectorId: string },
  work: (connection: Connection) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  return useOnce(context, await localEndpoint(context, workspaceId, connectorId), work, signal)
}

function useOnce<T>(
  context: Context,
  endpoint: Pick<OpenOptions, 'endpoint' | 'cleanWords'>,
  work: (connection: Connection) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  return context.pool.once(
    () => openConnection({ ...openOptions(context), ...endpoint, elicits: false, signal }),
    work,
    { signal },
  )
}

async function open(
  context: Context,
  target: Target,
  { elicits, known }: { readonly elicits: boolean; readonly known: ServerProfile | undefined },
): Promise<Connection> {
  const { record, workspaceId, integrationId, owner } = target
  const endpoint =
    record.url === undefined
      ? await localEndpoint(context, workspaceId, record.connectorId ?? '')
      : remoteEndpoint(context, record.url, await credentialOf(context, target))
  const remember = (profile: ServerProfile): void => {
    const value: ServerRecord = { bindingRevision: target.bindingRevision, credential: target.credential, profile }
    context.runInBackground(
      () => context.storage.commit(workspaceId, [{ key: keys.server(integrationId, owner), value: toJson(value) }]),
      target,
    )
  }
  const connection = await openConnection({
    ...openOptions(context),
    ...endpoint,
    elicits,
    profile: known,
    onProfileChanged: remember,
    onToolsChanged: () => context.runInBackground(() => context.refreshTools(target, { changed: true }), target),
  })
  if (connection.profile !== known) remember(connection.profile)
  return connection
}

/** The stored profile of the server, if it was found with the same credential and isn't too old. */
function knownProfile(
  { runtime }: Context,
  { server, bindingRevision, credential }: Target,
): ServerProfile | undefined {
  if (server === undefined || server.bindingRevision !== bindingRevision || server.credential !== credential)
    return undefined
  return runtime.now() - server.profile.at < profileTtlMs ? server.profile : undefined
}

/** A server at a URL. Its text is cleaned of the secrets that were sent to it. */
function remoteEndpoint(
  context: Context,
  url: string,
  source: CredentialSource,
): Pick<OpenOptions, 'endpoint' | 'cleanWords'> {
  const words = serverWords(url)
  const fetch = authorizedFetch({ fetch: words.watching(context.fetch), serverUrl: url, source })
  return { endpoint: { url, fetch }, cleanWords: words.clean }
}

/** How long a stored profile is used, in ms. */
const profileTtlMs = 86_400_000

function openOptions(context: Context): Pick<OpenOptions, 'timeoutMs' | 'maxMessageBytes' | 'runtime'> {
  const { connectTimeoutMs, maxResponseBytes } = context.options.limits
  return { timeoutMs: connectTimeoutMs, maxMessageBytes: maxResponseBytes, runtime: context.runtime }
}

/** A local server is provided by host code: the stored integration only names its connector. */
async function localEndpoint(
  context: Context,
  workspaceId: string,
  connectorId: string,
): Promise<Pick<OpenOptions, 'endpoint' | 'cleanWords'>> {
  const connector = (await context.connectorsOf(workspaceId)).find(({ id }) => id === connectorId)
  if (connector === undefined || !('local' in connector))
    throw new IntegrationError(
      'unreachable',
      `The connector "${connectorId}" is no longer among the host's connectors. Add it again, or remove the integration.`,
    )
  return { endpoint: { local: connector.local }, cleanWords: serverWords().clean }
}

/** Header values that were entered: everybody's, and the person's own over them. */
async function headersOf(context: Context, target: Target): Promise<Readonly<Record<string, string>>> {
  const { record, workspaceId, integrationId, sharedHeaders, ownHeaders } = target
  const origin = originOf(record)
  return {
    ...(await openHeaders(context, { workspaceId, integrationId, owner: sharedOwner }, sharedHeaders, origin)),
    ...(await openHeaders(context, target, ownHeaders, origin)),
  }
}

/** Whether a person has to enter header values before the server can be used. */
function isCredentialMissing({ record, sharedHeaders, ownHeaders }: Target): boolean {
  return record.auth === 'header' && sharedHeaders === undefined && ownHeaders === undefined
}

/** The credential of a connection's requests. */
async function credentialOf(context: Context, target: Target): Promise<CredentialSource> {
  const { record, workspaceId, integrationId, owner, sharedHeaders, ownHeaders } = target
  const headers = sharedHeaders === undefined && ownHeaders === undefined ? {} : await headersOf(context, target)
  if (record.auth !== 'oauth')
    return Object.keys(headers).length === 0 ? { kind: 'none' } : { kind: 'headers', headers }
  const tokens = context.refresher.source({
    workspaceId,
    key: keys.credential(integrationId, owner),
    secret: secretContext(target, 'tokens'),
    serverUrl: record.url!,
    settings: () => oauthSettingsOf(context, { workspaceId, integrationId }, record),
    sameCommitWrites: (change) => credentialWrites(context, target, change),
  })
  return { kind: 'oauth', headers, ...tokens }
}
