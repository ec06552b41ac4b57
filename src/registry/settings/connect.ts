import { IntegrationError, isIntegrationError } from '../../model/errors.js'
import type { Challenge } from '../../oauth/challenge.js'
import type { Connection } from '../../mcp/connection.js'
import { AuthorizationRequired } from '../../oauth/authorized-fetch.js'
import type { StorageWrite } from '../../ports/storage.js'
import type { ConnectResult } from '../../model/outcome.js'
import type { ActorContext } from '../state/context.js'
import { refreshAfterSignIn } from './refresh-after-sign-in.js'
import { storeIntegration, type NewIntegration } from './new-integration.js'
import { toJson, type ServerRecord, type StatusRecord } from '../state/records.js'
import { presenceOf } from '../state/presence.js'
import { keys, ownerKey, sharedOwner } from '../state/keys.js'
import { listAll } from './refresh-tools.js'
import { probe, probeLocal } from '../servers/use-server.js'
import { credentialTag } from '../state/target.js'
import { beginSignIn, type SignIn, type SignInRequest } from './sign-in.js'
import { offersSignIn, type SignInTarget } from './sign-in-target.js'
import { prepareListing } from './prepare-listing.js'
import { planConnect, type ConnectInput, type ConnectPlan } from './plan-connect.js'

/**
 * Connects a server: probes it with the real credential, lists its tools, and stores everything in one commit or nothing.
 * A server that needs OAuth is stored as `connecting`, together with the sign-in.
 *
 * @throws IntegrationError `invalid_input`, `forbidden`, `not_found` (connector), `url_refused`,
 * `authorization_failed`, and every error of a server: then nothing is stored
 */
export async function connect(
  context: ActorContext,
  input: ConnectInput,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ConnectResult> {
  const { actor } = context
  const plan = await planConnect(context, input)
  const presence = await presenceOf(context)
  const id = context.runtime.randomId()
  const { signal } = options
  const owner = plan.credentials === 'per_user' ? ownerKey(actor.userId) : sharedOwner
  const found = await probeServer(context, plan, signal)
  if (found.type === 'sign_in') {
    const target = {
      integrationId: id,
      owner,
      serverUrl: plan.url!,
      settings: plan.settings,
      clientByHost: plan.connector !== undefined && plan.oauth?.clientId === undefined,
    }
    return signIn(context, plan, target, { challenge: found.challenge, signal, presence })
  }
  const { listed } = found
  const auth = Object.keys(plan.headers).length > 0 ? 'header' : 'none'
  const rest = async (now: number) => {
    const known = { settings: undefined, manifest: undefined }
    const prepared = await prepareListing(
      context,
      {
        workspaceId: actor.workspaceId,
        integrationId: id,
        owner,
        userId: actor.userId,
      },
      listed.listing,
      known,
      { now, initial: plan.toolSettings },
    )
    const status: StatusRecord = {
      reason: 'ok',
      checkedAt: now,
      lastWorkedAt: now,
      protocolVersion: listed.protocolVersion,
    }
    const given = Object.keys(plan.headers).length > 0 ? { tag: id } : undefined
    const credential =
      owner === sharedOwner ? credentialTag(given, undefined, undefined) : credentialTag(undefined, given, undefined)
    const server: ServerRecord = { bindingRevision: 1, credential, profile: listed.profile }
    return [
      ...prepared.writes,
      { key: keys.status(id, owner), value: toJson(status) },
      { key: keys.server(id, owner), value: toJson(server) },
    ]
  }
  return {
    type: 'connected',
    integration: await storeIntegration(context, id, plan, { auth, rest, presence }),
  }
}

/** Result of probing a server. */
type ProbedServer =
  | { readonly type: 'works'; readonly listed: Awaited<ReturnType<typeof listAll>> }
  | { readonly type: 'sign_in'; readonly challenge: Challenge | undefined }

/**
 * Lists a server's tools with the given credential, and finds out whether a sign-in is needed or wanted.
 *
 * @throws IntegrationError `authorization_failed` if only another header value helps, and every error of the server
 */
export async function probeServer(
  context: ActorContext,
  plan: ConnectPlan,
  signal: AbortSignal | undefined,
): Promise<ProbedServer> {
  const list = (connection: Connection) => listAll(context, connection, signal)
  const { actor } = context
  const { url } = plan
  if (url === undefined)
    return {
      type: 'works',
      listed: await probeLocal(
        context,
        { workspaceId: actor.workspaceId, connectorId: plan.connector!.id },
        list,
        signal,
      ),
    }
  try {
    const listed = await probe(context, { url, headers: plan.headers }, list, signal)
    const asks = plan.asksToSignIn && !plan.hasCredential && (await offersSignIn(context, url, plan.settings, signal))
    return asks ? { type: 'sign_in', challenge: undefined } : { type: 'works', listed }
  } catch (error) {
    const isForbidden = isIntegrationError(error) && error.reason === 'forbidden'
    if (!(error instanceof AuthorizationRequired) && !isForbidden) throw error
    if (plan.hasCredential)
      throw new IntegrationError(
        'authorization_failed',
        `The server at ${plan.origin} does not accept these header values. Correct them and connect again.`,
        { reason: 'credential_rejected', serverMessage: isIntegrationError(error) ? error.serverMessage : undefined },
      )
    if (error instanceof AuthorizationRequired) return { type: 'sign_in', challenge: error.challenge }
    if (await offersSignIn(context, url, plan.settings, signal)) return { type: 'sign_in', challenge: undefined }
    throw new IntegrationError(
      'authorization_failed',
      `The server at ${plan.origin} refuses these requests (HTTP 403) and offers no sign-in. Add an API key or a token as a header, or configure the server to accept the host name of its URL.`,
      {
        reason: 'oauth_not_found',
        httpStatus: 403,
        serverMessage: isIntegrationError(error) ? error.serverMessage : undefined,
      },
    )
  }
}

/** Stores the integration and its sign-in in one commit. */
async function signIn(
  context: ActorContext,
  plan: ConnectPlan,
  target: SignInTarget,
  { challenge, signal, presence }: Pick<SignInRequest, 'challenge' | 'signal'> & Pick<NewIntegration, 'presence'>,
): Promise<ConnectResult> {
  const { integrationId: id, owner } = target
  let begun: SignIn | undefined
  const stored = storeIntegration(context, id, plan, {
    auth: 'oauth',
    presence,
    async rest(now) {
      begun ??= await beginSignIn(context, target, { challenge, now, signal })
      const status: StatusRecord =
        begun.type === 'person'
          ? { reason: 'awaiting_authorization', until: begun.until, checkedAt: now }
          : { reason: 'ok', checkedAt: now, signIn: context.runtime.randomId() }
      const settings: StorageWrite = { key: keys.settings(id), value: toJson({ tools: plan.toolSettings }) }
      return [...begun.writes, settings, { key: keys.status(id, owner), value: toJson(status) }]
    },
    established: () => begun?.type !== 'person',
  })
  const integration = await stored.finally(() => begun?.release())
  if (begun!.type === 'person')
    return {
      type: 'authorization_required',
      integration,
      authorizationUrl: begun!.authorizationUrl,
    }
  return refreshAfterSignIn(context, id, signal)
}
