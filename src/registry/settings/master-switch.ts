import type { Integration } from '../../model/integration.js'
import { endOpenApprovals } from '../gate/end-approvals.js'
import type { ActorContext } from '../state/context.js'
import { retrying } from '../state/retrying.js'
import { load } from '../state/access.js'
import { getIntegration } from './integrations.js'
import { toJson } from '../state/records.js'
import { keys } from '../state/keys.js'

/** `enable()` and `disable()`. Turning off takes effect at once, also for running calls, and deletes nothing. */
export async function setEnabled(context: ActorContext, id: string, enabled: boolean): Promise<Integration> {
  const { actor } = context
  await retrying('The integration', async () => {
    const { record, version, now } = await load(context, id, enabled ? 'enable' : 'disable')
    if (record.enabled === enabled) return true
    return context.feed.commit(actor.workspaceId, {
      writes: [
        {
          key: keys.integration(id),
          ifVersion: version,
          value: toJson({ ...record, enabled, revision: record.revision + 1, updatedAt: now }),
        },
      ],
      events: [{ type: enabled ? 'integration_enabled' : 'integration_disabled', integrationId: id, by: actor.userId }],
      audit: [{ action: enabled ? 'enable' : 'disable', userId: actor.userId, integrationId: id }],
    })
  })
  if (!enabled) {
    context.calls.end(actor.workspaceId, id, 'integration_disabled')
    await endOpenApprovals(context, actor.workspaceId, id, {
      to: 'cancelled',
      reason: 'The integration was turned off.',
    })
  }
  return getIntegration(context, id)
}
