import type { StorageRecordWrite, StorageWrite, StorageWritten } from '../ports/storage.js'
import { appendedKey, isCheck } from './contract.js'
import type { RecentRecords } from './recent-records.js'
import { inTransaction, isIdle, type SqliteDatabase, type Statements } from './sqlite-database.js'

/** A commit to write. */
export interface Commit {
  readonly workspaceId: string
  readonly writes: readonly StorageWrite[]
  /** The values as JSON, in the order of the writes; `undefined` for a delete. */
  readonly values: readonly (string | undefined)[]
}

/** Where commits are written. */
export interface CommitTarget {
  readonly database: SqliteDatabase
  readonly statements: Statements
  /** Learns of every row that is changed. */
  readonly recent: RecentRecords
  /** The storage's clock, in ms since the epoch. */
  readonly time: number
}

type Written = false | readonly StorageWritten[]

/** Writes commits in one transaction: all or nothing of each, independently of the others. */
export function writeCommits(target: CommitTarget, commits: readonly Commit[]): readonly Written[] {
  const writeEach = (): readonly Written[] => commits.map((commit) => writeOne(target, commit))
  // One statement is a transaction by itself, or becomes part of one that the host has left open.
  const isOne = commits.length === 1 && isOneNew(commits[0]!) && isIdle(target.database)
  return isOne ? writeEach() : inTransaction(target.database, writeEach)
}

function writeOne(target: CommitTarget, commit: Commit): Written {
  const version = crypto.randomUUID()
  if (isOneNew(commit)) return writeNew(target, commit, version)
  const { workspaceId, writes, values } = commit
  if (!writes.every((one) => holds(target, workspaceId, one))) return false
  return writes.map((one, index) => apply(target, workspaceId, { write: one, json: values[index], version }))
}

/** Whether a commit only adds a record, as that of a call adds to the audit. */
function isOneNew({ writes, values }: Commit): boolean {
  const [write] = writes
  return writes.length === 1 && 'key' in write! && write.ifVersion === null && values[0] !== undefined
}

/** Adds a record, if there is none or an expired one, in one statement. */
function writeNew({ statements, recent, time }: CommitTarget, commit: Commit, version: string): Written {
  const { workspaceId, writes, values } = commit
  const { key, expiresAt = null } = writes[0] as StorageRecordWrite
  const rows = statements.putNew.all(workspaceId, key, version, values[0], expiresAt, time)
  if (rows.length === 0) return false
  recent.changed(workspaceId, key)
  return [{ key, version }]
}

function holds({ statements, time }: CommitTarget, workspaceId: string, write: StorageWrite): boolean {
  if ('append' in write || write.ifVersion === undefined) return true
  const [row] = statements.find.all(workspaceId, write.key) as FoundRow[]
  if (write.ifVersion !== null) return row?.version === write.ifVersion
  return row === undefined || (row.expires_at !== null && Number(row.expires_at) <= time)
}

interface FoundRow {
  readonly version: string
  readonly expires_at: number | bigint | null
}

function apply(
  target: CommitTarget,
  workspaceId: string,
  one: { readonly write: StorageWrite; readonly json: string | undefined; readonly version: string },
): StorageWritten {
  const { statements, recent } = target
  const { write, json, version } = one
  if (isCheck(write)) return { key: write.key, version: write.ifVersion }
  if (json === undefined) {
    const key = 'key' in write ? write.key : write.append
    if (statements.remove.all(workspaceId, key).length > 0) recent.changed(workspaceId, key)
    return { key, version: undefined }
  }
  const key = 'append' in write ? appendedKey(write.append, nextNumber(target, workspaceId)) : write.key
  statements.put.run(workspaceId, key, version, json, write.expiresAt ?? null)
  recent.changed(workspaceId, key)
  return { key, version }
}

function nextNumber({ statements, recent }: CommitTarget, workspaceId: string): number {
  const [row] = statements.next.all(workspaceId, 1) as { last: number | bigint }[]
  recent.changed(workspaceId)
  return Number(row?.last)
}
