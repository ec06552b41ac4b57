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
  /** Whether the tool reads or writes, and the source of this label. */
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
  /** No tools were listed yet: the server was never connected, or this person has not signed in. */
  | 'not_connected'
  | 'tool_disabled'
  /** A setting limits the tool to other agents. */
  | 'tool_not_for_agent'
  /** The tool is new or changed, and blocked until a person accepts it. */
  | 'held_for_review'
  /** The host limited this toolset to other integrations. */
  | 'not_picked'
  /** The server reserves the tool for its own app (`_meta.ui.visibility`). */
  | 'app_only'
  /** The tool only runs as a task (`execution.taskSupport`). */
  | 'task_only'
  /** A policy denies the tool; `rule` names the rule. */
  | 'denied_by_policy'
  | QuarantinedTool['reason']

/** A tool or an integration that is missing from a toolset, with the reason. */
export interface UnavailableTool {
  /** The integration it belongs to. */
  readonly integration: ToolsetTool['integration']
  /** The server's name of the tool; absent: every tool of the integration. */
  readonly name?: string | undefined
  /** The reason. */
  readonly reason: UnavailableReason
  /** `denied_by_policy`: the rule that denies the tool. */
  readonly rule?: string | undefined
}
