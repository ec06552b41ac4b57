import { openCredential, readCredential } from '../../oauth/credential-record.js'
import type { StorageWrite } from '../../ports/storage.js'
import type { Context } from '../state/context.js'
import { openHeaders, sealHeaders, type HeaderSet } from '../servers/headers.js'
import { secretContext } from '../servers/secret-context.js'
import type { LoadedIntegration } from '../state/access.js'
import { originOf, toJson, type HeadersRecord, type IntegrationRecord } from '../state/records.js'
import { versioned } from '../state/read-record.js'
import { keys, ownerKey, sharedOwner } from '../state/keys.js'

/** The effect of a changed credential mode on the owner's credential. */
export interface MovedCredential {
  readonly writes: readonly StorageWrite[]
  /** The header values, if the same commit edits them: `writes` then doesn't contain them. */
  readonly headers?: HeaderSet | undefined
}

/**
 * Moves the owner's credential when the credential mode changes: from shared to own, or back. A sealed value is bound to
 * its owner, so it is sealed again.
 */
export async function moveCredential(
  context: Context,
  before: LoadedIntegration,
  next: IntegrationRecord,
  editsHeaders: boolean,
): Promise<MovedCredential> {
  const { id: integrationId, workspaceId } = before
  const own = ownerKey(before.record.ownerId)
  const [from, to] = next.credentials === 'per_user' ? [sharedOwner, own] : [own, sharedOwner]
  const kinds = [keys.headers, keys.credential, keys.status]
  const { records } = await context.storage.read(
    workspaceId,
    kinds.map((kind) => kind(integrationId, from)),
  )
  const writes: StorageWrite[] = []
  const headers = versioned<HeadersRecord>(records[0])
  let edited: HeaderSet = { values: {}, headers: [] }
  if (headers !== undefined) {
    const origin = originOf(next)
    edited = {
      values: await openHeaders(context, { workspaceId, integrationId, owner: from }, headers.value, origin),
      headers: headers.value.headers,
    }
    writes.push({ key: keys.headers(integrationId, from), ifVersion: headers.version, value: undefined })
    if (!editsHeaders) {
      const ref = { workspaceId, integrationId, owner: to }
      const value = await sealHeaders(context, ref, edited, { origin, tag: headers.value.tag })
      writes.push({ key: keys.headers(integrationId, to), value: toJson(value) })
    }
  }
  const credential = readCredential(records[1]?.value)
  if (credential !== undefined) {
    const tokensOf = (owner: string) => secretContext({ workspaceId, integrationId, owner }, 'tokens')
    const secrets = await openCredential(context.vault, tokensOf(from), credential)
    const sealed = await context.vault.seal(JSON.stringify(secrets), tokensOf(to))
    writes.push(
      { key: keys.credential(integrationId, from), ifVersion: records[1]!.version, value: undefined },
      { key: keys.credential(integrationId, to), value: toJson({ ...credential, sealed }) },
    )
  }
  const status = records[2]
  if (status !== undefined)
    writes.push(
      { key: keys.status(integrationId, from), value: undefined },
      { key: keys.status(integrationId, to), value: status.value },
    )
  return { writes, headers: editsHeaders ? edited : undefined }
}
