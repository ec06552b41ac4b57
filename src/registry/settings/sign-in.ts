import { IntegrationError } from '../../model/errors.js'
import type { OAuthSettings } from '../../model/oauth.js'
import type { StorageWrite } from '../../ports/storage.js'
import { beginAuthorization, callbackState, finishAuthorization, type FlowSecrets } from '../../oauth/authorization.js'
import type { Challenge } from '../../oauth/challenge.js'
import { resolveClient, type ClientRegistration } from '../../oauth/client-registration.js'
import { readCredential, sealCredential, type CredentialRecord } from '../../oauth/credential-record.js'
import { discover } from '../../oauth/discovery.js'
import { chooseScopes } from '../../oauth/scopes.js'
import { requestTokens } from '../../oauth/machine-grants.js'
import type { TokenSet } from '../../oauth/tokens.js'
import type { ActorContext, Context } from '../state/context.js'
import type { CheckedActor } from '../../model/actor.js'
import { notFound } from '../state/errors.js'
import type { CredentialRef, IntegrationRef } from '../state/refs.js'
import { toJson, versioned, type FlowRecord, type OAuthSettingsRecord, type Versioned } from '../state/records.js'
import { keys, sharedOwner } from '../state/keys.js'

/** For which integration and whose credential somebody signs in. */
export interface SignInTarget {
  readonly integrationId: string
  readonly owner: string
  readonly serverUrl: string
  readonly settings: OAuthSettings
  /** What is there already: its issuer is preferred, its scopes are asked for again. */
  readonly credential?: CredentialRecord | undefined
  /** Who we were to the authorization server before. */
  readonly client?: ClientRegistration | undefined
}

/** What a sign-in is begun with. */
export interface SignInRequest {
  /** What the server said when it refused. */
  readonly challenge?: Challenge | undefined
  /** `@default` what the server or the settings ask for */
  readonly scopes?: readonly string[] | undefined
  /** The storage's clock, in ms since the epoch. */
  readonly now: number
  readonly signal?: AbortSignal | undefined
}

/** Where a sign-in stands: a person is to be sent away, or it went without one. */
export type SignIn =
  | {
      readonly type: 'person'
      readonly authorizationUrl: string
      /** Until when the callback is waited for, ms since the epoch by the storage's clock. */
      readonly until: number
      /** To be committed before the person is sent away. */
      readonly writes: readonly StorageWrite[]
    }
  | { readonly type: 'tokens'; readonly credential: CredentialRecord; readonly writes: readonly StorageWrite[] }

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
  const { actor } = context
  const { integrationId, owner, serverUrl, settings } = target
  if (context.options.oauth === undefined)
    throw new IntegrationError(
      'authorization_failed',
      'The server asks for OAuth, and the host has not said who it is. Give IntegrationRegistry oauth: { redirectUrl, clientName }.',
      { reason: 'oauth_not_configured' },
    )
  const discovery = await discover(context.oauth, serverUrl, request.challenge, settings, {
    preferIssuer: target.credential?.issuer,
    signal: request.signal,
  })
  const client = await resolveClient(context.oauth, discovery, settings, target.client, request.signal)
  const asked = request.scopes === undefined ? settings : { ...settings, scopes: request.scopes }
  const granted = target.credential?.issuer === discovery.issuer ? target.credential.scopes : undefined
  const scopes = chooseScopes(request.challenge, discovery, granted, asked)
  const keepClient: StorageWrite = {
    key: keys.client(integrationId),
    value: toJson({
      sealed: await sealShared(context, { workspaceId: actor.workspaceId, integrationId }, 'client', client),
    }),
  }
  if (typeof settings.grant === 'object') {
    const tokens = await requestTokens(
      context.oauth,
      { discovery, client, scopes, settings },
      { signal: request.signal },
    )
    const { server, resource } = discovery
    const secrets = {
      tokens,
      context: {
        server,
        client,
        scopes,
        serverOrigin: new URL(serverUrl).origin,
        resource,
      },
      grant: settings.grant,
    }
    const credential = await sealCredential(
      context.vault,
      { workspaceId: actor.workspaceId, integrationId, owner, field: 'tokens' },
      secrets,
      { at: request.now, by: 'sign_in' },
    )
    return {
      type: 'tokens',
      credential,
      writes: [keepClient, { key: keys.credential(integrationId, owner), value: toJson(credential) }],
    }
  }
  const begun = await beginAuthorization(context.oauth, { discovery, client, scopes })
  const until = request.now + flowMs
  const flow: FlowRecord = {
    integrationId,
    owner,
    userId: actor.userId,
    serverUrl,
    sealed: await context.vault.seal(JSON.stringify(begun.flow), flowContext(actor, integrationId)),
  }
  return {
    type: 'person',
    authorizationUrl: begun.authorizationUrl,
    until,
    writes: [keepClient, { key: keys.flow(begun.state), ifVersion: null, value: toJson(flow), expiresAt: until }],
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
  if (stored === undefined || stored.value.userId !== actor.userId)
    throw notFound('sign-in under way for', 'this callback')
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
): Promise<{ credential: CredentialRecord; tokens: TokenSet }> {
  const { actor } = context
  const { integrationId, owner } = flow.value
  const tokens = await finishAuthorization(context.oauth, flow.secrets, callbackUrl, { signal })
  const { server, client, scopes, resource } = flow.secrets
  const credential = await sealCredential(
    context.vault,
    { workspaceId: actor.workspaceId, integrationId, owner, field: 'tokens' },
    {
      tokens,
      context: {
        server,
        client,
        scopes,
        serverOrigin: new URL(flow.value.serverUrl).origin,
        resource,
      },
    },
    { at: flow.now, by: 'sign_in' },
  )
  return { credential, tokens }
}

/** Reads what a sign-in builds on: settings, client registration, and the credential that is there. */
export async function signInTarget(
  context: Context,
  { workspaceId, integrationId, owner }: CredentialRef,
  serverUrl: string,
): Promise<SignInTarget> {
  const { records } = await context.storage.read(workspaceId, [
    keys.oauthSettings(integrationId),
    keys.client(integrationId),
    keys.credential(integrationId, owner),
  ])
  const ref = { workspaceId, integrationId }
  const [settings, client] = await Promise.all([
    openShared<OAuthSettings>(context, ref, 'oauth', versioned<OAuthSettingsRecord>(records[0])?.value),
    openShared<ClientRegistration>(context, ref, 'client', versioned<OAuthSettingsRecord>(records[1])?.value),
  ])
  return {
    integrationId,
    owner,
    serverUrl,
    settings: settings ?? {},
    client,
    credential: readCredential(records[2]?.value),
  }
}

/** Seals something of the whole integration. */
export async function sealShared(
  context: Context,
  ref: IntegrationRef,
  field: 'oauth' | 'client',
  value: object,
): Promise<string> {
  return context.vault.seal(JSON.stringify(value), { ...ref, owner: sharedOwner, field })
}

async function openShared<T>(
  context: Context,
  ref: IntegrationRef,
  field: 'oauth' | 'client',
  record: { readonly sealed: string } | undefined,
): Promise<T | undefined> {
  if (record === undefined) return undefined
  return JSON.parse(await context.vault.open(record.sealed, { ...ref, owner: sharedOwner, field })) as T
}

function flowContext(actor: CheckedActor, integrationId: string) {
  return { workspaceId: actor.workspaceId, integrationId, owner: actor.userId, field: 'flow' }
}
