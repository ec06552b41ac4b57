import type { Report } from '../../model/diagnostic.js'
import { IntegrationError, isIntegrationError } from '../../model/errors.js'
import { isIdText } from '../../model/fits.js'
import type { StorageRecord } from '../../ports/storage.js'
import { fitsItsKind, kindOf } from './record-shapes.js'

/** A record with its version and a typed value. */
export interface Versioned<T> {
  readonly key: string
  readonly version: string
  readonly value: T
}

/**
 * A stored record with the type of its key.
 *
 * @throws IntegrationError `storage_incompatible` if the record doesn't have the shape of its kind: then nothing is read
 * from it, and it gives no right
 */
export function versioned<T>(record: StorageRecord | undefined): Versioned<T> | undefined {
  if (record === undefined) return undefined
  if (!isReadable(record)) throw unreadable(record)
  return record as unknown as Versioned<T>
}

/**
 * Reads records for a list or for cleaning up: returns `undefined` if one of them can't be read, so that the others are
 * unaffected, and reports it to the host.
 */
export function unlessUnreadable<T>(
  { report }: { readonly report: Report },
  workspaceId: string,
  read: () => T,
): T | undefined {
  try {
    return read()
  } catch (error) {
    reportUnreadable(report, workspaceId, error)
    return undefined
  }
}

/** The value of a record; `undefined` if there is none, or if it can't be read, which is reported to the host. */
export function readOrReport<T>(
  host: { readonly report: Report },
  workspaceId: string,
  record: StorageRecord | undefined,
): T | undefined {
  return unlessUnreadable(host, workspaceId, () => versioned<T>(record)?.value)
}

/** The value of a record that is a copy or a hint: one that can't be read is treated as if there were none. */
export function ifReadable<T>(record: StorageRecord | undefined): T | undefined {
  return record !== undefined && isReadable(record) ? (record.value as T) : undefined
}

/** Records of a storage that returns the same frozen ones again are checked once. */
function isReadable(record: StorageRecord): boolean {
  if (readable.has(record)) return true
  const isFit = fitsItsKind(record)
  if (isFit && Object.isFrozen(record)) readable.add(record)
  return isFit
}

const readable = new WeakSet<StorageRecord>()

/** Reports a record that can't be read. @throws every other error */
export function reportUnreadable(report: Report, workspaceId: string, error: unknown): void {
  if (!isUnreadable(error)) throw error
  const { integrationId, message } = error
  report({ area: 'storage', message, error, workspaceId, integrationId })
}

/** Whether an error says that a record can't be read. */
export function isUnreadable(error: unknown): error is IntegrationError {
  return isIntegrationError(error) && error.code === 'storage_incompatible' && error.reason === reason
}

/** Where a newer version has migrated the storage, the code is the same. */
const reason = 'record_unreadable'

/** The error of a stored value that can't be read. @param what - the start of the message */
export function unreadableError(what: string, advice: string, integrationId?: string): IntegrationError {
  return new IntegrationError(
    'storage_incompatible',
    `${what} can't be read: it was edited in the database, or written by another version of mcp-integrations. ${advice}`,
    { reason, integrationId },
  )
}

/** The key isn't part of the message: it may contain the id of a person. */
function unreadable({ key }: StorageRecord): IntegrationError {
  const [kind, id = ''] = [kindOf(key), key.split('/')[1]]
  const integrationId = ofIntegrations.has(kind) && isIdText(id) ? id : undefined
  const ofIntegration = integrationId === undefined ? '' : ` of integration "${integrationId}"`
  const advice =
    integrationId === undefined
      ? 'Restore it from a backup, or delete it.'
      : kind === 'integration'
        ? 'Restore it from a backup, or have an admin remove the integration.'
        : removeAdvice
  return unreadableError(`A stored record of the kind "${kind}"${ofIntegration}`, advice, integrationId)
}

/** The advice for a damaged record of an integration that itself can be read. */
export const removeAdvice = 'Restore it from a backup, or remove the integration and connect it again.'

/** Kinds whose keys have the id of their integration in second place. */
const ofIntegrations: ReadonlySet<string> = new Set([
  'integration',
  'status',
  'settings',
  'tools',
  'accepted',
  'server',
  'headers',
  'client',
  'oauth-settings',
  'unrevoked',
])
