import type { RegistryStorage } from '../../ports/storage.js'
import type { Context } from '../state/context.js'
import type { IntegrationRecord } from '../state/records.js'
import { versioned } from '../state/read-record.js'
import { keys, prefixes } from '../state/keys.js'

/**
 * Follows commits of all processes if the storage reports them: a decision wakes the call that waits for it, and the
 * master switch ends running calls. Without reports, the next read finds the change.
 */
export function watchOthers(context: Context, storage: RegistryStorage): () => void {
  const unwatch = storage.watch?.(({ workspaceId, keys: changed }) => {
    if (changed === undefined || changed.some((key) => key.startsWith(prefixes.event))) context.live.wake(workspaceId)
    if (changed === undefined) {
      context.decisions.noticeAll()
      for (const id of context.calls.integrations(workspaceId))
        context.runInBackground(() => endIfOff(context, workspaceId, id), { workspaceId, integrationId: id })
      return
    }
    for (const key of changed) {
      if (key.startsWith(prefixes.approvals)) context.decisions.notice(key.slice(prefixes.approvals.length))
      else if (key.startsWith(prefixes.integrations)) {
        const id = key.slice(prefixes.integrations.length)
        if (context.calls.integrations(workspaceId).includes(id))
          context.runInBackground(() => endIfOff(context, workspaceId, id), { workspaceId, integrationId: id })
      }
    }
  })
  return unwatch ?? (() => {})
}

async function endIfOff(context: Context, workspaceId: string, id: string): Promise<void> {
  const { records } = await context.storage.read(workspaceId, [keys.integration(id)])
  const record = versioned<IntegrationRecord>(records[0])?.value
  if (record === undefined) context.calls.end(workspaceId, id, 'not_found')
  else if (!record.enabled) context.calls.end(workspaceId, id, 'integration_disabled')
}
