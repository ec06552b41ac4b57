import { updateInput } from '../../model/input.js'
import { parse } from '../../model/parse.js'
import type { Integration } from '../../model/integration.js'
import type { Operation } from '../../policy/access.js'
import { checkAgents } from '../state/host-lists.js'
import { endOpenApprovals } from '../gate/end-approvals.js'
import { endForAgents } from '../gate/end-for-agents.js'
import { checkTarget } from './refresh-tools.js'
import type { ActorContext } from '../state/context.js'
import { ownersOf, sharedSecrets, eraseAllCredentials } from './drop-credential.js'
import { planEdit, type Edit, type UpdateInput } from './plan-edit.js'
import { retrying } from '../state/retrying.js'
import { eraseCredential, forgetSecret } from './erase-credential.js'
import { endGrants } from '../gate/grants.js'
import { load } from '../state/access.js'
import { getIntegration } from './integrations.js'
import { toJson, type HeadersRecord } from '../state/records.js'
import { versioned } from '../state/read-record.js'
import { keys, ownerKey, sharedOwner } from '../state/keys.js'
import { conflict } from '../state/errors.js'
import { poolPrefix } from '../servers/use-server.js'
import { targetFrom, targetKeys } from '../state/target.js'
import { givenFor } from './given-for.js'

/**
 * Edits an integration in one commit.
 *
 * @throws IntegrationError `invalid_input`, `not_found`, `forbidden`, `url_refused`, `conflict` (`ifRevision` is not
 * the current revision, the headers were given for another server, or another writer was first again and again)
 */
export async function update(
  context: ActorContext,
  id: string,
  input: UpdateInput,
  options: { readonly ifRevision?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<Integration> {
  const { actor } = context
  const wanted = parse('update()', updateInput, input)
  const operation: Operation =
    wanted.url !== undefined || wanted.headers !== undefined || wanted.credentials !== undefined
      ? 'set_endpoint'
      : 'update'
  if (wanted.agents !== undefined) await checkAgents(context, actor.workspaceId, wanted.agents, 'update()')
  const originFor = givenFor()
  const { before, edit } = await retrying('The integration', async () => {
    const loaded = await load(context, id, operation, [
      keys.headers(id, sharedOwner),
      keys.settings(id),
      ...sharedSecrets(id),
    ])
    if (options.ifRevision !== undefined && options.ifRevision !== loaded.record.revision)
      throw conflict(`Integration "${loaded.record.name}"`)
    if (wanted.headers !== undefined && wanted.url === undefined) originFor(loaded.record)
    const planned = await planEdit(context, loaded, wanted)
    const { changed } = planned
    if (changed.length === 0) return { before: loaded, edit: planned }
    const done = await context.feed.commit(actor.workspaceId, {
      writes: [
        { key: keys.integration(id), ifVersion: loaded.version, value: toJson(planned.record) },
        ...planned.writes,
      ],
      events: [{ type: 'integration_updated', integrationId: id, changed, by: actor.userId }],
      audit: [{ action: 'update', userId: actor.userId, integrationId: id, changed }],
    })
    return done && { before: loaded, edit: planned }
  })
  if (edit.changed.includes('headers')) {
    const about = { workspaceId: actor.workspaceId, integrationId: id }
    await forgetSecret(context, versioned<HeadersRecord>(before.others[0])?.value, about)
  }
  await afterEdit(context, id, edit)
  if (['url', 'headers', 'credentials'].some((field) => edit.changed.includes(field)))
    await checkEdited(context, id, options.signal)
  return getIntegration(context, id)
}

/** The work after an edit. It isn't urgent, because every call reads again before it is sent. */
async function afterEdit(
  context: ActorContext,
  id: string,
  { rebinds, agentsTaken, dropped, record, changed }: Edit,
): Promise<void> {
  const { actor } = context
  const { workspaceId } = actor
  const isPrivateNow = changed.includes('visibility') && record.visibility === 'private'
  const isSharedNow = changed.includes('credentials') && record.credentials === 'shared'
  if (isPrivateNow) {
    const others = (userId: string): boolean => userId !== record.ownerId
    await endOpenApprovals(context, workspaceId, id, {
      to: 'cancelled',
      reason: 'The integration is private now.',
      only: (approval) => others(approval.request.userId),
    })
    await endGrants(context, workspaceId, id, (grant) => others(grant.userId))
  }
  if (isPrivateNow || isSharedNow)
    // The other people can no longer revoke their credentials themselves.
    for (const owner of await ownersOf(context, workspaceId, id))
      if (owner !== ownerKey(record.ownerId)) {
        const withStatus = { writes: [{ key: keys.status(id, owner), value: undefined }] }
        await eraseCredential(context, { workspaceId, integrationId: id, owner }, withStatus)
      }
  if (changed.includes('headers') || rebinds) await context.pool.retireKeys(poolPrefix(workspaceId, id))
  if (!rebinds) {
    if (agentsTaken.length > 0) await endForAgents(context, workspaceId, id, (agentId) => agentsTaken.includes(agentId))
    return
  }
  await endOpenApprovals(context, workspaceId, id, { to: 'superseded', reason: 'The integration was changed.' })
  await endGrants(context, workspaceId, id)
  if (dropped !== undefined) await eraseAllCredentials(context, workspaceId, id, dropped)
}

/**
 * Checks the edited integration. Its status shows the result: an unreachable server or a needed sign-in doesn't undo
 * the edit.
 */
async function checkEdited(context: ActorContext, id: string, signal: AbortSignal | undefined): Promise<void> {
  const { actor } = context
  const { record, others } = await load(context, id, 'get', targetKeys(id, actor))
  await checkTarget(context, targetFrom(actor, id, record, others), {
    bypassBreaker: true,
    fresh: true,
    signal,
  })
}
