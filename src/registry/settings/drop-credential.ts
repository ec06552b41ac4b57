import { readCredential, type CredentialRecord } from '../../oauth/credential-record.js'
import type { StorageWrite } from '../../ports/storage.js'
import type { Context } from '../state/context.js'
import { eraseCredential, revokeQuietly } from './erase-credential.js'
import { type LoadedIntegration } from '../state/access.js'
import { idsUnder } from '../state/pages.js'
import { keys, sharedOwner } from '../state/keys.js'

/** What everybody's credential is made of, beside header values. */
export function sharedSecrets(id: string): readonly string[] {
  return [keys.credential(id, sharedOwner), keys.oauthSettings(id), keys.client(id), keys.server(id, sharedOwner)]
}

/** Everybody's credential as it goes: in the commit that makes it useless, and what is to be revoked afterwards. */
export interface Dropped {
  readonly writes: readonly StorageWrite[]
  readonly credential: CredentialRecord | undefined
}

/** @param stored - what was read under {@link sharedSecrets} */
export function drop(id: string, stored: LoadedIntegration['others']): Dropped {
  return {
    // Just what was read: tokens that a refresh saves in between would not be revoked.
    writes: sharedSecrets(id).map((key, n) => ({ key, ifVersion: stored[n]?.version ?? null, value: undefined })),
    credential: readCredential(stored[0]?.value),
  }
}

/** Revokes everybody's credential, and erases each person's own. */
export async function wipe(
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

/** Everybody who has a credential of their own there. */
export async function ownersOf(context: Context, workspaceId: string, id: string): Promise<ReadonlySet<string>> {
  const owners = new Set([
    ...(await idsUnder(context, { workspaceId }, `credential/${id}/`)),
    ...(await idsUnder(context, { workspaceId }, `headers/${id}/`)),
  ])
  owners.delete(sharedOwner)
  return owners
}
