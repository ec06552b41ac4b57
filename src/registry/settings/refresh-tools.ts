import type { Connection } from '../../mcp/connection.js'
import type { ToolDefinition } from '../../model/tool.js'
import { definitionHash } from '../../policy/tool-definition.js'
import { endOpenApprovals } from '../gate/approvals.js'
import type { Context } from '../state/context.js'
import { retrying } from '../state/event-feed.js'
import {
  versioned,
  toJson,
  keys,
  sharedOwner,
  type IntegrationRecord,
  type SettingsRecord,
  type StatusRecord,
  type ToolsRecord,
} from '../state/records.js'
import { useServer, type UseServerOptions } from '../servers/use-server.js'
import { type Target } from '../state/target.js'
import { statusChange } from '../servers/status.js'
import { fileListing } from '../gate/tool-changes.js'

/**
 * Lists a server's tools with the real credential and files what was found: tools, changes, status and news in one commit.
 * This is what *connected* means.
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
    // Removed, or pointed elsewhere, while we listed: what we have is of no use.
    if (record === undefined || record.value.bindingRevision !== target.record.bindingRevision) return true
    const known = {
      settings: versioned<SettingsRecord>(records[1]),
      manifest: versioned<ToolsRecord>(records[2])?.value,
    }
    const filed = await fileListing(
      context,
      { workspaceId, integrationId, owner, userId, perUser: owner !== sharedOwner },
      listing,
      known,
      { now },
    )
    const status = statusChange(
      { integrationId, owner, userId },
      versioned<StatusRecord>(records[3])?.value,
      { reason: 'ok', protocolVersion },
      now,
    )
    const manifestKey = keys.tools(integrationId, owner)
    const writes = filed.writes.map((write) =>
      'key' in write && write.key === manifestKey ? { ...write, ifVersion: records[2]?.version ?? null } : write,
    )
    const done = await context.feed.commit(workspaceId, {
      writes: [...writes, ...status.writes],
      events: [...status.events, ...filed.events],
    })
    if (done === false) return false
    const ifVersion = done.find(({ key }) => key === manifestKey)!.version!
    if (filed.stale.length > 0)
      // Only while ours is the list that counts: the one after it may be the old one again.
      context.runInBackground(() =>
        context.storage.commit(workspaceId, [
          { key: manifestKey, ifVersion, value: toJson(filed.manifest) },
          ...filed.stale,
        ]),
      )
    if (filed.events.length > 0) await supersedeChanged(context, target, listing.tools)
    return true
  })
}

/**
 * Some tools are listed only to clients that declare elicitation. Where each request declares for itself, that costs
 * nothing; an older server would need a session of its own for it.
 */
function declaresFreely({ server }: Target): boolean {
  return server?.verdict.era === 'modern' && server.verdict.transport === 'streamable-http'
}

/** What waits for a decision about a tool that is another one now, or gone, need not be decided any more. */
async function supersedeChanged(context: Context, target: Target, tools: readonly ToolDefinition[]): Promise<void> {
  const { workspaceId, integrationId, owner, userId } = target
  const hashes = new Map(tools.map((tool) => [tool.name, definitionHash(tool)]))
  await endOpenApprovals(
    context,
    workspaceId,
    integrationId,
    'superseded',
    'The tool has changed.',
    ({ binding, request }) =>
      hashes.get(binding.tool) !== binding.definitionHash && (owner === sharedOwner || request.userId === userId),
  )
}

/** Everything a server offers, within bounds. */
export async function listAll(context: Context, connection: Connection, signal: AbortSignal | undefined) {
  const { connectTimeoutMs, maxTools } = context.options.limits
  const listing = await connection.listTools({
    timeoutMs: connectTimeoutMs,
    maxTools,
    signal,
  })
  return { listing, protocolVersion: connection.verdict.protocolVersion, verdict: connection.verdict }
}
