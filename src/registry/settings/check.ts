import { AuthorizationRequired } from '../../oauth/authorized-fetch.js'
import type { StatusReason } from '../../model/integration.js'
import type { Context } from '../state/context.js'
import { versioned, keys, type StatusRecord } from '../state/records.js'
import { refreshTools } from './refresh-tools.js'
import { reasonOf, statusChange } from '../servers/status.js'
import type { UseServerOptions } from '../servers/use-server.js'
import type { Target } from '../state/target.js'

/** How a check ended; it is filed as the status already. */
export type CheckResult =
  | { readonly type: 'works' }
  /** `refused`: the server asks for authorization, and how. */
  | { readonly type: 'failed'; readonly reason: StatusReason; readonly refused?: AuthorizationRequired | undefined }

/**
 * Checks an integration with the real credential and a real `tools/list`. A fault of the server is the status, not a throw.
 */
export async function check(context: Context, target: Target, options: UseServerOptions): Promise<CheckResult> {
  try {
    await refreshTools(context, target, options)
    return { type: 'works' }
  } catch (error) {
    const refused = error instanceof AuthorizationRequired ? error : undefined
    const reason = refused?.reason ?? reasonOf(error)
    if (reason === undefined) throw error
    await fileStatus(context, target, reason, refused?.scopes)
    return { type: 'failed', reason, refused }
  }
}

async function fileStatus(
  context: Context,
  { workspaceId, integrationId, owner, userId, status: known }: Target,
  reason: StatusReason,
  scopes: readonly string[] | undefined,
): Promise<void> {
  const { records, now } = await context.storage.read(workspaceId, [keys.status(integrationId, owner)])
  const before = versioned<StatusRecord>(records[0])?.value
  // Whoever wrote it while we asked, a sign-in or a refresh of the token, knew more.
  if (before?.reason !== known?.reason) return
  const status = statusChange({ integrationId, owner, userId }, before, { reason, scopes }, now)
  if (status.writes.length > 0) await context.feed.commit(workspaceId, status)
}
