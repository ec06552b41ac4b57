import type { Integration } from '../../model/integration.js'
import { endOpenApprovals } from '../gate/end-approvals.js'
import type { ActorContext } from '../state/context.js'
import { conflict } from '../state/errors.js'
import { retrying } from '../state/retrying.js'
import { endGrants } from '../gate/grants.js'
import { load } from '../state/access.js'
import { getIntegration } from './integrations.js'
import { toJson } from '../state/records.js'
import { check, hostShapes } from '../state/verb-shapes.js'
import { keys } from '../state/keys.js'

/**
 * `trust()`: sets whether the server's annotations are trusted. Ends approvals and grants given under the previous
 * setting.
 */
export async function setTrusted(
  context: ActorContext,
  id: string,
  trusted: boolean,
  { ifRevision }: { readonly ifRevision?: number | undefined } = {},
): Promise<Integration> {
  const { actor } = context
  check('trust()', hostShapes.trust, { trusted })
  const outcome = await retrying('The integration', async () => {
    const { record, version, now } = await load(context, id, 'trust')
    if (ifRevision !== undefined && ifRevision !== record.revision) throw conflict(`Integration "${record.name}"`)
    if (record.trusted === trusted) return 'as_before'
    const done = await context.feed.commit(actor.workspaceId, {
      writes: [
        {
          key: keys.integration(id),
          ifVersion: version,
          value: toJson({
            ...record,
            trusted,
            bindingRevision: record.bindingRevision + 1,
            revision: record.revision + 1,
            updatedAt: now,
          }),
        },
      ],
      events: [{ type: 'integration_updated', integrationId: id, changed: ['trusted'], by: actor.userId }],
      audit: [{ action: 'trust', userId: actor.userId, integrationId: id, changed: [String(trusted)] }],
    })
    return done && 'changed'
  })
  if (outcome === 'changed') {
    await endOpenApprovals(context, actor.workspaceId, id, {
      to: 'superseded',
      reason: 'The trust in the server was changed.',
    })
    await endGrants(context, actor.workspaceId, id)
  }
  return getIntegration(context, id)
}
