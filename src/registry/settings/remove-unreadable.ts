import type { CheckedActor } from '../../model/actor.js'
import type { StorageRecord } from '../../ports/storage.js'
import type { Context } from '../state/context.js'
import { notFound } from '../state/errors.js'
import { isHandleOf } from '../state/handles.js'
import { keys, prefixes } from '../state/keys.js'
import { pages } from '../state/pages.js'
import { isUnreadable } from '../state/read-record.js'
import { toJson, type DueRemovalRecord } from '../state/records.js'

/** Without its record, nobody's rights to an integration are known: only an admin can remove it. @throws every other error */
export function unreadableFor({ role }: CheckedActor): (error: unknown) => 'unreadable' {
  return (error) => {
    if (role === 'admin' && isUnreadable(error)) return 'unreadable'
    throw error
  }
}

/**
 * The one commit that removes an integration whose record can't be read. Who could see it is known from the indexes.
 *
 * @returns its handle; its id if no record has the handle; `false` if another writer was first
 */
export async function markUnreadableRemoved(
  context: Context,
  workspaceId: string,
  id: string,
  by?: string,
): Promise<string | false> {
  const { records, now } = await context.storage.read(workspaceId, [keys.integration(id), keys.visibleToAll(id)])
  const [record, toAll] = records
  if (record === undefined) throw notFound('integration', id)
  const handle = await findKey(context, workspaceId, prefixes.handles, (stored) => isHandleOf(stored, id))
  const toOne = await findKey(context, workspaceId, prefixes.visibleToOne, ({ key }) => key.endsWith(`/${id}`))
  const removal: DueRemovalRecord = { handle: handle?.slice(prefixes.handles.length) ?? id, removedAt: now }
  const visibility = toAll === undefined ? 'private' : 'workspace'
  const written = await context.feed.commit(workspaceId, {
    writes: [
      { key: keys.integration(id), ifVersion: record.version, value: undefined },
      { key: keys.visibleToAll(id), value: undefined },
      ...(toOne === undefined ? [] : [{ key: toOne, value: undefined }]),
      { key: keys.due.removal(id), value: toJson(removal), expiresAt: now },
    ],
    events: [{ type: 'integration_removed', integrationId: id, ownerId: '', visibility, by }],
    audit: [{ action: 'remove', integrationId: id, userId: by }],
  })
  return written !== false && removal.handle
}

async function findKey(
  context: Context,
  workspaceId: string,
  prefix: string,
  which: (record: StorageRecord) => boolean,
): Promise<string | undefined> {
  for await (const { records } of pages(context.storage, { workspaceId, prefix, limit: 1000 })) {
    const found = records.find(which)
    if (found !== undefined) return found.key
  }
  return undefined
}
