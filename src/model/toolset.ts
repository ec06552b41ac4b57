import type { JsonObject } from './json.js'
import type { ApprovalMode, QuarantinedTool, ToolLabel } from './tool.js'

/** A tool that an agent may call now. */
export interface ToolsetTool {
  /**
   * The name for models: at most 64 characters of `[A-Za-z0-9_-]`; stable over restarts, load order and renames of the
   * integration.
   */
  readonly modelName: string
  /** The server's name of the tool, as on the wire. */
  readonly name: string
  readonly title?: string | undefined
  readonly description?: string | undefined
  /** JSON Schema of the arguments, as the server sent it. */
  readonly inputSchema: JsonObject
  /** JSON Schema of the structured content, as the server sent it. */
  readonly outputSchema?: JsonObject | undefined
  /** Whether it reads or writes, and who says so. */
  readonly label?: ToolLabel | undefined
  /** Its approval mode, and the mode's effect. */
  readonly approval: {
    readonly mode: ApprovalMode
    /** The mode's effect, apart from grants and a host policy that depends on arguments. */
    readonly resolved: 'auto' | 'ask'
    readonly rule: string
  }
  /** The integration it belongs to. */
  readonly integration: { readonly id: string; readonly name: string; readonly handle: string; readonly origin: string }
}

/** Why an integration, or one of its tools, is missing from a toolset. */
export type UnavailableReason =
  | 'integration_disabled'
  | 'agent_not_allowed'
  /** No tools were listed yet: it was never connected, or this person has not signed in. */
  | 'not_connected'
  | 'tool_disabled'
  /** A setting narrows the tool to other agents. */
  | 'tool_not_for_agent'
  /** New or changed, and held until somebody accepts it. */
  | 'held_for_review'
  /** The host narrowed this toolset to other integrations. */
  | 'not_picked'
  /** Its server keeps it for its own app (`_meta.ui.visibility`). */
  | 'app_only'
  /** It only runs as a task (`execution.taskSupport`). */
  | 'task_only'
  /** A policy refuses it; `rule` says which. */
  | 'denied_by_policy'
  | QuarantinedTool['reason']

/** Something that is missing from a toolset, and why. */
export interface UnavailableTool {
  /** The integration it belongs to. */
  readonly integration: ToolsetTool['integration']
  /** The server's name of the tool; absent: every tool of the integration. */
  readonly name?: string | undefined
  /** Why it is missing. */
  readonly reason: UnavailableReason
  /** `denied_by_policy`: the rule that refuses it. */
  readonly rule?: string | undefined
}
