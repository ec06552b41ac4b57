import type { CredentialRef } from './refs.js'
import type { StorageRecord } from '../../ports/storage.js'
import type { CheckedActor } from '../../model/actor.js'
import type { HeadersRecord, IntegrationRecord, ServerRecord, StatusRecord, ToolsRecord } from './records.js'
import { ifReadable, versioned } from './read-record.js'
import { keys, ownerKey, sharedOwner } from './keys.js'

/**
 * An integration together with the credential used to reach it. Contains everything that a request needs, read at one
 * moment.
 */
export interface Target extends CredentialRef {
  readonly record: IntegrationRecord
  /** Increases when the URL, the header names, the issuer or the account change. */
  readonly bindingRevision: number
  /** The owner of the credential, status and tool list: `sharedOwner`, or one person. */
  readonly owner: string
  readonly userId: string
  readonly status: StatusRecord | undefined
  readonly tools: ToolsRecord | undefined
  readonly server: ServerRecord | undefined
  readonly sharedHeaders: HeadersRecord | undefined
  readonly ownHeaders: HeadersRecord | undefined
  /** Changes with every header value and every sign-in, not with a token refresh. */
  readonly credential: string
}

/** Names a tool list and whoever asks for it. */
export type ListOwner = Pick<Target, 'workspaceId' | 'integrationId' | 'owner' | 'userId'>

/** The keys to read for a {@link Target}, for both credential modes. */
export function targetKeys(integrationId: string, actor: Pick<CheckedActor, 'userId'>): readonly string[] {
  return [sharedOwner, ownerKey(actor.userId)].flatMap((owner) => [
    keys.status(integrationId, owner),
    keys.tools(integrationId, owner),
    keys.server(integrationId, owner),
    keys.headers(integrationId, owner),
  ])
}

/** @param records - the records of {@link targetKeys} */
export function targetFrom(
  actor: Pick<CheckedActor, 'workspaceId' | 'userId'>,
  integrationId: string,
  record: IntegrationRecord,
  records: readonly (StorageRecord | undefined)[],
): Target {
  const own = record.credentials === 'per_user'
  const [statusRecord, tools, server] = own ? records.slice(4) : records
  const status = versioned<StatusRecord>(statusRecord)?.value
  const sharedHeaders = meantFor(record, versioned<HeadersRecord>(records[3])?.value)
  const ownHeaders = own ? meantFor(record, versioned<HeadersRecord>(records[7])?.value) : undefined
  return {
    workspaceId: actor.workspaceId,
    integrationId,
    record,
    bindingRevision: record.bindingRevision + (status?.accountRevision ?? 0),
    owner: own ? ownerKey(actor.userId) : sharedOwner,
    userId: actor.userId,
    status,
    tools: versioned<ToolsRecord>(tools)?.value,
    server: ifReadable<ServerRecord>(server),
    sharedHeaders,
    ownHeaders,
    credential: credentialTag(sharedHeaders, ownHeaders, status?.signIn),
  }
}

/** Creates {@link Target.credential}. */
export function credentialTag(
  shared: Pick<HeadersRecord, 'tag'> | undefined,
  own: Pick<HeadersRecord, 'tag'> | undefined,
  signIn: string | undefined,
): string {
  return [shared?.tag, own?.tag, signIn].map((part) => part ?? '').join('.')
}

/** The header values; `undefined` if they were set for another server. */
function meantFor(record: IntegrationRecord, headers: HeadersRecord | undefined): HeadersRecord | undefined {
  return headers?.origin === record.origin ? headers : undefined
}
