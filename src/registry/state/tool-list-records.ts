import { sha256Hex } from '../../model/digest.js'
import { IntegrationError } from '../../model/errors.js'
import type { ServerInfo } from '../../model/integration.js'
import { recordLimits } from '../../model/record-limits.js'
import type { QuarantinedTool } from '../../model/tool.js'
import type { StorageRecordWrite, StorageWritten } from '../../ports/storage.js'
import type { Context } from './context.js'
import { keys, prefixes } from './keys.js'
import { deleteKeys } from './pages.js'
import { toJson, type ToolsRecord } from './records.js'
import { reportUnreadable, versioned } from './read-record.js'
import type { CredentialRef } from './refs.js'
import { retrying } from './retrying.js'
import { listText, type WrittenTool } from './tool-list-text.js'

/**
 * The records of a tool list: its manifest, and chunks that all equal lists of a workspace share. Each manifest's commit
 * writes a use of its chunks, and writes the chunks again even if they are stored: code that deletes unused chunks
 * deletes the versions that it read before searching for uses, so chunks that are used in the meantime stay.
 */

const chunkLength = 80_000
/** Shortest time between two background refreshes of a list, in ms, however short the server's own `ttlMs` is. */
const minListMs = 60_000

/** The writes that store what a server listed, for one commit that holds only while `previous` is stored. */
export function listWrites(
  integrationId: string,
  owner: string,
  listing: {
    readonly tools: readonly WrittenTool[]
    readonly quarantined: readonly QuarantinedTool[]
    readonly ttlMs?: number | undefined
    readonly server?: ServerInfo | undefined
  },
  options: {
    readonly now: number
    readonly maxBytes: number
    readonly previous?: ToolsRecord | undefined
    /** Whether the previous list could be read. If not, an equal one is written again. */
    readonly isReadable: boolean
  },
): {
  readonly writes: readonly StorageRecordWrite[]
  readonly manifest: ToolsRecord
  /** The hash of the previous list, if it was another: call {@link deleteUnusedChunks} with it after the commit. */
  readonly replaced: string | undefined
} {
  const { now, maxBytes, previous, isReadable } = options
  const text = listText(listing.tools)
  if (text.length > maxBytes)
    throw new IntegrationError(
      'response_too_large',
      `The server's tool list is larger than ${maxBytes} bytes. Raise limits.maxResponseBytes, or ask the server's author for a smaller list.`,
    )
  const { quarantined, server, ttlMs } = listing
  const hash = sha256Hex(text)
  const manifest: ToolsRecord = {
    hash,
    chunks: Math.ceil(text.length / chunkLength),
    count: listing.tools.length,
    quarantined: quarantined.slice(0, 100),
    server,
    listedAt: now,
    freshUntil: ttlMs === undefined || ttlMs === 0 ? undefined : now + Math.max(ttlMs, minListMs),
  }
  const manifestWrite = { key: keys.tools(integrationId, owner), value: toJson(manifest) }
  const replaced = previous?.hash === hash ? undefined : previous?.hash
  if (previous?.hash === hash && isReadable) return { manifest, writes: [manifestWrite], replaced: undefined }
  const chunks = Array.from({ length: manifest.chunks }, (_, n) => ({
    key: keys.chunk(hash, n),
    value: text.slice(n * chunkLength, (n + 1) * chunkLength),
  }))
  return {
    manifest,
    writes: [
      manifestWrite,
      { key: keys.chunkUse(hash, integrationId, owner), value: null },
      ...chunks,
      ...(replaced === undefined ? [] : endOfUse(replaced, { integrationId, owner }, now)),
    ],
    replaced,
  }
}

/** Deletes a tool list. Of one that can't be read, the chunks stay: other lists may share them. */
export async function eraseList(context: Context, ref: CredentialRef): Promise<void> {
  const { workspaceId, integrationId, owner } = ref
  try {
    await deleteList(context, ref)
  } catch (error) {
    reportUnreadable(context.report, workspaceId, error)
    await deleteKeys(context, workspaceId, [keys.tools(integrationId, owner)])
  }
}

/** Deletes the tool list of one integration and owner, and its chunks unless they are used elsewhere. */
async function deleteList(context: Context, ref: CredentialRef): Promise<void> {
  const { workspaceId, integrationId, owner } = ref
  const key = keys.tools(integrationId, owner)
  const replaced = await retrying('The tool list', async () => {
    const { records, now } = await context.storage.read(workspaceId, [key])
    const stored = versioned<ToolsRecord>(records[0])
    if (stored === undefined) return undefined
    const { hash } = stored.value
    const written = await context.storage.commit(workspaceId, [
      { key, ifVersion: stored.version, value: undefined },
      ...endOfUse(hash, ref, now),
    ])
    return written && { hash, written }
  })
  if (replaced !== undefined) await deleteUnusedChunks(context, workspaceId, replaced.hash, replaced.written)
}

/**
 * Deletes the chunks of a list that nothing uses. Safe at any time: chunks that are used in the meantime have other
 * versions than those that are deleted.
 *
 * @param written - the result of the commit that ended a use: has the version of the record by which the chunks are due
 */
export async function deleteUnusedChunks(
  { storage }: Pick<Context, 'storage'>,
  workspaceId: string,
  hash: string,
  written: readonly Pick<StorageWritten, 'key' | 'version'>[],
): Promise<void> {
  // In this order: a use that is not seen was committed, with new versions of the chunks, after these were read.
  const chunks = await storage.list({ workspaceId, prefix: prefixes.chunks(hash), limit: recordLimits.page })
  const uses = await storage.list({ workspaceId, prefix: prefixes.chunkUses(hash), limit: 1 })
  const due = written.filter(({ key }) => key === keys.due.chunks(hash))
  const deletes = [...(uses.records.length > 0 ? [] : chunks.records), ...due]
  for (let n = 0; n < deletes.length; n += recordLimits.writes) {
    const some = deletes.slice(n, n + recordLimits.writes)
    const deleted = await storage.commit(
      workspaceId,
      some.map(({ key, version }) => ({ key, ifVersion: version, value: undefined })),
    )
    // Another process has used the chunks, or ended another use, and takes over the rest.
    if (deleted === false) return
  }
}

/** Marks unused chunks for the next sweep, in case the process ends before it deletes them itself. */
function endOfUse(
  hash: string,
  { integrationId, owner }: Pick<CredentialRef, 'integrationId' | 'owner'>,
  now: number,
): readonly StorageRecordWrite[] {
  return [
    { key: keys.chunkUse(hash, integrationId, owner), value: undefined },
    { key: keys.due.chunks(hash), value: null, expiresAt: now },
  ]
}
