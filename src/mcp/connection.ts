import type { ElicitAnswer, ElicitQuestion } from '../ports/elicit.js'
import type { JsonObject, JsonValue } from '../model/json.js'
import type { LocalServer } from '../ports/local-server.js'
import type { QuarantinedTool, ToolDefinition, ToolProgress, ToolResult } from '../model/tool.js'
import type { Runtime } from '../ports/runtime.js'

/** What was found out about a server, so that the next process asks nothing: plain JSON, stored by the registry. */
export interface ServerVerdict {
  readonly era: 'legacy' | 'modern'
  readonly transport: 'streamable-http' | 'sse' | 'local'
  readonly protocolVersion: string
  /** When it was found out, ms since the epoch. */
  readonly at: number
  /** Modern era: the answer to `server/discover`. */
  readonly discover?: JsonValue
  /** Legacy era: a session another process may go on with. */
  readonly sessionId?: string
  readonly serverCapabilities?: JsonValue
}

export interface OpenOptions {
  readonly endpoint: { readonly url: string; readonly fetch: (url: string | URL, init?: RequestInit) => Promise<Response> } | { readonly local: LocalServer }
  readonly verdict?: ServerVerdict
  /** Whether elicitation is declared to the server. */
  readonly elicits: boolean
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  readonly runtime: Runtime
  readonly onToolsChanged?: () => void
}

export interface ToolListing {
  readonly tools: readonly ToolDefinition[]
  readonly quarantined: readonly QuarantinedTool[]
  readonly ttlMs?: number
  readonly cacheScope?: 'public' | 'private'
}

export interface CallOptions {
  readonly signal?: AbortSignal
  readonly timeoutMs: number
  readonly onProgress?: (progress: ToolProgress) => void
  readonly elicit?: (question: ElicitQuestion, options: { readonly signal: AbortSignal }) => Promise<ElicitAnswer>
}

/** A live MCP client. Never stored. */
export interface Connection {
  readonly verdict: ServerVerdict
  readonly usable: boolean
  listTools(options: { readonly signal?: AbortSignal; readonly timeoutMs: number; readonly maxTools: number }): Promise<ToolListing>
  callTool(definition: ToolDefinition, args: JsonObject, options: CallOptions): Promise<ToolResult>
  close(): Promise<void>
}

export declare function openConnection(options: OpenOptions): Promise<Connection>
