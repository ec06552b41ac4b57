import { hasMembers, isFlag, isIdText, isListOf, isMs, isShallow, isText, maybe, type Fits } from '../../model/fits.js'
import { isApproval, isApprovalIndex, isGrant, isPointer } from './approval-shapes.js'
import { isAuditEntry, isEvent } from './event-shapes.js'
import {
  isClient,
  isDefinition,
  isFlow,
  isHeaders,
  isIntegration,
  isManifest,
  isServer,
  isSettings,
  isStatus,
} from './integration-shapes.js'
import type { CatalogueChangeRecord, DueForgettingRecord, HeadersRecord, OAuthSettingsRecord } from './records.js'

/**
 * The shape of each kind of record, as far as its readers rely on it: somebody may have edited the database, and another
 * version of the package may have written the record.
 */

const isRemoval = hasMembers<{ removedAt: number; handle: string; erased: boolean }>({
  removedAt: isMs,
  handle: maybe(isText),
  erased: maybe(isFlag),
})

/** By the kind in the key. */
const shapes: Readonly<Record<string, Fits>> = {
  integration: isIntegration,
  status: isStatus,
  settings: isSettings,
  tools: isManifest,
  accepted: (value) => isDefinition(value) && isShallow(value),
  server: (value) => isServer(value) && isShallow(value),
  headers: hasMembers<HeadersRecord>({ sealed: isText, tag: isText, origin: isText, headers: isHeaders }),
  'oauth-settings': hasMembers<OAuthSettingsRecord>({ sealed: isText }),
  unrevoked: hasMembers<OAuthSettingsRecord>({ sealed: isText }),
  client: isClient,
  flow: isFlow,
  approval: isApproval,
  pending: isApprovalIndex,
  approved: isApprovalIndex,
  open: isApprovalIndex,
  asked: isApprovalIndex,
  same: isPointer,
  named: isPointer,
  grant: isGrant,
  handle: hasMembers<{ integrationId: string }>({ integrationId: isIdText }),
  event: isEvent,
  audit: isAuditEntry,
  catalogue: hasMembers<CatalogueChangeRecord>({ integrations: isListOf(isIdText) }),
  'due/forgetting': hasMembers<DueForgettingRecord>({ forgottenAt: isMs, integrations: isListOf(isIdText) }),
  'due/removal': isRemoval,
}

/** The kind of a record, by its key. */
export function kindOf(key: string): string {
  const end = key.indexOf('/')
  return key.slice(0, key.startsWith('due/') ? key.indexOf('/', end + 1) : end)
}

/** Whether a record can be read as one of its kind. A kind that nobody reads fits nothing. */
export function fitsItsKind({ key, value }: { readonly key: string; readonly value: unknown }): boolean {
  return shapes[kindOf(key)]?.(value) === true
}
