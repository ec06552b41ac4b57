import type { TakenArguments } from '../../policy/arguments.js'
import type { ApprovalBinding } from '../../policy/binding.js'
import type { StorageCheck, StorageRecord } from '../../ports/storage.js'
import type { SettingsRecord, ToolsRecord } from '../state/records.js'
import type { Target } from '../state/target.js'
import type { NamedTool } from '../state/tool-list-cache.js'
import { bindingHashOf, type Subject } from './assess-tool.js'
import type { CallScope } from './call-scope.js'

/** A call resolved to its integration and tool: read at one moment, allowed as far as anybody could tell without asking. */
export interface ResolvedCall {
  readonly scope: CallScope
  readonly target: Target
  readonly settings: SettingsRecord | undefined
  readonly manifest: ToolsRecord
  readonly tool: NamedTool
  readonly modelName: string
  readonly args: TakenArguments
  /** The storage's clock, in ms since the epoch. */
  readonly now: number
  /** When it was read, for what ends calls meanwhile. */
  readonly since: number
  /** The records that it was read from, for a commit that relies on them. */
  readonly relied: readonly StorageCheck[]
  /** Another record that was read at the same moment, where that was asked for. */
  readonly beside: StorageRecord | undefined
}

/** What an approval of this call binds. */
export function bindingOf(call: ResolvedCall): ApprovalBinding {
  const { actor, agentId, conversationId } = call.scope
  return {
    workspaceId: actor.workspaceId,
    userId: actor.userId,
    agentId,
    conversationId,
    integrationId: call.target.integrationId,
    bindingRevision: call.target.bindingRevision,
    tool: call.tool.definition.name,
    definitionHash: bindingHashOf(call.manifest, call.settings, call.tool),
    argumentsDigest: call.args.digest,
  }
}

/** The tool of a call, as the rules see it. */
export function subjectOf(call: ResolvedCall): Subject {
  return {
    ...call.scope,
    integrationId: call.target.integrationId,
    record: call.target.record,
    settings: call.settings,
    manifest: call.manifest,
    tool: call.tool,
  }
}
