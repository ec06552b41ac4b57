import type { CheckedActor } from '../../model/actor.js'
import { IntegrationError } from '../../model/errors.js'
import { callbackState, finishAuthorization, type FlowSecrets } from '../../oauth/authorization.js'
import type { ClientRegistration } from '../../oauth/client-registration.js'
import { sealCredential, type CredentialRecord } from '../../oauth/credential-record.js'
import type { ActorContext } from '../state/context.js'
import { secretContext } from '../servers/secret-context.js'
import type { SecretContext } from '../../ports/credential-vault.js'
import { keys, ownerKey } from '../state/keys.js'
import type { FlowRecord } from '../state/records.js'
import { versioned, type Versioned } from '../state/read-record.js'

/** A flow that a callback belongs to. */
export interface PendingFlow extends Versioned<FlowRecord> {
  readonly secrets: FlowSecrets
  /** The storage's clock, in ms since the epoch. */
  readonly now: number
}

/**
 * Finds the flow of a callback. The error is the same for an unknown, used or expired flow and for one of another person.
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

/** The result of a code exchange. */
export interface ObtainedCredential {
  readonly credential: CredentialRecord
  readonly client: ClientRegistration
}

/** Sends the code once. The flow must already be deleted from the storage. */
export async function redeemCode(
  context: ActorContext,
  flow: PendingFlow,
  callbackUrl: string,
  signal?: AbortSignal,
): Promise<ObtainedCredential> {
  const { actor } = context
  const { integrationId, owner } = flow.value
  const { tokens, client } = await finishAuthorization(context.oauth, flow.secrets, callbackUrl, { signal })
  const { state: _state, verifier: _verifier, ...asked } = flow.secrets
  const credential = await sealCredential(
    context.vault,
    secretContext({ workspaceId: actor.workspaceId, integrationId, owner }, 'tokens'),
    { tokens, context: { ...asked, client } },
    { at: flow.now, by: 'sign_in' },
  )
  return { credential, client }
}

/** The context that the secrets of a flow are sealed with. */
export function flowContext({ workspaceId, userId }: Omit<CheckedActor, 'role'>, integrationId: string): SecretContext {
  return secretContext({ workspaceId, integrationId, owner: ownerKey(userId) }, 'flow')
}

/** The error for every unusable callback: unknown, used, expired, or of another person. */
export function signInUnknown(): IntegrationError {
  return new IntegrationError(
    'not_found',
    'This sign-in link was already used, has expired, or belongs to someone else. Start again with connect() or reconnect().',
  )
}
