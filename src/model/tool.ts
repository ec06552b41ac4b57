import type { JsonObject, JsonValue } from './json.js'

/**
 * Hints that a server gives about a tool. They are claims of the server: believed only on a trusted integration.
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

/** A tool as its server defines it, unchanged. */
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

/** Whether a tool only reads or also writes. A tool without a label is treated as write. */
export type ToolLabelValue = 'read' | 'write'

/** A label with its source, and whether the platform rule follows it. */
export interface ToolLabel {
  /** Whether the tool only reads or also writes. */
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
 * `cosmetic`: only icons, the output schema, or the notation of the input schema. `reworded`: its title, descriptions or
 * examples, and it accepts no more than before; models read the accepted text until a person accepts the new one.
 * `narrowed`: it accepts less or promises to do less. `widened`: it accepts or may do more, or the change can't be
 * classified. `renamed`: likely a rename of a tool that is missing now.
 */
export type ToolChangeKind = 'same' | 'cosmetic' | 'reworded' | 'narrowed' | 'widened' | 'new' | 'missing' | 'renamed'

/** One difference between two definitions, for a host to show. Values are the server's text. */
export interface ToolDifference {
  /** A JSON pointer into the definition: `/inputSchema/properties/to`. */
  readonly path: string
  /** The accepted value; absent if it is new. */
  readonly before?: JsonValue | undefined
  /** The current value; absent if it was removed. */
  readonly after?: JsonValue | undefined
}

/** How a tool changed since it was accepted. */
export interface ToolChange {
  /** The kind of the change. */
  readonly kind: ToolChangeKind
  /** `renamed`: the name of the accepted tool that this one likely replaces. */
  readonly from?: string | undefined
  /** The differences, one by one. */
  readonly differences: readonly ToolDifference[]
}

/** Settings that a person can change on a tool. */
export interface ToolSettings {
  /** `@default true` */
  readonly enabled?: boolean | undefined
  /** `@default 'default'` */
  readonly approval?: ApprovalMode | undefined
  /** Corrects the label; `null` removes the correction. A correction ends when the tool's definition changes. */
  readonly label?: ToolLabelValue | null | undefined
  /** Limits the tool to these agents of the integration; `null` removes the limit. Never empty. */
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

/** A listed tool that can't be used, with the reason. */
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
  /** `list_too_large`: the number of tools that this entry represents, as far as they were counted. */
  readonly count?: number | undefined
}

/**
 * A tool's result as the server sent it.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/server/tools#tool-result
 */
export interface ToolResult {
  /** Content blocks for the model or a person. */
  readonly content: readonly ToolContent[]
  /** The result as JSON, where the tool has an output schema. */
  readonly structuredContent?: JsonValue | undefined
  /** Whether the tool reports a failure. Such a result is not an `IntegrationError`. */
  readonly isError?: boolean | undefined
  /** Metadata of the protocol, as the server sent it. */
  readonly _meta?: JsonObject | undefined
}

/**
 * One content block of a result: `text`, `image`, `audio`, `resource`, `resource_link` or a type that this version
 * doesn't know.
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
