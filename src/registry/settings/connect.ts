import { IntegrationError } from '../../model/errors.js'
import type { Connection } from '../../mcp/connection.js'
import { AuthorizationRequired } from '../../oauth/authorized-fetch.js'
import type { StorageWrite } from '../../ports/storage.js'
import type { ConnectResult } from '../../model/outcome.js'
import type { ActorContext } from '../state/context.js'
import { refreshAfterSignIn } from './finish-connect.js'
import { getIntegration } from './integrations.js'
import { storeIntegration } from './new-integration.js'
import { toJson, type ServerRecord, type StatusRecord } from '../state/records.js'
import { keys, ownerKey, sharedOwner } from '../state/keys.js'
import { listAll } from './refresh-tools.js'
import { probe, probeLocal } from '../servers/use-server.js'
import { credentialTag } from '../state/target.js'
import { beginSignIn, type SignIn, type SignInRequest, type SignInTarget } from './sign-in.js'
import { fileListing } from '../gate/tool-changes.js'
import { planConnect, type ConnectInput, type ConnectPlan } from './plan-connect.js'

/**
 * Connects a server: probes it with the real credential, lists its tools, and stores all of it in one commit, or nothing.
 * A server that asks for OAuth is stored as `connecting`, together with the sign-in.
 *
 * @throws IntegrationError `invalid_input`, `forbidden`, `not_found` (connector), `url_refused`, `authorization_failed`,
 * and every fault of a server: then nothing is stored
 */
export async function connect(
  context: ActorContext,
  input: ConnectInput,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ConnectResult> {
  const { actor } = context
  const plan = await planConnect(context, input)
  const id = context.runtime.randomId()
  const { signal } = options
  const owner = plan.credentials === 'per_user' ? ownerKey(actor.userId) : sharedOwner
  const list = (connection: Connection) => listAll(context, connection, signal)
  try {
    const listed =
      plan.url === undefined
        ? await probeLocal(context, { workspaceId: actor.workspaceId, connectorId: plan.connector!.id }, list, signal)
        : await probe(context, { url: plan.url, headers: plan.headers }, list, signal)
    const auth = Object.keys(plan.headers).length > 0 ? 'header' : 'none'
    const rest = async (now: number) => {
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
      const server: ServerRecord = { binding: 1, credential, verdict: listed.verdict }
      return [
        ...filed.writes,
        { key: keys.status(id, owner), value: toJson(status) },
        { key: keys.server(id, owner), value: toJson(server) },
      ]
    }
    await storeIntegration(context, id, plan, { auth, rest })
    return { type: 'connected', integration: await getIntegration(context, id) }
  } catch (error) {
    if (!(error instanceof AuthorizationRequired)) throw error
    if (plan.hasCredential || plan.url === undefined)
      throw new IntegrationError(
        'authorization_failed',
        `The server at ${plan.origin} does not accept these header values. Correct them and connect again.`,
        { reason: 'credential_rejected' },
      )
    const target = { integrationId: id, owner, serverUrl: plan.url, settings: plan.oauth ?? {} }
    return signIn(context, plan, target, { challenge: error.challenge, signal })
  }
}

/** The server wants a sign-in: the integration and the sign-in are one commit. */
async function signIn(
  context: ActorContext,
  plan: ConnectPlan,
  target: SignInTarget,
  { challenge, signal }: Pick<SignInRequest, 'challenge' | 'signal'>,
): Promise<ConnectResult> {
  const { integrationId: id, owner } = target
  let begun: SignIn | undefined
  await storeIntegration(context, id, plan, {
    auth: 'oauth',
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
  if (begun!.type === 'person')
    return {
      type: 'authorization_required',
      integration: await getIntegration(context, id),
      authorizationUrl: begun!.authorizationUrl,
    }
  return refreshAfterSignIn(context, id, signal)
}
