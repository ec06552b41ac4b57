import { readCredential, type CredentialRecord } from '../../oauth/credential-record.js'
import type { StorageWrite } from '../../ports/storage.js'
import type { Context } from '../state/context.js'
import { eraseCredential, revokeQuietly } from './erase-credential.js'
import { type LoadedIntegration } from '../state/access.js'
import { idsUnder } from '../state/pages.js'
import { keys, sharedOwner } from '../state/keys.js'

/** Keys of the shared credential's records, except headers. */
export function sharedSecrets(id: string): readonly string[] {
  return [keys.credential(id, sharedOwner), keys.oauthSettings(id), keys.client(id), keys.server(id, sharedOwner)]
}

/** The removal of a shared credential: its writes, and the tokens to revoke after the commit. */
export interface Dropped {
  readonly writes: readonly StorageWrite[]
  readonly credential: CredentialRecord | undefined
}

/** @param stored - the records of {@link sharedSecrets} */
export function drop(id: string, stored: LoadedIntegration['others']): Dropped {
  return {
    // Only the versions that were read are deleted, because tokens saved by a refresh in between must be revoked too.
    writes: sharedSecrets(id).map((key, n) => ({ key, ifVersion: stored[n]?.version ?? null, value: undefined })),
    credential: readCredential(stored[0]?.value),
  }
}

/** Revokes the shared credential and erases each person's own. */
export async function eraseAllCredentials(
  context: Context,
  workspaceId: string,
  id: string,
  dropped: Dropped | undefined,
): Promise<void> {
  for (const owner of await ownersOf(context, workspaceId, id))
    await eraseCredential(context, { workspaceId, integrationId: id, owner })
  if (dropped?.credential !== undefined)
    await revokeQuietly(context, { workspaceId, integrationId: id, owner: sharedOwner }, dropped.credential)
}

/** All people with their own credential for the integration. */
export async function ownersOf(context: Context, workspaceId: string, id: string): Promise<ReadonlySet<string>> {
  const owners = new Set([
    ...(await idsUnder(context, { workspaceId }, `credential/${id}/`)),
    ...(await idsUnder(context, { workspaceId }, `headers/${id}/`)),
  ])
  owners.delete(sharedOwner)
  return owners
}
