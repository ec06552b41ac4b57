import type { JsonObject } from '../../model/json.js'
import type { ApprovalMode, ToolChangeKind, ToolLabel } from '../../model/tool.js'
import { decideApproval, resolveLabel, type ApprovalVerdict } from '../../policy/approval-rule.js'
import type { Context } from '../state/context.js'
import type { CheckedActor } from '../../model/actor.js'
import type { PolicyInput, PolicyVerdict } from '../state/options.js'
import type { IntegrationRecord, SettingsRecord, ToolSettingsRecord, ToolsRecord } from '../state/records.js'
import type { ListedTool, NamedTool } from '../state/tool-list-cache.js'

/** One tool of one integration, as the rules see it for one actor. */
export interface Subject {
  readonly actor: CheckedActor
  /** Absent in Settings, where no agent is meant. */
  readonly agentId?: string | undefined
  readonly conversationId?: string | undefined
  readonly integrationId: string
  readonly record: IntegrationRecord
  readonly settings: SettingsRecord | undefined
  readonly manifest: ToolsRecord | undefined
  readonly tool: NamedTool
}

/** What the rules say of it. */
export interface Assessment {
  readonly settings: ToolSettingsRecord
  readonly label?: ToolLabel | undefined
  readonly mode: ApprovalMode
  /** Absent: the definition is the one that was accepted. */
  readonly change?: { readonly kind: ToolChangeKind; readonly from?: string | undefined } | undefined
  readonly verdict: ApprovalVerdict
}

/** What the rules look at of a tool: all of an assessment but the verdict. It stays until something stored changes. */
export type Standing = Omit<Assessment, 'verdict'>

/** Values of a call that the rules may look at. */
interface CallFacts {
  readonly arguments?: JsonObject | undefined
  readonly granted?: boolean | undefined
}

/** The one place where label, change, settings, host policy and grant come together into a verdict. */
export function assess(context: Context, subject: Subject, call: CallFacts = {}): Assessment {
  const standing = standingOf(subject)
  const policy = hostVerdict(context, subject, standing.label, call.arguments)
  return { ...standing, verdict: verdictOn(context, subject, standing, { policy, granted: call.granted }) }
}

/** How a tool stands: its settings, label and change. */
export function standingOf(subject: Subject): Standing {
  const { record, tool } = subject
  const settings = settingsOf(subject.settings, tool.definition.name)
  const change = changeOf(subject.manifest, settings, tool)
  const label = resolveLabel({
    annotations: tool.definition.annotations,
    trusted: record.trusted,
    connectorLabel: settings.connectorLabel,
    personLabel: settings.label,
    definitionHash: bindingHashOf(subject.manifest, subject.settings, tool),
  })
  const own = settings.approval ?? 'default'
  const mode = own === 'default' ? (record.approval ?? 'default') : own
  return { settings, mode, label, change }
}

/** The verdict of the rules on a tool, with what the host's policy says of it. */
export function verdictOn(
  context: Context,
  { record }: Subject,
  { label, mode, change }: Standing,
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
 * The hash of the definition that approvals, remembered decisions and a person's label are about: while only its words
 * are others, that is the one that was accepted.
 */
export function bindingHashOf(
  manifest: ToolsRecord | undefined,
  settings: SettingsRecord | undefined,
  tool: ListedTool,
): string {
  const own = settingsOf(settings, tool.definition.name)
  return isOnlyWords(changeOf(manifest, own, tool)?.kind) ? (own.accepted ?? tool.hash) : tool.hash
}

/** Whether a changed tool does what it did. */
export function isOnlyWords(kind: ToolChangeKind | undefined): boolean {
  return kind === 'reworded' || kind === 'cosmetic'
}

/** The settings of a tool; of one that nobody configured, the defaults. */
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
  const known =
    changes !== undefined && Object.hasOwn(changes, tool.definition.name) ? changes[tool.definition.name] : undefined
  return known ?? { kind: settings.accepted === undefined ? 'new' : 'widened' }
}

/** What the host's policy says; a throw denies. */
export function hostVerdict(
  context: Context,
  subject: Subject,
  label: ToolLabel | undefined,
  args?: JsonObject | undefined,
): PolicyVerdict | undefined {
  if (context.options.approvals.policy === undefined || subject.agentId === undefined) return undefined
  const { conversationId } = subject
  return askPolicy(context, { ...policyFacts(subject, label), conversationId, arguments: args })
}

/** What a host's policy is told of a tool, whatever the call. */
export type PolicyFacts = Omit<PolicyInput, 'conversationId' | 'arguments'>

/** What stays the same of it until something stored changes. */
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
      name: tool.definition.name,
      modelName: tool.modelName(record.handle),
      label,
      annotations: tool.definition.annotations,
    },
  }
}

/** Asks the host's policy; a throw denies. */
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
