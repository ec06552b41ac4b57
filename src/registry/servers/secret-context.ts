import type { SecretContext } from '../../ports/credential-vault.js'
import type { CredentialRef } from '../state/refs.js'

/** The kinds of secrets. */
export type SecretField = 'headers' | 'tokens' | 'client' | 'oauth' | 'flow'

/**
 * The context that a secret is sealed with. Two different secrets never have the same: workspace, integration and field
 * are in it as they are, and the owner as `ownerKey()` encodes a person's id, which is never another person's and never
 * the shared owner's. So a secret can be resealed by the key of its record alone.
 */
export function secretContext({ workspaceId, integrationId, owner }: CredentialRef, field: SecretField): SecretContext {
  return { workspaceId, integrationId, owner, field }
}
