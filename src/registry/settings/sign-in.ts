import { IntegrationError, isIntegrationError } from '../../model/errors.js'
import type { OAuthSettings } from '../../model/oauth.js'
import type { StorageWrite } from '../../ports/storage.js'
import { beginAuthorization, callbackState, finishAuthorization, type FlowSecrets } from '../../oauth/authorization.js'
import type { Challenge } from '../../oauth/challenge.js'
import { resolveClient, type ClientRegistration } from '../../oauth/client-registration.js'
import { readCredential, sealCredential, type CredentialRecord } from '../../oauth/credential-record.js'
import { discover, type Discovery } from '../../oauth/discovery.js'
import { readProtectedResource } from '../../oauth/protected-resource.js'
import { chooseScopes } from '../../oauth/scopes.js'
import { requestTokens } from '../../oauth/machine-grants.js'
import type { ActorContext, Context } from '../state/context.js'
import type { CheckedActor } from '../../model/actor.js'
import type { CredentialRef } from '../state/refs.js'
import { isHostsClient, oauthSettingsOf } from '../servers/oauth-settings.js'
import { refuseMixUp, sharedRedirect } from './shared-redirect.js'
import { canAskConsent, keepClient, openClient, shareRegistration, type SharedClient } from './shared-registration.js'
import {
  toJson,
  versioned,
  type ClientRecord,
  type FlowRecord,
  type IntegrationRecord,
  type KnownClient,
  type Versioned,
} from '../state/records.js'
import { keys } from '../state/keys.js'

/** For which integration and whose credential somebody signs in. */
export interface SignInTarget {
  readonly integrationId: string
  readonly owner: string
  readonly serverUrl: string
  readonly settings: OAuthSettings
  /** What is there already: its issuer is preferred, its scopes are asked for again. */
  readonly credential?: CredentialRecord | undefined
  /** The host's catalogue configured the client. */
  readonly clientByHost?: boolean | undefined
  /** Who we were to the authorization server before; absent where that led nowhere. */
  readonly client?: KnownClient | undefined
  /** That led nowhere: nobody else's registration is relied on either. */
  readonly registersAnew?: boolean | undefined
}

/** How a sign-in is begun. */
export interface SignInRequest {
  readonly challenge?: Challenge | undefined
  readonly scopes?: readonly string[] | undefined
  /** The scopes that the server missed. */
  readonly steppedUpFor?: readonly string[] | undefined
  readonly now: number
  readonly signal?: AbortSignal | undefined
}

/** Where a sign-in stands: a person is to be sent away, or it went without one. */
export type SignIn = (
  | {
      readonly type: 'person'
      readonly authorizationUrl: string
      /** Until when the callback is waited for, ms since the epoch by the storage's clock. */
      readonly until: number
      /** To be committed before the person is sent away. */
      readonly writes: readonly StorageWrite[]
    }
  | { readonly type: 'tokens'; readonly credential: CredentialRecord; readonly writes: readonly StorageWrite[] }
) & {
  /** To be called once the writes are committed, or never will be. */
  readonly release: () => void
}

/** How long a person may take at the authorization server, in ms. */
const flowMs = 600_000

/**
 * Begins a sign-in: discovery, client registration, and either the URL to send the person to or, where none is needed,
 * the tokens themselves. Stores nothing: the writes are the caller's to commit.
 *
 * @throws IntegrationError `authorization_failed` with its reason, network faults as they come
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
      'This server needs OAuth, and `oauth: { redirectUrl, clientName }` is not configured.',
      { reason: 'oauth_not_configured' },
    )
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
    return { ...(await begin(context, target, { request, discovery, used })), release: used.release }
  } catch (error) {
    used.release()
    throw error
  }
}

type Begun<T = SignIn> = T extends unknown ? Omit<T, 'release'> : never

async function begin(
  context: ActorContext,
  { integrationId, owner, serverUrl, settings, ...target }: SignInTarget,
  { request, discovery, used }: { request: SignInRequest; discovery: Discovery; used: SharedClient },
): Promise<Begun> {
  const { actor } = context
  const { challenge, steppedUpFor, now, signal } = request
  const { client } = used.known
  const asked = request.scopes === undefined ? settings : { ...settings, scopes: request.scopes }
  const granted = target.credential?.issuer === discovery.issuer ? target.credential.scopes : undefined
  const scopes = chooseScopes(challenge, discovery, granted, asked)
  const serverOrigin = new URL(serverUrl).origin
  const ref = { workspaceId: actor.workspaceId, integrationId }
  if (typeof settings.grant === 'object') {
    const obtained = await requestTokens(context.oauth, { discovery, client, scopes, settings }, { signal })
    const { server, resource, namedAs } = discovery
    const tokenEndpointByHand = settings.metadata?.tokenEndpoint
    const secrets = {
      tokens: obtained.tokens,
      context: { server, client: obtained.client, scopes, serverOrigin, resource, namedAs, tokenEndpointByHand },
      grant: settings.grant,
    }
    const credential = await sealCredential(context.vault, { ...ref, owner, field: 'tokens' }, secrets, {
      at: now,
      by: 'sign_in',
    })
    return {
      type: 'tokens',
      credential,
      writes: [
        await keepClient(context, ref, { ...used.known, client: obtained.client, origin: serverOrigin }),
        { key: keys.credential(integrationId, owner), value: toJson(credential) },
      ],
    }
  }
  const shared = sharedRedirect(context, discovery, client, target.clientByHost === true)
  if (shared !== undefined) await refuseMixUp(context, ref, shared)
  // What people agreed to for another server, they have not agreed to for this one.
  const { prompt = used.known.origin === serverOrigin ? undefined : 'consent' } = settings
  const begun = await beginAuthorization(context.oauth, {
    discovery,
    client,
    scopes,
    settings: { ...settings, prompt },
    steppedUpFor,
  })
  const until = now + flowMs
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

/** Who we are to the authorization server: as before, or by a registration that the workspace shares. */
async function clientFor(
  context: ActorContext,
  { serverUrl, settings, client: before, registersAnew }: SignInTarget,
  discovery: Discovery,
  { now, signal }: SignInRequest,
): Promise<SharedClient> {
  const { workspaceId } = context.actor
  const { origin } = new URL(serverUrl)
  const sharer = { workspaceId, origin, onlySameOrigin: !canAskConsent(settings), now, signal }
  const stored = before?.origin === origin || !sharer.onlySameOrigin ? before : undefined
  let shared: SharedClient | undefined
  const client = await resolveClient(context.oauth, discovery, settings, {
    stored: stored?.client,
    share:
      registersAnew === true
        ? undefined
        : async (wanted, register) =>
            (shared = await shareRegistration(context, sharer, wanted, register)).known.client,
    signal,
  })
  if (shared !== undefined) return shared
  const known = stored !== undefined && client === stored.client ? stored : { client, origin, registeredAt: now }
  return { known, release: () => {} }
}

/** Whether a server that doesn't ask can be signed in to: it publishes how, or the settings say as whom or where. */
export async function offersSignIn(
  context: Context,
  serverUrl: string,
  settings: OAuthSettings,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { clientId, scopes, grant, issuer, metadata } = settings
  if ([clientId, scopes, grant, issuer, metadata].some((value) => value !== undefined)) return true
  const until = context.runtime.now() + context.options.limits.connectTimeoutMs
  try {
    return (await readProtectedResource(context.oauth, serverUrl, undefined, { signal, until })) !== undefined
  } catch (error) {
    if (!isIntegrationError(error) || error.code === 'aborted') throw error
    return false
  }
}

/** A flow that a callback belongs to. */
export interface PendingFlow extends Versioned<FlowRecord> {
  readonly secrets: FlowSecrets
  /** The storage's clock, in ms since the epoch. */
  readonly now: number
}

/**
 * Finds the flow of a callback. Whatever is wrong with it (unknown, used, expired, another person's) answers the same.
 *
 * @throws IntegrationError `not_found`, `credential_unreadable`
 */
export async function findFlow(context: ActorContext, callbackUrl: string): Promise<PendingFlow> {
  const { actor } = context
  const state = typeof callbackUrl === 'string' ? callbackState(callbackUrl) : undefined
  const { records, now } =
    state === undefined ? { records: [], now: 0 } : await context.storage.read(actor.workspaceId, [keys.flow(state)])
  const stored = versioned<FlowRecord>(records[0])
  if (stored === undefined || stored.value.userId !== actor.userId) throw signInUnknown()
  const secrets = JSON.parse(
    await context.vault.open(stored.value.sealed, flowContext(actor, stored.value.integrationId)),
  ) as FlowSecrets
  return { ...stored, secrets, now }
}

/** Sends the code, once: the flow must be gone from the storage by now. */
export async function redeemCode(
  context: ActorContext,
  flow: PendingFlow,
  callbackUrl: string,
  signal?: AbortSignal,
): Promise<{ readonly credential: CredentialRecord; readonly client: ClientRegistration }> {
  const { actor } = context
  const { integrationId, owner } = flow.value
  const { tokens, client } = await finishAuthorization(context.oauth, flow.secrets, callbackUrl, { signal })
  const { state: _state, verifier: _verifier, ownRedirectUri: _own, ...asked } = flow.secrets
  const credential = await sealCredential(
    context.vault,
    { workspaceId: actor.workspaceId, integrationId, owner, field: 'tokens' },
    { tokens, context: { ...asked, client } },
    { at: flow.now, by: 'sign_in' },
  )
  return { credential, client }
}

/** Reads what a sign-in builds on: settings, client registration, and the credential that is there. */
export async function signInTarget(
  context: Context,
  { workspaceId, integrationId, owner, record }: CredentialRef & { readonly record: IntegrationRecord },
): Promise<SignInTarget> {
  const { records } = await context.storage.read(workspaceId, [
    keys.client(integrationId),
    keys.credential(integrationId, owner),
  ])
  const settings = await oauthSettingsOf(context, { workspaceId, integrationId }, record)
  const stored = versioned<ClientRecord>(records[0])?.value
  const registersAnew = stored?.refused === true || (stored?.pending !== undefined && stored.pending === owner)
  return {
    integrationId,
    owner,
    serverUrl: record.url!,
    settings: settings ?? {},
    clientByHost: await isHostsClient(context, workspaceId, record, settings),
    // A sign-in with it never came back: maybe the authorization server has forgotten it, and said so to the person.
    registersAnew,
    client:
      stored === undefined || registersAnew
        ? undefined
        : await openClient(context, { workspaceId, integrationId }, stored),
    credential: readCredential(records[1]?.value),
  }
}

function flowContext(actor: CheckedActor, integrationId: string) {
  return { workspaceId: actor.workspaceId, integrationId, owner: actor.userId, field: 'flow' }
}

/** Whatever is wrong with a callback (unknown, used, expired, another person's) is told alike. */
export function signInUnknown(): IntegrationError {
  return new IntegrationError(
    'not_found',
    'This sign-in link was already used, has expired, or belongs to someone else. Start again with connect() or reconnect().',
  )
}
