import type { JsonObject } from '../../model/json.js'
import type { ApprovalMode, ToolChangeKind, ToolLabel } from '../../model/tool.js'
import { decideApproval, resolveLabel, type ApprovalVerdict } from '../../policy/approval-rule.js'
import type { Context } from '../state/context.js'
import type { CheckedActor } from '../../model/actor.js'
import type { PolicyInput, PolicyVerdict } from '../state/options.js'
import type { IntegrationRecord, SettingsRecord, ToolSettingsRecord, ToolsRecord } from '../state/records.js'
import type { ListedTool, NamedTool } from '../state/listed-tool.js'

/** A tool of an integration, as input of the rules for one actor. */
export interface Subject {
  readonly actor: CheckedActor
  /** Absent in settings, which concern no single agent. */
  readonly agentId?: string | undefined
  readonly conversationId?: string | undefined
  readonly integrationId: string
  readonly record: IntegrationRecord
  readonly settings: SettingsRecord | undefined
  readonly manifest: ToolsRecord | undefined
  readonly tool: NamedTool
}

/** The result of the rules for a tool. */
export interface Assessment {
  readonly settings: ToolSettingsRecord
  readonly label?: ToolLabel | undefined
  readonly mode: ApprovalMode
  /** Absent when the accepted definition is unchanged. */
  readonly change?: { readonly kind: ToolChangeKind; readonly from?: string | undefined } | undefined
  readonly verdict: ApprovalVerdict
}

/** An assessment without the verdict. It stays valid until a stored record changes. */
export type ToolState = Omit<Assessment, 'verdict'>

/** Values of a call that the rules may use. */
interface CallFacts {
  readonly arguments?: JsonObject | undefined
  readonly granted?: boolean | undefined
}

/** Combines label, change, settings, host policy and grant into a verdict. No other code does. */
export function assess(context: Context, subject: Subject, call: CallFacts = {}): Assessment {
  const state = toolStateOf(subject)
  const policy = hostVerdict(context, subject, state.label, call.arguments)
  return { ...state, verdict: verdictOn(context, subject, state, { policy, granted: call.granted }) }
}

/** A tool's settings, label and change. */
export function toolStateOf(subject: Subject): ToolState {
  const { record, tool } = subject
  const settings = settingsOf(subject.settings, tool.name)
  const change = changeOf(subject.manifest, settings, tool)
  const label = resolveLabel({
    annotations: tool.annotations,
    trusted: record.trusted,
    connectorLabel: settings.connectorLabel,
    personLabel: settings.label,
    definitionHash: boundHash(tool, settings, change),
  })
  const own = settings.approval ?? 'default'
  const mode = own === 'default' ? (record.approval ?? 'default') : own
  return { settings, mode, label, change }
}

/** The verdict of the rules on a tool, with the result of the host's policy. */
export function verdictOn(
  context: Context,
  { record }: Subject,
  { label, mode, change }: ToolState,
  { policy, granted = false }: { readonly policy: unknown; readonly granted?: boolean | undefined },
): ApprovalVerdict {
  return decideApproval({
    label,
    mode,
    trusted: record.trusted,
    change: change?.kind,
    onToolChange: context.options.approvals.onToolChange,
    granted,
    policy,
  })
}

/**
 * The hash of the definition that approvals, grants and a person's label refer to: the accepted definition, as long as
 * only texts have changed.
 */
export function bindingHashOf(
  manifest: ToolsRecord | undefined,
  settings: SettingsRecord | undefined,
  tool: ListedTool,
): string {
  const own = settingsOf(settings, tool.name)
  return boundHash(tool, own, changeOf(manifest, own, tool))
}

function boundHash({ hash }: ListedTool, { accepted }: ToolSettingsRecord, change: Assessment['change']): string {
  return isOnlyWords(change?.kind) ? (accepted ?? hash) : hash
}

/** Whether only texts of the tool changed, not its behaviour. */
export function isOnlyWords(kind: ToolChangeKind | undefined): boolean {
  return kind === 'reworded' || kind === 'cosmetic'
}

/** The settings of a tool, or the defaults. */
export function settingsOf(settings: SettingsRecord | undefined, tool: string): ToolSettingsRecord {
  return settings !== undefined && Object.hasOwn(settings.tools, tool) ? settings.tools[tool]! : {}
}

function changeOf(
  manifest: ToolsRecord | undefined,
  settings: ToolSettingsRecord,
  tool: ListedTool,
): Assessment['change'] {
  if (settings.accepted === tool.hash) return undefined
  const { changes } = manifest ?? {}
  const known = changes !== undefined && Object.hasOwn(changes, tool.name) ? changes[tool.name] : undefined
  // Somebody may have accepted another definition since: here, or for an account that is listed other tools.
  if (known !== undefined && known.accepted === settings.accepted) return { kind: known.kind, from: known.from }
  return { kind: settings.accepted === undefined ? 'new' : 'widened' }
}

/** The result of the host's policy. If the policy throws, the tool is denied. */
function hostVerdict(
  context: Context,
  subject: Subject,
  label: ToolLabel | undefined,
  args?: JsonObject | undefined,
): PolicyVerdict | undefined {
  if (context.options.approvals.policy === undefined || subject.agentId === undefined) return undefined
  const { conversationId } = subject
  return askPolicy(context, { ...policyFacts(subject, label), conversationId, arguments: args })
}

/** Input of a host's policy that is the same for every call of a tool. */
export type PolicyFacts = Omit<PolicyInput, 'conversationId' | 'arguments'>

/** Creates that input. It stays the same until a stored record changes. */
export function policyFacts(
  { record, tool, actor, agentId = '', integrationId }: Subject,
  label: ToolLabel | undefined,
): PolicyFacts {
  return {
    actor,
    agentId,
    integration: {
      id: integrationId,
      handle: record.handle,
      name: record.name,
      origin: record.origin,
      connectorId: record.connectorId,
      trusted: record.trusted,
    },
    tool: {
      name: tool.name,
      modelName: tool.modelName(record.handle),
      label,
      annotations: tool.annotations,
    },
  }
}

/** Calls the host's policy. If the policy throws, the tool is denied. */
export function askPolicy(context: Context, input: PolicyInput): PolicyVerdict | undefined {
  try {
    return context.options.approvals.policy?.(input)
  } catch (error) {
    const message = 'approvals.policy failed. The tool is denied.'
    const { actor, integration } = input
    const { workspaceId } = actor
    context.report({ area: 'policy', message, error, workspaceId, integrationId: integration.id })
    return { mode: 'deny', rule: 'policy_failed' }
  }
}
