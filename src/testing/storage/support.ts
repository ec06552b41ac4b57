import { isIntegrationError } from '../../model/errors.js'
import type { JsonValue } from '../../model/json.js'
import type { StorageListResult, RegistryStorage, StorageWrite, StorageWritten } from '../../ports/storage.js'
import { rejected, truthy } from '../assertions.js'

/** Declares a test of one promise, with a storage, a clock to set, and a workspace for this test only. */
export type StorageTest = (name: string, body: (given: Given) => Promise<void>) => void

/** The limit of repetitions, so that a storage without progress fails instead of hanging. */
export const maxRounds = 10_000

/** The parameters of a contract test. */
export interface Given {
  readonly storage: RegistryStorage
  readonly clock: { time: number }
  readonly workspace: string
}

export async function commit(
  storage: RegistryStorage,
  workspace: string,
  writes: StorageWrite[],
): Promise<readonly StorageWritten[]> {
  const written = await storage.commit(workspace, writes)
  if (written === false) throw new Error('The storage refused a commit although all its conditions are true.')
  return written
}

export async function valueOf(
  storage: RegistryStorage,
  workspace: string,
  key: string,
): Promise<JsonValue | undefined> {
  const { records } = await storage.read(workspace, [key])
  return records[0]?.value
}

export async function increment(storage: RegistryStorage, workspace: string, key: string): Promise<void> {
  for (let attempt = 0; attempt < maxRounds; attempt++) {
    const [record] = (await storage.read(workspace, [key])).records
    if (record === undefined) throw new Error('The record is gone.')
    const value = Number(record.value) + 1
    if ((await storage.commit(workspace, [{ key, ifVersion: record.version, value }])) !== false) return
  }
  throw new Error('No commit succeeded, although each used the version that it had read.')
}

/** Reads all pages. */
export async function walk<Page extends { readonly next?: string | undefined }>(
  read: (after: { readonly after?: string | undefined }) => Promise<Page>,
): Promise<Page[]> {
  const pages = [await read({})]
  for (let after = pages[0]?.next; after !== undefined; after = pages.at(-1)?.next) {
    pages.push(await read({ after }))
    truthy(pages.at(-1)?.next !== after && pages.length < maxRounds, 'each page ends after the previous one')
  }
  return pages
}

export function keysOf(pages: readonly StorageListResult[]): string[] {
  return pages.flatMap(({ records }) => records.map(({ key }) => key))
}

export async function refusal(attempt: Promise<unknown>): Promise<void> {
  const error = await rejected(attempt)
  truthy(isIntegrationError(error) && error.code === 'invalid_input', 'it is refused with invalid_input')
}

/** All expired records of a workspace, and of workspaces with ids that start with its id. */
export async function expiredIn(storage: RegistryStorage, workspace: string, limit = 1000) {
  const pages = await walk((after) => storage.expired({ limit, ...after }))
  truthy(
    pages.every(({ records }) => records.length <= limit),
    'a page holds at most as many as asked',
  )
  return pages.flatMap(({ records }) => records).filter(({ workspaceId }) => workspaceId.startsWith(workspace))
}
