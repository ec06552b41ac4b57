import type { CopiedArguments } from '../../policy/arguments.js'
import type { ApprovalBinding } from '../../policy/binding.js'
import type { StorageCheck, StorageRecord } from '../../ports/storage.js'
import type { SettingsRecord, ToolsRecord } from '../state/records.js'
import type { Target } from '../state/target.js'
import type { NamedTool } from '../state/listed-tool.js'
import { bindingHashOf, type Subject } from './assess-tool.js'
import type { CallScope } from './call-scope.js'

/** A call resolved to its integration and tool, read at one moment. Not yet approved. */
export interface ResolvedCall {
  readonly scope: CallScope
  readonly target: Target
  readonly settings: SettingsRecord | undefined
  readonly manifest: ToolsRecord
  readonly tool: NamedTool
  readonly modelName: string
  readonly args: CopiedArguments
  /** The storage's clock, in ms since the epoch. */
  readonly now: number
  /** The moment of the read: the call ends if the integration's calls are ended after that. */
  readonly since: number
  /** Version checks of the records that were read, for a commit that relies on them. */
  relied(): readonly StorageCheck[]
  /** A further record that was read at the same moment, if requested. */
  readonly extra: StorageRecord | undefined
}

/** The binding of an approval of this call. */
export function bindingOf(call: ResolvedCall): ApprovalBinding {
  const { actor, agentId, conversationId } = call.scope
  return {
    workspaceId: actor.workspaceId,
    userId: actor.userId,
    agentId,
    conversationId,
    integrationId: call.target.integrationId,
    bindingRevision: call.target.bindingRevision,
    tool: call.tool.name,
    definitionHash: bindingHashOf(call.manifest, call.settings, call.tool),
    argumentsDigest: call.args.digest,
  }
}

/** The tool of a call, as input of the rules. */
export function subjectOf(call: ResolvedCall): Subject {
  const { actor, agentId, conversationId } = call.scope
  return {
    actor,
    agentId,
    conversationId,
    integrationId: call.target.integrationId,
    record: call.target.record,
    settings: call.settings,
    manifest: call.manifest,
    tool: call.tool,
  }
}
