import type {
  ApprovalMode,
  ResolvedApproval,
  ToolAnnotations,
  ToolChangeKind,
  ToolLabel,
  ToolLabelValue,
} from '../model/tool.js'

/** Every rule that can decide a call, with its sentence for a person. */
export const ruleSentences = {
  mode_ask: 'This tool is set to ask before every run.',
  mode_auto: 'This tool is set to run without asking.',
  label_read: 'Tools that only read run without asking.',
  label_write: 'Tools that write ask first.',
  annotations_read: 'The server is trusted, and says that this tool only reads.',
  annotations_write: 'The server is trusted, and says that this tool writes.',
  unlabelled: 'This tool is not labelled as read or write, so it asks.',
  untrusted: 'The server is not trusted, so its annotations are ignored and the tool asks.',
  tool_new: 'This tool is new and has not been accepted yet.',
  tool_changed: 'This tool may do more than when it was accepted.',
  tool_held:
    'This tool is new, has a new description or may do more than what was accepted. It is blocked until a person accepts it.',
  grant: 'A remembered decision allows this call.',
  policy_failed: "The host's policy returned no valid result, so nothing runs.",
  setting_unknown: 'This tool has an unknown setting, so nothing runs.',
} as const

/** The name of a rule: a built-in one, or `policy:` and the host's own name. */
export type RuleId = keyof typeof ruleSentences | `policy:${string}`

/** Whether a call runs, asks or is denied, and the rule that decides it. */
export interface ApprovalVerdict {
  readonly mode: ResolvedApproval
  readonly rule: RuleId
  /** The rule as a sentence. */
  readonly why: string
}

/** Input of {@link resolveLabel}. */
export interface LabelInput {
  readonly annotations: ToolAnnotations | undefined
  readonly trusted: boolean
  readonly connectorLabel: ToolLabelValue | undefined
  readonly personLabel: { readonly value: ToolLabelValue; readonly definitionHash: string } | undefined
  readonly definitionHash: string
}

/** A tool's label: the person's while the definition is unchanged, otherwise the connector's, otherwise that of the annotations. */
export function resolveLabel({
  annotations,
  trusted,
  connectorLabel,
  personLabel,
  definitionHash,
}: LabelInput): ToolLabel | undefined {
  if (personLabel !== undefined && personLabel.definitionHash === definitionHash)
    return { value: personLabel.value, source: 'person', believed: true }
  if (connectorLabel !== undefined) return { value: connectorLabel, source: 'connector', believed: true }
  const value = annotatedLabel(annotations)
  return value === undefined ? undefined : { value, source: 'server', believed: trusted }
}

/** Input of {@link decideApproval}. */
export interface ApprovalInput {
  readonly label: ToolLabel | undefined
  readonly mode: ApprovalMode
  readonly trusted: boolean
  readonly change: ToolChangeKind | undefined
  readonly onToolChange: 'ask' | 'hold' | 'accept'
  /** Whether a remembered decision matches the call. */
  readonly granted: boolean
  /** The result of the host's policy, unchecked. */
  readonly policy: unknown
}

/**
 * The approval rule. Deny takes precedence over ask, and ask over auto: the host's policy may replace the platform rule
 * and tighten a tool's own setting, never loosen *ask*; a grant allows only calls that ask by default. Unknown values (a mode, a kind of
 * change, a result) never loosen a rule.
 */
export function decideApproval(input: ApprovalInput): ApprovalVerdict {
  const { mode, granted, onToolChange } = input
  const policy = readPolicy(input.policy)
  if (policy?.mode === 'deny') return policy
  if (mode !== 'default' && mode !== 'ask' && mode !== 'auto') return verdict('deny', 'setting_unknown')
  const review = needsReview(input.change) && onToolChange !== 'accept'
  const holds = onToolChange !== 'ask' && onToolChange !== 'accept'
  if (holds && (review || input.change === 'reworded')) return verdict('deny', 'tool_held')
  if (mode === 'ask') return verdict('ask', 'mode_ask')
  if (review) return verdict('ask', isNew(input.change) ? 'tool_new' : 'tool_changed')
  const decided = policy ?? (mode === 'auto' ? verdict('auto', 'mode_auto') : platformRule(input))
  return decided.mode === 'ask' && granted ? verdict('auto', 'grant') : decided
}

function platformRule({ label, trusted }: ApprovalInput): ApprovalVerdict {
  if (label === undefined) return verdict('ask', trusted ? 'unlabelled' : 'untrusted')
  if (!label.believed) return verdict('ask', 'untrusted')
  if (label.source === 'server')
    return label.value === 'read' ? verdict('auto', 'annotations_read') : verdict('ask', 'annotations_write')
  return label.value === 'read' ? verdict('auto', 'label_read') : verdict('ask', 'label_write')
}

/** Checks the result of a host's policy: an invalid or unreadable result denies. */
function readPolicy(answer: unknown): ApprovalVerdict | undefined {
  if (answer === undefined) return undefined
  try {
    const { mode, rule } = answer as { readonly mode: unknown; readonly rule: unknown }
    if (isVerdict(mode) && typeof rule === 'string' && rule !== 'policy_failed') {
      const name = rule.slice(0, 100)
      return { mode, rule: `policy:${name}`, why: `The host's policy decided this (${name}).` }
    }
  } catch {
    // Denied below.
  }
  return verdict('deny', 'policy_failed')
}

function isVerdict(mode: unknown): mode is ResolvedApproval {
  return mode === 'auto' || mode === 'ask' || mode === 'deny'
}

/** Reworded definitions need no review: the model reads the accepted words. */
function needsReview(change: ToolChangeKind | undefined): boolean {
  return change !== undefined && !['same', 'cosmetic', 'reworded', 'narrowed'].includes(change)
}

function isNew(change: ToolChangeKind | undefined): boolean {
  return change === 'new' || change === 'renamed'
}

/** @see https://modelcontextprotocol.io/specification/2025-11-25/schema ToolAnnotations: absent hints have cautious defaults */
function annotatedLabel(annotations: ToolAnnotations | undefined): ToolLabelValue | undefined {
  if (annotations?.readOnlyHint === true) return annotations.destructiveHint === true ? 'write' : 'read'
  if (annotations?.readOnlyHint === false || annotations?.destructiveHint === true) return 'write'
  return undefined
}

function verdict(mode: ResolvedApproval, rule: keyof typeof ruleSentences): ApprovalVerdict {
  return { mode, rule, why: ruleSentences[rule] }
}
