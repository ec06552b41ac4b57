import { IntegrationError } from '../model/errors.js'
import type { JsonValue } from '../model/json.js'
import { recordLimits, utf8Length } from '../model/record-limits.js'
import type {
  StorageChange,
  StorageListQuery,
  StorageCheck,
  StorageExpiredQuery,
  StorageScanQuery,
  StorageWrite,
  StorageWritten,
} from '../ports/storage.js'

export { recordLimits }

/**
 * Checks the arguments of `read`. Every adapter calls this first.
 *
 * @throws `invalid_input`
 */
export function checkRead(workspaceId: string, keys: readonly string[]): void {
  checkWorkspaceId(workspaceId)
  const wrong = keys.findIndex((key) => !isKey(key))
  if (wrong !== -1) refuseKey(`keys[${wrong}]`)
}

/**
 * Checks a query of `list`. Every adapter calls this first.
 *
 * @throws `invalid_input`
 */
export function checkList(query: StorageListQuery): void {
  checkWorkspaceId(query.workspaceId)
  checkPage(query)
  if (query.after !== undefined) checkKey(query.after, 'after')
}

/**
 * Checks a query of `scan`. Every adapter calls this first.
 *
 * @returns the workspace and key of `after`; both empty for the first page
 * @throws `invalid_input`
 */
export function checkScan(query: StorageScanQuery): { readonly workspaceId: string; readonly key: string } {
  checkPage(query)
  if (query.after === undefined) return { workspaceId: '', key: '' }
  const cut = query.after.indexOf(' ')
  const workspaceId = decodeText(query.after.slice(0, cut))
  if (cut < 0 || workspaceId === undefined) return refuse('after', 'Give the `next` cursor of the previous page.')
  checkWorkspaceId(workspaceId)
  return { workspaceId, key: query.after.slice(cut + 1) }
}

/** Creates the cursor of `scan`, which {@link checkScan} reads. */
export function scanCursor(record: { readonly workspaceId: string; readonly key: string }): string {
  return `${encodeURIComponent(record.workspaceId)} ${record.key}`
}

/**
 * Checks a query of `expired`. Every adapter calls this first.
 *
 * @returns the expiry, workspace and key of `after`; `-1` and empty texts for the first page
 * @throws `invalid_input`
 */
export function checkExpired(query: StorageExpiredQuery): {
  readonly expiresAt: number
  readonly workspaceId: string
  readonly key: string
} {
  checkLimit(query.limit)
  if (query.after === undefined) return { expiresAt: -1, workspaceId: '', key: '' }
  const [time = '', workspace = '', ...key] = query.after.split(' ')
  const workspaceId = decodeText(workspace)
  if (!/^\d{1,16}$/.test(time) || workspaceId === undefined)
    return refuse('after', 'Give the `next` cursor of the previous page.')
  checkWorkspaceId(workspaceId)
  return { expiresAt: Number(time), workspaceId, key: key.join(' ') }
}

/** Creates the cursor of `expired`, which {@link checkExpired} reads. */
export function expiredCursor(record: {
  readonly expiresAt?: number | undefined
  readonly workspaceId: string
  readonly key: string
}): string {
  return `${record.expiresAt ?? 0} ${scanCursor(record)}`
}

/**
 * Checks the writes of a commit. Every adapter calls this first.
 *
 * @returns the values as JSON to store, in order; `undefined` for a delete
 * @throws `invalid_input`
 */
export function checkWrites(workspaceId: string, writes: readonly StorageWrite[]): readonly (string | undefined)[] {
  checkWorkspaceId(workspaceId)
  if (writes.length > recordLimits.writes) refuse('writes', `Commit at most ${recordLimits.writes} writes.`)
  const keys = new Set<string>()
  return writes.map((given, index) => {
    // Callers in plain JavaScript can pass values that the type forbids.
    const write: UncheckedWrite = given
    const at = `writes[${index}]`
    if (write.append !== undefined) {
      checkKey(appendedKey(write.append, 0), `${at}.append`)
      if (write.key !== undefined) refuse(at, 'Give either a key or what to append to.')
      if (write.value === undefined) refuse(`${at}.value`, 'Give a value to append.')
    } else {
      const key = write.key ?? refuse(at, 'Give a key or what to append to.')
      checkKey(key, `${at}.key`)
      if (keys.has(key)) refuse(`${at}.key`, 'Write each key once in a commit.')
      keys.add(key)
    }
    if (
      write.check !== undefined &&
      (write.check !== true ||
        typeof write.ifVersion !== 'string' ||
        write.append !== undefined ||
        write.value !== undefined)
    )
      refuse(at, 'Give a check a key and a version, and no value.')
    if (write.ifVersion !== undefined && write.ifVersion !== null && typeof write.ifVersion !== 'string') {
      refuse(`${at}.ifVersion`, 'Give a version as it was read.')
    }
    if (write.expiresAt !== undefined && !(Number.isSafeInteger(write.expiresAt) && (write.expiresAt as number) >= 0)) {
      refuse(`${at}.expiresAt`, 'Give whole ms since the epoch.')
    }
    return write.value === undefined ? undefined : serialise(write.value, `${at}.value`)
  })
}

/** Whether a write only checks a record's version. Such a write changes nothing and is not reported. */
export function isCheck(write: StorageWrite): write is StorageCheck {
  return 'check' in write
}

/** The keys that a commit wrote, to report to watchers. */
export function reportedKeys(writes: readonly StorageWrite[], written: readonly StorageWritten[]): readonly string[] {
  return written.filter((_, n) => !isCheck(writes[n]!)).map(({ key }) => key)
}

/** A commit for watchers, with what it wrote. @param values - as {@link checkWrites} returned them */
export function reportOf(
  workspaceId: string,
  writes: readonly StorageWrite[],
  written: readonly StorageWritten[],
  values: readonly (string | undefined)[],
): StorageChange {
  return {
    workspaceId,
    keys: reportedKeys(writes, written),
    recordOf(key) {
      const n = written.findIndex((one) => one.key === key)
      const [version, json] = [written[n]?.version, values[n]]
      if (version === undefined || json === undefined) return undefined
      return { key, version, value: JSON.parse(json) as JsonValue, expiresAt: writes[n]!.expiresAt }
    },
  }
}

/** The key of an `append`: its prefix and the workspace's next number. */
export function appendedKey(prefix: string, number: number): string {
  return prefix + String(number).padStart(16, '0')
}

interface UncheckedWrite {
  readonly key?: string
  readonly append?: string
  readonly ifVersion?: unknown
  readonly check?: unknown
  readonly value?: unknown
  readonly expiresAt?: unknown
}

function checkPage(query: StorageListQuery | StorageScanQuery): void {
  if (query.prefix !== '') checkKey(query.prefix, 'prefix')
  checkLimit(query.limit)
}

function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > recordLimits.page) {
    refuse('limit', `Give a whole number from 1 to ${recordLimits.page}.`)
  }
}

function checkKey(key: string, path: string): void {
  if (!isKey(key)) refuseKey(path)
}

function isKey(key: unknown): boolean {
  return typeof key === 'string' && key.length <= recordLimits.keyBytes && /^[\x20-\x7e]+$/.test(key)
}

function refuseKey(path: string): never {
  return refuse(path, `Give 1-${recordLimits.keyBytes} printable ASCII characters.`)
}

/** A database would store a NUL or a lone surrogate differently, so that two workspaces could become one. */
function checkWorkspaceId(workspaceId: string): void {
  const valid = typeof workspaceId === 'string' && workspaceId.length >= 1 && workspaceId.length <= 200
  if (!valid || /[\0\p{Surrogate}]/u.test(workspaceId)) {
    refuse('workspaceId', 'Give 1-200 characters of well-formed text without NUL.')
  }
}

function serialise(value: unknown, path: string): string {
  let json: string | undefined
  try {
    json = JSON.stringify(value)
  } catch {
    return refuse(path, 'Give a JSON value.')
  }
  if (json === undefined) return refuse(path, 'Give a JSON value.')
  const surelySmall = json.length * 3 <= recordLimits.valueBytes
  if (!surelySmall && utf8Length(json) > recordLimits.valueBytes)
    refuse(path, `Give at most ${recordLimits.valueBytes} bytes of JSON.`)
  return json
}

function decodeText(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded)
  } catch {
    return undefined
  }
}

function refuse(path: string, message: string): never {
  throw new IntegrationError('invalid_input', `The storage refused ${path}: ${message}`, {
    fields: [{ path, message }],
  })
}
