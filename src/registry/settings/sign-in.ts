import { IntegrationError } from '../../model/errors.js'
import type { OAuthSettings } from '../../model/oauth.js'
import type { StorageWrite } from '../../ports/storage.js'
import { beginAuthorization, type FlowSecrets } from '../../oauth/authorization.js'
import type { Challenge } from '../../oauth/challenge.js'
import { resolveClient } from '../../oauth/client-registration.js'
import { sealCredential, type CredentialRecord } from '../../oauth/credential-record.js'
import { discover, type Discovery } from '../../oauth/discovery.js'
import { chooseScopes } from '../../oauth/scopes.js'
import { requestTokens } from '../../oauth/machine-grants.js'
import type { ActorContext } from '../state/context.js'
import { keys } from '../state/keys.js'
import { toJson, type FlowRecord } from '../state/records.js'
import { flowContext } from './pending-flow.js'
import { secretContext } from '../servers/secret-context.js'
import { clientEnvironment, refuseMixUp, sharedRedirect } from './shared-redirect.js'
import { canAskConsent, keepClient, shareRegistration, type SharedClient } from './shared-registration.js'
import type { SignInTarget } from './sign-in-target.js'

/** Options of a sign-in. */
export interface SignInRequest {
  readonly challenge?: Challenge | undefined
  readonly scopes?: readonly string[] | undefined
  /** The scopes that the server found missing. */
  readonly steppedUpFor?: readonly string[] | undefined
  readonly now: number
  readonly signal?: AbortSignal | undefined
}

/** A started sign-in: a person must be redirected, or it succeeded without one. */
export type SignIn = (
  | {
      readonly type: 'person'
      readonly authorizationUrl: string
      /** When the sign-in expires, in ms since the epoch by the storage's clock. */
      readonly until: number
      /** Writes to commit before the person is redirected. */
      readonly writes: readonly StorageWrite[]
    }
  | { readonly type: 'tokens'; readonly credential: CredentialRecord; readonly writes: readonly StorageWrite[] }
) & {
  /** Call it once the writes are committed or abandoned. */
  readonly release: () => void
}

/** How long a person may take at the authorization server, in ms. */
const flowMs = 600_000

/**
 * Starts a sign-in: discovery, client registration, and either the URL to redirect the person to or, without a person,
 * the tokens themselves. Stores nothing: the caller commits the writes.
 *
 * @throws IntegrationError `authorization_failed` with its reason; `limit_reached`; network errors unchanged
 */
export async function beginSignIn(
  context: ActorContext,
  target: SignInTarget,
  request: SignInRequest,
): Promise<SignIn> {
  const { serverUrl, settings } = target
  const { challenge, signal } = request
  if (context.options.oauth === undefined)
    throw new IntegrationError(
      'authorization_failed',
      'This server needs a credential. Add an API key or a token as a header. To sign in with OAuth, the host must set `oauth: { redirectUrl, clientName }` of IntegrationRegistry.',
      { reason: 'oauth_not_configured' },
    )
  context.signIns.count(context.actor)
  const discovery = await discover(context.oauth, {
    serverUrl,
    challenge,
    settings,
    preferIssuer: target.credential?.issuer,
    signal,
    timeoutMs: context.options.limits.connectTimeoutMs,
  })
  const used = await clientFor(context, target, discovery, request)
  try {
    const asked = request.scopes === undefined ? settings : { ...settings, scopes: request.scopes }
    const granted = target.credential?.issuer === discovery.issuer ? target.credential.scopes : undefined
    const scopes = chooseScopes(challenge, discovery, granted, asked)
    const start = { target, request, discovery, used, scopes, serverOrigin: new URL(serverUrl).origin }
    const begun =
      typeof settings.grant === 'object'
        ? await obtainTokens(context, settings.grant, start)
        : await redirectPerson(context, start)
    return { ...begun, release: used.release }
  } catch (error) {
    used.release()
    throw error
  }
}

type Begun<T = SignIn> = T extends unknown ? Omit<T, 'release'> : never

/** The common input of both kinds of sign-in. */
interface Start {
  readonly target: SignInTarget
  readonly request: SignInRequest
  readonly discovery: Discovery
  readonly used: SharedClient
  readonly scopes: readonly string[]
  readonly serverOrigin: string
}

/** Signs in without a person, by a grant of the settings. */
async function obtainTokens(
  context: ActorContext,
  grant: Exclude<OAuthSettings['grant'], string | undefined>,
  { target, request, discovery, used, scopes, serverOrigin }: Start,
): Promise<Begun> {
  const { integrationId, owner, settings } = target
  const { known } = used
  const ref = { workspaceId: context.actor.workspaceId, integrationId }
  const { tokens, client } = await requestTokens(
    context.oauth,
    { discovery, client: known.client, scopes, settings },
    { signal: request.signal },
  )
  const { server, resource, namedAs } = discovery
  const configuredTokenEndpoint = settings.metadata?.tokenEndpoint
  const credential = await sealCredential(
    context.vault,
    secretContext({ ...ref, owner }, 'tokens'),
    { tokens, context: { server, client, scopes, serverOrigin, resource, namedAs, configuredTokenEndpoint }, grant },
    { at: request.now, by: 'sign_in' },
  )
  return {
    type: 'tokens',
    credential,
    writes: [
      await keepClient(context, ref, { ...known, client, origin: serverOrigin }),
      { key: keys.credential(integrationId, owner), value: toJson(credential) },
    ],
  }
}

/** Prepares the redirect of the person: the URL, and the flow that the callback will belong to. */
async function redirectPerson(
  context: ActorContext,
  { target, request, discovery, used, scopes, serverOrigin }: Start,
): Promise<Begun> {
  const { actor } = context
  const { integrationId, owner, serverUrl, settings } = target
  const { client, origin } = used.known
  const ref = { workspaceId: actor.workspaceId, integrationId }
  const shared = sharedRedirect(context, discovery, client, target.clientByHost === true)
  if (shared !== undefined) await refuseMixUp(context, ref, shared)
  // Consent for another server doesn't apply to this one.
  const { prompt = origin === serverOrigin ? undefined : 'consent' } = settings
  const begun = await beginAuthorization(context.oauth, {
    discovery,
    client,
    scopes,
    settings: { ...settings, prompt },
    steppedUpFor: request.steppedUpFor,
  })
  const until = request.now + flowMs
  const secrets: FlowSecrets = { ...begun.flow, serverOrigin }
  const flow: FlowRecord = {
    integrationId,
    owner,
    userId: actor.userId,
    ...context.wayBack,
    serverUrl,
    sealed: await context.vault.seal(JSON.stringify(secrets), flowContext(actor, integrationId)),
  }
  return {
    type: 'person',
    authorizationUrl: begun.authorizationUrl,
    until,
    writes: [
      await keepClient(context, ref, used.known, { pending: owner, sharedRedirect: shared }),
      { key: keys.flow(begun.state), ifVersion: null, value: toJson(flow), expiresAt: until },
    ],
  }
}

/** Our client at the authorization server: the previous one, or one that the workspace shares. */
async function clientFor(
  context: ActorContext,
  { integrationId, serverUrl, settings, clientByHost, client: before, registersAgainAfter: after }: SignInTarget,
  discovery: Discovery,
  { now, signal }: SignInRequest,
): Promise<SharedClient> {
  const { workspaceId } = context.actor
  const { origin } = new URL(serverUrl)
  const again = after === undefined ? undefined : { integrationId, after }
  const sharer = { workspaceId, origin, onlySameOrigin: !canAskConsent(settings), now, again, signal }
  const stored = before?.origin === origin || !sharer.onlySameOrigin ? before : undefined
  let shared: SharedClient | undefined
  const environment = await clientEnvironment(context, { workspaceId, integrationId }, discovery, clientByHost === true)
  const client = await resolveClient(environment, discovery, settings, {
    stored: stored?.client,
    share: async (wanted, register) =>
      (shared = await shareRegistration(context, sharer, wanted, register)).known.client,
    signal,
  })
  if (shared !== undefined) return shared
  const known = stored !== undefined && client === stored.client ? stored : { client, origin, registeredAt: now }
  return { known, release: () => {} }
}
