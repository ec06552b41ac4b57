import type { ActorContext } from '../state/context.js'
import { keys } from '../state/keys.js'
import { toJson, type ToolSettingsRecord } from '../state/records.js'
import type { WithTools } from './load-tools.js'

/** Commits changed settings, unless another writer was first. */
export async function commitSettings(
  context: ActorContext,
  { loaded, settings }: WithTools,
  tools: Readonly<Record<string, ToolSettingsRecord>>,
  what: { readonly action: 'configure_tools' | 'accept_tools'; readonly tools: readonly string[] },
) {
  const { workspaceId, userId } = context.actor
  const type = what.action === 'accept_tools' ? 'tools_accepted' : 'tools_configured'
  return context.feed.commit(workspaceId, {
    writes: [
      { key: keys.settings(loaded.id), ifVersion: settings?.version ?? null, value: toJson({ tools }) },
      // The person's right to change them.
      { key: keys.integration(loaded.id), ifVersion: loaded.version, check: true },
    ],
    events: [{ type, integrationId: loaded.id, tools: what.tools, by: userId }],
    audit: [{ action: what.action, userId, integrationId: loaded.id, changed: what.tools }],
  })
}

/** Defines the property, because assigning would fail for a tool with the name `__proto__`. */
export function define(tools: Record<string, ToolSettingsRecord>, name: string, value: ToolSettingsRecord): void {
  Object.defineProperty(tools, name, { value, enumerable: true, configurable: true, writable: true })
}
