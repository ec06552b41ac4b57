import { openCredential, readCredential, type CredentialRecord } from '../../oauth/credential-record.js'
import { revokeTokens } from '../../oauth/revoke.js'
import type { StorageWrite } from '../../ports/storage.js'
import { secretContext } from '../servers/secret-context.js'
import type { CredentialRef } from '../state/refs.js'
import type { WorkSubject } from '../state/background-work.js'
import type { Context } from '../state/context.js'
import type { Change } from '../state/event-feed.js'
import { isHandleOf } from '../state/handles.js'
import { retrying } from '../state/retrying.js'
import { deleteKeys, idsUnder, pages } from '../state/pages.js'
import { eraseList } from '../state/tool-list-records.js'
import type { FlowRecord, HeadersRecord } from '../state/records.js'
import { ifReadable, versioned } from '../state/read-record.js'
import { keys, prefixes } from '../state/keys.js'

/** Revocation and erasure of unused credentials. */

/** How long revocation is retried after a crash, in ms. */
const revocableMs = 86_400_000

/**
 * A write for the commit that removes a credential, so that its tokens are revoked even if this process crashes.
 */
export function toRevoke(
  integrationId: string,
  owner: string,
  { lineage, sealed }: CredentialRecord,
  now: number,
): readonly StorageWrite[] {
  return [
    { key: keys.unrevoked(integrationId, owner, lineage), value: { sealed }, expiresAt: now + revocableMs },
    { key: keys.due.revocation(integrationId, owner, lineage), value: null, expiresAt: now },
  ]
}

/** Revokes tokens at the authorization server. Best effort, within a time limit. */
export async function revokeQuietly(
  context: Context,
  { workspaceId, integrationId, owner }: CredentialRef,
  credential: Pick<CredentialRecord, 'sealed' | 'lineage'>,
): Promise<void> {
  try {
    const ref = { workspaceId, integrationId, owner }
    const secrets = await openCredential(context.vault, secretContext(ref, 'tokens'), credential)
    await revokeTokens(context.oauth, secrets)
  } catch (error) {
    // Unreadable or unreachable: the stored tokens are erased anyway.
    const message = 'Tokens could not be revoked at their authorization server. The stored copies are erased anyway.'
    context.report({ area: 'credentials', message, error, workspaceId, integrationId })
  }
  await forgetSecret(context, credential, { workspaceId, integrationId })
  await context.storage.commit(workspaceId, [
    { key: keys.unrevoked(integrationId, owner, credential.lineage), value: undefined },
    { key: keys.due.revocation(integrationId, owner, credential.lineage), value: undefined },
  ])
}

/** Revokes tokens that a crashed process was about to revoke. @param key - the key of the due revocation */
export async function revokeLeftover(context: Context, workspaceId: string, key: string): Promise<void> {
  const [, , integrationId = '', owner = '', lineage = ''] = key.split('/')
  const { records } = await context.storage.read(workspaceId, [keys.unrevoked(integrationId, owner, lineage)])
  const unrevoked = versioned<{ readonly sealed: string }>(records[0])?.value // written by toRevoke()
  if (unrevoked !== undefined)
    await revokeQuietly(context, { workspaceId, integrationId, owner }, { sealed: unrevoked.sealed, lineage })
}

/**
 * Revokes and erases one credential. Its record is deleted first, so that running work can't restore it.
 *
 * @param along - what the same commit changes: with the status deleted, a sign-in that is being finished notices it
 */
export async function eraseCredential(
  context: Context,
  { workspaceId, integrationId, owner }: CredentialRef,
  along: Change = {},
): Promise<void> {
  const key = keys.credential(integrationId, owner)
  const credential = await retrying('The credential', async () => {
    const { records, now } = await context.storage.read(workspaceId, [key, keys.headers(integrationId, owner)])
    const [stored, headers] = records
    const read = readCredential(stored?.value)
    const erased = await context.feed.commit(workspaceId, {
      ...along,
      writes: [
        // Only the version that was read is deleted, because a refresh saved in between has its own tokens to revoke.
        { key, ifVersion: stored?.version ?? null, value: undefined },
        { key: keys.headers(integrationId, owner), value: undefined },
        { key: keys.server(integrationId, owner), value: undefined },
        ...(read === undefined ? [] : toRevoke(integrationId, owner, read, now)),
        ...(along.writes ?? []),
      ],
    })
    if (erased === false) return false
    await forgetSecret(context, ifReadable<HeadersRecord>(headers), { workspaceId, integrationId })
    return read
  })
  if (credential !== undefined) await revokeQuietly(context, { workspaceId, integrationId, owner }, credential)
}

/** Calls the vault's `destroy()` for an unused sealed value; best effort. */
export async function forgetSecret(
  context: Context,
  record: { readonly sealed: string } | undefined,
  { workspaceId, integrationId }: WorkSubject,
): Promise<void> {
  if (record === undefined) return
  await context.vault.destroy?.(record.sealed).catch((error: unknown) => {
    const message = 'The credential vault could not destroy an unused secret.'
    context.report({ area: 'credentials', message, error, workspaceId, integrationId })
  })
}

/** Ends running sign-ins: their callbacks are no longer accepted, and their secrets are erased. */
export async function endSignIns(
  context: Context,
  workspaceId: string,
  of: (flow: FlowRecord) => boolean,
): Promise<void> {
  for await (const { records } of pages(context.storage, { workspaceId, prefix: prefixes.flows, limit: 100 })) {
    // A flow that can't be read can't be finished.
    const ended = records.filter((record) => {
      const flow = ifReadable<FlowRecord>(record)
      return flow === undefined || of(flow)
    })
    await deleteKeys(
      context,
      workspaceId,
      ended.map(({ key }) => key),
    )
  }
}

/**
 * Revokes and erases all remaining records of a removed integration. Safe to repeat after a crash.
 *
 * @returns whether any record was left
 */
export async function eraseIntegration(
  context: Context,
  workspaceId: string,
  integrationId: string,
  handle: string,
): Promise<boolean> {
  await endSignIns(context, workspaceId, (flow) => flow.integrationId === integrationId)
  const owners = new Set([
    ...(await idsUnder(context, { workspaceId }, `credential/${integrationId}/`)),
    ...(await idsUnder(context, { workspaceId }, `headers/${integrationId}/`)),
  ])
  let found = owners.size
  for (const owner of owners) await eraseCredential(context, { workspaceId, integrationId, owner })
  const listOwners = await idsUnder(context, { workspaceId }, prefixes.toolLists(integrationId))
  found += listOwners.length
  for (const owner of listOwners) await eraseList(context, { workspaceId, integrationId, owner })
  for (const prefix of prefixes.of(integrationId)) {
    const rest = await idsUnder(context, { workspaceId }, prefix)
    found += rest.length
    await deleteKeys(
      context,
      workspaceId,
      rest.map((key) => prefix + key),
    )
  }
  const single = [keys.settings(integrationId), keys.oauthSettings(integrationId), keys.handle(handle)]
  const { records } = await context.storage.read(workspaceId, single)
  // Another integration may have the handle now.
  const own = records.filter(
    (record) => record !== undefined && (record.key !== single[2] || isHandleOf(record, integrationId)),
  )
  await deleteKeys(context, workspaceId, [keys.due.signIn(integrationId), ...own.map((record) => record!.key)])
  return found + own.length > 0
}
