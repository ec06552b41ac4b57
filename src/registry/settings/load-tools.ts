import { sha256Hex } from '../../model/digest.js'
import { IntegrationError } from '../../model/errors.js'
import { load, ownerFor, type LoadedIntegration } from '../state/access.js'
import type { ActorContext } from '../state/context.js'
import { keys, ownerKey, sharedOwner } from '../state/keys.js'
import type { SettingsRecord, ToolsRecord } from '../state/records.js'
import { versioned, type Versioned } from '../state/read-record.js'
import type { ToolList } from '../state/tool-list-cache.js'

/** An integration with its stored tools. */
export interface WithTools {
  readonly loaded: LoadedIntegration
  readonly settings: Versioned<SettingsRecord> | undefined
  readonly manifest: ToolsRecord | undefined
  readonly list: ToolList | undefined
}

/**
 * Reads an integration with its stored tools, if the actor may do the operation.
 *
 * @throws IntegrationError `not_found`, `forbidden`, `conflict`
 */
export async function loadTools(
  context: ActorContext,
  id: string,
  operation: 'list_tools' | 'configure_tools' | 'accept_tools',
): Promise<WithTools> {
  const { actor } = context
  for (let tries = 0; tries < 3; tries++) {
    const loaded = await load(context, id, operation, [
      keys.settings(id),
      keys.tools(id, sharedOwner),
      keys.tools(id, ownerKey(actor.userId)),
    ])
    const owner = ownerFor(loaded.record, actor)
    const manifest = versioned<ToolsRecord>(loaded.others[owner === sharedOwner ? 1 : 2])?.value
    const settings = versioned<SettingsRecord>(loaded.others[0])
    if (manifest === undefined) return { loaded, settings, manifest, list: undefined }
    const [list] = await context.lists.load(actor.workspaceId, [manifest])
    if (list !== undefined) return { loaded, settings, manifest, list }
  }
  throw new IntegrationError('conflict', 'The tool list is being replaced at the moment. Try again.', {
    integrationId: id,
  })
}

/** The revision of the tools and their settings that a person reviews. */
export function revisionOf({ settings, manifest }: WithTools): string {
  return sha256Hex(`${settings?.version ?? ''}/${manifest?.hash ?? ''}`).slice(0, 32)
}

export function noSuchTool(name: string, { record, id }: LoadedIntegration): IntegrationError {
  return new IntegrationError(
    'tool_not_found',
    `Integration "${record.name}" has no tool "${String(name).slice(0, 64)}". Take names from tools().`,
    { integrationId: id },
  )
}
