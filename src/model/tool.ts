import type { JsonObject, JsonValue } from './json.js'

/**
 * Hints a server gives about a tool. They are the server's claims: believed only on a trusted integration.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/server/tools#tool ToolAnnotations
 */
export interface ToolAnnotations {
  readonly title?: string | undefined
  /** The tool changes nothing. */
  readonly readOnlyHint?: boolean | undefined
  /** The tool may delete or overwrite. */
  readonly destructiveHint?: boolean | undefined
  /** Calling it again with the same arguments changes nothing more. */
  readonly idempotentHint?: boolean | undefined
  /** The tool reaches systems outside its server's own. */
  readonly openWorldHint?: boolean | undefined
}

/** A tool as its server defines it: kept byte-faithful. */
export interface ToolDefinition {
  readonly name: string
  readonly title?: string | undefined
  readonly description?: string | undefined
  readonly inputSchema: JsonObject
  readonly outputSchema?: JsonObject | undefined
  readonly annotations?: ToolAnnotations | undefined
  readonly icons?: readonly JsonValue[] | undefined
  readonly execution?: JsonObject | undefined
  readonly _meta?: JsonObject | undefined
}

/** What a tool does to the world. Absent means unlabelled, which is treated as write. */
export type ToolLabelValue = 'read' | 'write'

/** A label, who gave it, and whether the platform rule follows it. */
export interface ToolLabel {
  /** What the tool does to the world. */
  readonly value: ToolLabelValue
  /** `server`: from its annotations. */
  readonly source: 'server' | 'connector' | 'person'
  /** A server's label is believed only on a trusted integration. */
  readonly believed: boolean
}

/** Per-tool setting: follow the platform rule, ask before every run, or run without asking. */
export type ApprovalMode = 'default' | 'ask' | 'auto'

/** The effect of a call: it runs, asks a person, or is denied. */
export type ResolvedApproval = 'auto' | 'ask' | 'deny'

/**
 * How a tool's definition differs from the last accepted one.
 *
 * `cosmetic`: only icons, what it returns, or how its schema is written. `reworded`: its title, descriptions or examples,
 * and it accepts no more than before; models read the accepted words until somebody accepts the new ones. `narrowed`: it
 * accepts less or promises to do less. `widened`: it accepts or may do more, or nobody can tell. `renamed`: likely a
 * rename of a tool that is missing now.
 */
export type ToolChangeKind = 'same' | 'cosmetic' | 'reworded' | 'narrowed' | 'widened' | 'new' | 'missing' | 'renamed'

/** One difference between two definitions, for a host to show. Values are the server's text. */
export interface ToolDifference {
  /** JSON pointer into the definition: `/inputSchema/properties/to`. */
  readonly path: string
  /** The accepted value; absent: there was none. */
  readonly before?: JsonValue | undefined
  /** The current value; absent: it was removed. */
  readonly after?: JsonValue | undefined
}

/** How a tool changed since it was accepted. */
export interface ToolChange {
  /** How far it changed. */
  readonly kind: ToolChangeKind
  /** `renamed`: the accepted tool that this one likely was. */
  readonly from?: string | undefined
  /** What changed, place by place. */
  readonly differences: readonly ToolDifference[]
}

/** Settings that a person can change on a tool. */
export interface ToolSettings {
  /** `@default true` */
  readonly enabled?: boolean | undefined
  /** `@default 'default'` */
  readonly approval?: ApprovalMode | undefined
  /** Corrects the label; `null` removes the correction. It lapses when the tool's definition changes. */
  readonly label?: ToolLabelValue | null | undefined
  /** Limits the tool to some of the integration's agents; `null` removes the limit. Never empty. */
  readonly agents?: readonly string[] | null | undefined
}

/** A tool of an integration as Settings shows it. */
export interface Tool {
  /** The server's name of the tool. */
  readonly name: string
  /** The name that models get: at most 64 characters of `[A-Za-z0-9_-]`, stable. */
  readonly modelName: string
  readonly title?: string | undefined
  readonly description?: string | undefined
  /** JSON Schema of the arguments, as the server sent it. */
  readonly inputSchema: JsonObject
  /** JSON Schema of the structured content, as the server sent it. */
  readonly outputSchema?: JsonObject | undefined
  /** The server's hints: believed only on a trusted integration. */
  readonly annotations?: ToolAnnotations | undefined
  /** Whether it reads or writes, and who says so; absent: unlabelled, treated as write. */
  readonly label?: ToolLabel | undefined
  /** Hash of the definition; pass it to `acceptTools()`. */
  readonly definitionHash: string
  /** Whether agents may call it. */
  readonly enabled: boolean
  /** Its approval mode, and the mode's effect. */
  readonly approval: {
    readonly mode: ApprovalMode
    /** The mode's effect for this actor now, apart from grants and a host policy that depends on arguments. */
    readonly resolved: ResolvedApproval
    /** The rule that decided. */
    readonly rule: string
  }
  /** Only these of the integration's agents; absent: all of them. */
  readonly agents?: readonly string[] | undefined
  /** Present when the definition differs from the one that was accepted. */
  readonly change?: ToolChange | undefined
}

/** A tool that a server listed and that can't be used, with the reason. */
export interface QuarantinedTool {
  /** Shortened, with invisible characters escaped; may be empty. */
  readonly name: string
  /** Why it can't be used. */
  readonly reason:
    | 'invalid_name'
    | 'duplicate_name'
    | 'invalid_schema'
    | 'schema_too_large'
    | 'invalid_definition'
    | 'too_many_tools'
    | 'list_too_large'
  /** `list_too_large`: how many tools this entry stands for, as far as they were counted. */
  readonly count?: number | undefined
}

/**
 * A tool's result as the server sent it.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/server/tools#tool-result
 */
export interface ToolResult {
  /** Blocks for the model or a person. */
  readonly content: readonly ToolContent[]
  /** The result as JSON, where the tool has an output schema. */
  readonly structuredContent?: JsonValue | undefined
  /** The tool itself reports a failure: a result, not an error. */
  readonly isError?: boolean | undefined
  /** Metadata of the protocol, as the server sent it. */
  readonly _meta?: JsonObject | undefined
}

/**
 * One block of a result: `text`, `image`, `audio`, `resource`, `resource_link` or a kind that this version doesn't
 * know.
 */
export type ToolContent = { readonly type: string } & JsonObject

/** Progress that a server reports during a call. */
export interface ToolProgress {
  /** The progress so far, in the server's own unit. */
  readonly progress: number
  /** The value at completion, in the same unit. */
  readonly total?: number | undefined
  /** The server's text. */
  readonly message?: string | undefined
}
