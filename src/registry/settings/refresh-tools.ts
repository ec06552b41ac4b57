import { isIntegrationError } from '../../model/errors.js'
import { statusReasons, type StatusReason } from '../../model/integration.js'
import { AuthorizationRequired } from '../../oauth/authorized-fetch.js'
import type { Connection } from '../../mcp/connection.js'
import { endOpenApprovals } from '../gate/end-approvals.js'
import type { Context } from '../state/context.js'
import { retrying } from '../state/retrying.js'
import type { IntegrationRecord, SettingsRecord, StatusRecord, ToolsRecord } from '../state/records.js'
import { versioned } from '../state/read-record.js'
import { keys, sharedOwner } from '../state/keys.js'
import { useServer, type UseServerOptions } from '../servers/use-server.js'
import { deleteUnusedChunks } from '../state/tool-list-records.js'
import { targetFrom, targetKeys, type ListOwner, type Target } from '../state/target.js'
import { reasonOf, statusChange } from '../servers/status.js'
import { prepareListing } from './prepare-listing.js'

/**
 * Lists a server's tools with the real credential and stores the result: tools, changes, status and events in one
 * commit. An integration is *connected* if this succeeds.
 *
 * @throws AuthorizationRequired, IntegrationError
 */
export async function refreshTools(context: Context, target: Target, options: UseServerOptions = {}): Promise<void> {
  const { listing, protocolVersion } = await useServer(
    context,
    target,
    (connection) => listAll(context, connection, options.signal),
    { ...options, elicits: context.options.elicit !== undefined && declaresFreely(target) },
  )
  const { workspaceId, integrationId, owner, userId } = target
  await retrying(`Integration "${target.record.name}"`, async () => {
    const { records, now } = await context.storage.read(workspaceId, [
      keys.integration(integrationId),
      keys.settings(integrationId),
      keys.tools(integrationId, owner),
      keys.status(integrationId, owner),
    ])
    const record = versioned<IntegrationRecord>(records[0])
    // The integration was removed or edited in the meantime, so this list is obsolete.
    if (record === undefined || record.value.bindingRevision !== target.record.bindingRevision) return true
    const known = versioned<StatusRecord>(records[3])?.value
    // Another account was signed in in the meantime, and this list belongs to the previous account.
    if (known?.signIn !== target.status?.signIn) return true
    const stored = {
      settings: versioned<SettingsRecord>(records[1]),
      manifest: versioned<ToolsRecord>(records[2])?.value,
    }
    const prepared = await prepareListing(context, { workspaceId, integrationId, owner, userId }, listing, stored, {
      now,
    })
    const status = statusChange(
      { integrationId, owner, userId },
      known,
      isFoundByCall(known, target) ? { ...known, protocolVersion } : { reason: 'ok', protocolVersion },
      { now },
    )
    const manifestKey = keys.tools(integrationId, owner)
    const writes = prepared.writes.map((write) =>
      write.key === manifestKey ? { ...write, ifVersion: records[2]?.version ?? null } : write,
    )
    const done = await context.feed.commit(workspaceId, {
      writes: [...writes, ...status.writes],
      events: [...status.events, ...prepared.events],
    })
    if (done === false) return false
    const { replaced } = prepared
    if (replaced !== undefined)
      context.runInBackground(() => deleteUnusedChunks(context, workspaceId, replaced, done), target)
    if (prepared.events.length > 0) await supersedeChanged(context, target, prepared.bindingHashes)
    return true
  })
}

/** Result of a check, already stored as the status. */
export type CheckResult =
  | { readonly type: 'works' }
  /** The tools can be listed, but a call has found that a person is needed. */
  | { readonly type: 'stands' }
  /** `refused`: the server asks for authorization, with its challenge. */
  | { readonly type: 'failed'; readonly reason: StatusReason; readonly refused?: AuthorizationRequired | undefined }

/**
 * Checks an integration with the real credential and a real `tools/list`. A server error becomes the status and isn't
 * thrown.
 */
export async function checkTarget(context: Context, target: Target, options: UseServerOptions): Promise<CheckResult> {
  try {
    await refreshTools(context, target, options)
    return { type: isFoundByCall(target.status, target) ? 'stands' : 'works' }
  } catch (error) {
    const refused = error instanceof AuthorizationRequired ? error : undefined
    const reason = refused?.reason ?? reasonOf(error)
    if (reason === undefined) throw error
    const serverMessage = isIntegrationError(error) ? error.serverMessage : undefined
    await recordStatus(context, target, { reason, scopes: refused?.scopes, serverMessage })
    return { type: 'failed', reason, refused }
  }
}

/** Lists the tools of an integration again, as it is stored now; of a removed one, nothing. */
export async function refreshInBackground(context: Context, list: ListOwner): Promise<CheckResult | undefined> {
  const { workspaceId, integrationId } = list
  const { records } = await context.storage.read(workspaceId, [
    keys.integration(integrationId),
    ...targetKeys(integrationId, list),
  ])
  const record = versioned<IntegrationRecord>(records[0])?.value
  if (record === undefined) return undefined
  return checkTarget(context, targetFrom(list, integrationId, record, records.slice(1)), { background: true })
}

/** Stores the result of a check as the status, unless another writer changed the status in the meantime. */
export async function recordStatus(
  context: Context,
  { workspaceId, integrationId, owner, userId, status: known }: Target,
  found: Pick<StatusRecord, 'reason' | 'scopes' | 'serverMessage'>,
): Promise<void> {
  const { records, now } = await context.storage.read(workspaceId, [keys.status(integrationId, owner)])
  const before = versioned<StatusRecord>(records[0])?.value
  // The other writer (a sign-in, a token refresh) had newer information.
  if (before?.reason !== known?.reason) return
  const status = statusChange({ integrationId, owner, userId }, before, found, { now })
  if (status.writes.length > 0) await context.feed.commit(workspaceId, status)
}

/** Whether a call with the current credential needed a person. A working `tools/list` doesn't change that. */
function isFoundByCall(status: StatusRecord | undefined, target: Target): status is StatusRecord {
  return (
    status !== undefined &&
    status.foundByCall === target.credential &&
    statusReasons[status.reason] === 'reconnect_required'
  )
}

/**
 * Some tools are listed only to clients that declare elicitation. Where capabilities are declared per request, that is
 * free; an older server would need a separate session.
 */
function declaresFreely({ server }: Target): boolean {
  return server?.profile.era === 'modern' && server.profile.transport === 'streamable-http'
}

/** Supersedes pending approvals of tools that changed or disappeared. */
async function supersedeChanged(
  context: Context,
  target: Target,
  bindingHashes: ReadonlyMap<string, string>,
): Promise<void> {
  const { workspaceId, integrationId, owner, userId } = target
  await endOpenApprovals(context, workspaceId, integrationId, {
    to: 'superseded',
    reason: 'The tool has changed.',
    only: ({ binding, request }) =>
      bindingHashes.get(binding.tool) !== binding.definitionHash &&
      (owner === sharedOwner || request.userId === userId),
  })
}

/** Lists all tools of a server, within the limits. */
export async function listAll(context: Context, connection: Connection, signal: AbortSignal | undefined) {
  const { connectTimeoutMs, maxTools, maxResponseBytes } = context.options.limits
  const listing = await connection.listTools({
    timeoutMs: connectTimeoutMs,
    maxTools,
    maxCharacters: maxResponseBytes,
    signal,
  })
  const { profile } = connection
  return { listing: { ...listing, server: profile.server }, protocolVersion: profile.protocolVersion, profile }
}
