import { isIntegrationError } from '../../model/errors.js'
import { invalid } from '../../model/input.js'
import type { JsonValue } from '../../model/json.js'
import type { SecretContext } from '../../ports/credential-vault.js'
import type { StorageRecord, StorageWrite } from '../../ports/storage.js'
import { endApprovalsOf, move, statusNow } from '../gate/approvals.js'
import type { Context } from '../state/context.js'
import { retrying } from '../state/event-feed.js'
import { endSignIns, eraseCredential, eraseIntegration, revokeLeftover } from '../settings/erase-credential.js'
import { idsUnder } from '../state/pages.js'
import {
  versioned,
  toJson,
  keys,
  ownerKey,
  prefixes,
  type ApprovalRecord,
  type IntegrationRecord,
  type RemovedRecord,
  type StatusRecord,
} from '../state/records.js'
import { bury, finishRemoval } from '../settings/remove.js'
import { poolPrefix } from '../servers/use-server.js'

/** What a sweep did. */
export interface SweepReport {
  /** Records past their time that were deleted. */
  readonly expired: number
  /** Approvals that were filed as expired or unknown. */
  readonly approvals: number
  /** Removals that a dead process had left half done, or after which something late was written. */
  readonly removals: number
  /** Integrations that never were connected, and whose sign-in ran out. */
  readonly abandoned: number
}

/** How far `resealAll()` came. */
export interface ResealReport {
  readonly resealed: number
  readonly current: number
  /** Sealed under a key that is not given, or changed: left as they are. */
  readonly unreadable: number
}

/** `sweep()`: finishes what time or a dead process left. Safe at any time, in any number of processes. */
export async function sweep(context: Context): Promise<SweepReport> {
  const report = { expired: 0, approvals: 0, removals: 0, abandoned: 0 }
  await eachRecord(context, prefixes.approvals, false, async ({ workspaceId, key, version, value }, now) => {
    const record = value as unknown as ApprovalRecord
    const status = statusNow(record, now)
    if (status === record.status) return
    const reason = status === 'unknown' ? 'Its process ended before the answer came.' : 'Nobody used it in time.'
    if (await move(context, workspaceId, { key, version, value: record }, status, { reason })) report.approvals++
  })
  await eachRecord(context, prefixes.removed, false, async ({ workspaceId, key, value }) => {
    await finishRemoval(
      context,
      workspaceId,
      key.slice(prefixes.removed.length),
      (value as unknown as RemovedRecord).handle,
    )
    report.removals++
  })
  await eachRecord(context, prefixes.unrevoked, false, ({ workspaceId, key, value }) =>
    revokeLeftover(context, workspaceId, key, value),
  )
  report.removals += await eraseOrphans(context)
  await eachRecord(context, prefixes.integrations, false, async ({ workspaceId, key, value, version }, now) => {
    const record = value as unknown as IntegrationRecord
    if (record.established || now - record.updatedAt < 600_000) return
    const id = key.slice(prefixes.integrations.length)
    const statuses = await context.storage.list({ workspaceId, prefix: `status/${id}/`, limit: 1000 })
    const waiting = statuses.records.some((status) => {
      const { reason, until } = versioned<StatusRecord>(status)!.value
      return reason === 'awaiting_authorization' && now < (until ?? 0)
    })
    if (waiting || !(await bury(context, workspaceId, id, record, version, now))) return
    await finishRemoval(context, workspaceId, id, record.handle)
    report.abandoned++
  })
  await eachRecord(context, '', true, async ({ workspaceId, key, version, expiresAt }, now) => {
    if (expiresAt === undefined || now < expiresAt) return
    if ((await context.storage.commit(workspaceId, [{ key, ifVersion: version, value: undefined }])) !== false)
      report.expired++
  })
  return report
}

/** Erases what a check, a call or a person's edit, then under way, wrote of an integration after its removal. */
async function eraseOrphans(context: Context): Promise<number> {
  const looked = new Set<string>()
  let erased = 0
  for (const kind of ['status', 'settings', 'tools', 'server', 'headers', 'credential'])
    await eachRecord(context, `${kind}/`, false, async ({ workspaceId, key }) => {
      const id = key.split('/')[1]!
      const name = `${id}\n${workspaceId}`
      if (looked.has(name)) return
      looked.add(name)
      const { records } = await context.storage.read(workspaceId, [keys.integration(id)])
      if (records[0] !== undefined) return
      await eraseIntegration(context, workspaceId, id, id)
      erased++
    })
  return erased
}

/**
 * `forgetUser()`: removes a person's private integrations, revokes and erases their own credentials, ends their approvals
 * and grants. Shared integrations stay; those they own can then be managed by admins only, unless `transferTo` is given.
 */
export async function forgetUser(
  context: Context,
  who: { readonly workspaceId: string; readonly userId: string; readonly transferTo?: string | undefined },
): Promise<void> {
  const { workspaceId, userId, transferTo = '' } = who
  if (typeof workspaceId !== 'string' || typeof userId !== 'string' || userId === '' || workspaceId === '')
    throw invalid('forgetUser()', [{ path: '', message: 'needs workspaceId and userId' }])
  const owner = ownerKey(userId)
  await endApprovalsOf(context, workspaceId, userId, 'The person has left the workspace.')
  for (const id of await idsUnder(context, { workspaceId }, prefixes.integrations)) {
    await retrying('The integration', async () => {
      const { records, now } = await context.storage.read(workspaceId, [keys.integration(id)])
      const stored = versioned<IntegrationRecord>(records[0])
      if (stored === undefined || stored.value.ownerId !== userId) return true
      if (stored.value.visibility === 'private') {
        if (!(await bury(context, workspaceId, id, stored.value, stored.version, now))) return false
        await finishRemoval(context, workspaceId, id, stored.value.handle)
        return true
      }
      return context.feed.commit(workspaceId, {
        writes: [
          {
            key: keys.integration(id),
            ifVersion: stored.version,
            value: toJson({
              ...stored.value,
              ownerId: transferTo,
              revision: stored.value.revision + 1,
              updatedAt: now,
            }),
          },
        ],
        events: [{ type: 'integration_updated', integrationId: id, changed: ['owner'] }],
        audit: [{ action: 'transfer_owner', integrationId: id }],
      })
    })
    await eraseCredential(context, workspaceId, id, owner)
    await context.storage.commit(workspaceId, [
      { key: keys.status(id, owner), value: undefined },
      { key: keys.tools(id, owner), value: undefined },
    ])
    await deleteUnder(context, workspaceId, `chunk/${id}/${owner}/`)
    await context.pool.closeKeys(poolPrefix(workspaceId, id, owner))
  }
  await endSignIns(context, workspaceId, (flow) => flow.userId === userId)
  await deleteUnder(context, workspaceId, prefixes.grants(userId))
  await deleteUnder(context, workspaceId, prefixes.approvals, (record) => {
    return (record.value as unknown as ApprovalRecord).request.userId === userId
  })
}

/** `forgetWorkspace()`: revokes every token and erases every record of a workspace, its events and audit too. */
export async function forgetWorkspace(context: Context, workspaceId: string): Promise<void> {
  if (typeof workspaceId !== 'string' || workspaceId === '')
    throw invalid('forgetWorkspace()', [{ path: 'workspaceId', message: 'must be the id of a workspace' }])
  for (const id of await idsUnder(context, { workspaceId }, prefixes.integrations)) {
    const { records } = await context.storage.read(workspaceId, [keys.integration(id)])
    const handle = versioned<IntegrationRecord>(records[0])?.value.handle
    await context.storage.commit(workspaceId, [{ key: keys.integration(id), value: undefined }])
    context.calls.end(workspaceId, id, 'not_found')
    await context.pool.closeKeys(poolPrefix(workspaceId, id))
    await eraseIntegration(context, workspaceId, id, handle ?? id)
  }
  await deleteUnder(context, workspaceId, '')
}

/** `resealAll()`: seals every secret with the current key. Resumes by itself after a kill: what is current is passed over. */
export async function resealAll(context: Context): Promise<ResealReport> {
  const report = { resealed: 0, current: 0, unreadable: 0 }
  await eachSealed(context, async (record, secret) => {
    const { sealed } = record.value as { sealed: string }
    const { vault } = context
    if (vault.currentKey !== undefined && vault.keyOf !== undefined && vault.keyOf(sealed) === vault.currentKey()) {
      report.current++
      return
    }
    try {
      const again = await vault.seal(await vault.open(sealed, secret), secret)
      const { workspaceId, key, version, expiresAt } = record
      const written = await context.storage.commit(workspaceId, [
        {
          key,
          ifVersion: version,
          value: { ...(record.value as object), sealed: again } as JsonValue,
          expiresAt,
        },
      ])
      // Somebody wrote first, with the current key: what was sealed here is of no use.
      await vault.destroy?.(written === false ? again : sealed).catch(() => {})
      if (written !== false) report.resealed++
    } catch (error) {
      if (!isIntegrationError(error) || error.code !== 'credential_unreadable') throw error
      report.unreadable++
    }
  })
  return report
}

/** `keyUsage()`: how many stored secrets depend on each key, so that an operator knows when one may go. */
export async function keyUsage(context: Context): Promise<Readonly<Record<string, number>>> {
  const usage = new Map<string, number>()
  await eachSealed(context, async (record) => {
    const key = context.vault.keyOf?.((record.value as { sealed: string }).sealed) ?? 'unknown'
    usage.set(key, (usage.get(key) ?? 0) + 1)
  })
  return Object.fromEntries(usage)
}

type Scanned = StorageRecord & { readonly workspaceId: string }

async function eachRecord(
  context: Context,
  prefix: string,
  expired: boolean,
  visit: (record: Scanned, now: number) => Promise<void>,
): Promise<void> {
  for (let after: string | undefined; ;) {
    const page = await context.storage.scan({ prefix, limit: 500, expired, after })
    for (const record of page.records) await visit(record, page.now)
    if (page.next === undefined) return
    after = page.next
  }
}

/** The records that hold secrets, each with the context it was sealed with. */
async function eachSealed(
  context: Context,
  visit: (record: Scanned, secret: SecretContext) => Promise<void>,
): Promise<void> {
  const fields = {
    headers: 'headers',
    credential: 'tokens',
    unrevoked: 'tokens',
    client: 'client',
    'oauth-settings': 'oauth',
  } as const
  for (const [kind, field] of Object.entries(fields))
    await eachRecord(context, `${kind}/`, false, async (record) => {
      const [, integrationId = '', owner = '_'] = record.key.split('/')
      await visit(record, { workspaceId: record.workspaceId, integrationId, owner, field })
    })
  await eachRecord(context, 'flow/', false, async (record) => {
    const { integrationId, userId } = record.value as { integrationId: string; userId: string }
    await visit(record, { workspaceId: record.workspaceId, integrationId, owner: userId, field: 'flow' })
  })
}

async function deleteUnder(
  context: Context,
  workspaceId: string,
  prefix: string,
  which: (record: StorageRecord) => boolean = () => true,
): Promise<void> {
  for (let after: string | undefined; ;) {
    const page = await context.storage.list({
      workspaceId,
      prefix,
      limit: 100,
      after,
    })
    const writes = page.records.filter(which).map(({ key }): StorageWrite => ({ key, value: undefined }))
    if (writes.length > 0) await context.storage.commit(workspaceId, writes)
    if (page.next === undefined) return
    after = page.next
  }
}
