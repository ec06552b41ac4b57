import type { ServerInfo } from '../model/integration.js'
import type { JsonObject, JsonValue } from '../model/json.js'
import type { QuarantinedTool, ToolDefinition, ToolProgress, ToolResult } from '../model/tool.js'
import type { ElicitAnswer, ElicitQuestion } from '../ports/elicit.js'
import type { CleanWords } from './clean-words.js'
import type { LocalServer } from '../ports/local-server.js'
import type { RegistryRuntime } from '../ports/runtime.js'

/**
 * The era, transport and session of a server, so that the next connection skips their detection. Plain JSON, stored by
 * the registry.
 */
export interface ServerProfile {
  /** `modern`: revision 2026-07-28, without a handshake. `legacy`: any before it. */
  readonly era: 'legacy' | 'modern'
  readonly transport: 'streamable-http' | 'sse' | 'local'
  readonly protocolVersion: string
  /** When it was detected, in ms since the epoch. */
  readonly at: number
  /** Modern era: the result of `server/discover`. */
  readonly discover?: JsonValue | undefined
  /** Legacy era: a session that another process may continue. */
  readonly sessionId?: string | undefined
  readonly serverCapabilities?: JsonValue | undefined
  /** The server's description of itself. */
  readonly server?: ServerInfo | undefined
}

/**
 * The `fetch` an integration's requests go through. It calls `beforeSend` right before it sends a request, because a call
 * counts as sent from then on. `deepJson: 'skip'` replaces JSON that nests too deep by an empty list.
 */
export type EndpointFetch = (
  url: string | URL,
  init?: RequestInit & { readonly deepJson?: 'skip' | undefined } & Partial<Sending>,
) => Promise<Response>

/** Options of opening a connection. */
export interface OpenOptions {
  readonly endpoint: { readonly url: string; readonly fetch: EndpointFetch } | { readonly local: LocalServer }
  /** The stored profile: detection is skipped, and nothing is sent before it is needed. */
  readonly profile?: ServerProfile | undefined
  /** Whether to declare elicitation to the server. Such a connection has its own session. */
  readonly elicits: boolean
  /** Total time for opening, in ms. */
  readonly timeoutMs: number
  /** Local servers: the limit of one message in bytes. For others, their `fetch` has a limit. `@default` no limit */
  readonly maxMessageBytes?: number | undefined
  readonly signal?: AbortSignal | undefined
  readonly runtime: RegistryRuntime
  /** Cleans the server's text for display. `@default` unchanged */
  readonly cleanWords?: CleanWords | undefined
  /** Called when the profile changes later: the session was lost and opened again, or the server changed its era. */
  readonly onProfileChanged?: ((profile: ServerProfile) => void) | undefined
  /** Called when the server's tools changed, or may have changed while no stream was open. */
  readonly onToolsChanged?: (() => void) | undefined
}

/** The tools of a server. */
export interface ToolListing {
  readonly tools: readonly ToolDefinition[]
  /** Each of these definitions as JSON. */
  readonly texts: readonly string[]
  /** Tools that can't be used, at most 100. */
  readonly quarantined: readonly QuarantinedTool[]
  /** Whether the list was cut at the limit. Then the last entry of `quarantined` is `list_too_large`. */
  readonly isCut: boolean
  /** How long the list is fresh according to the server, in ms, at most a day. */
  readonly ttlMs?: number | undefined
  readonly cacheScope?: 'public' | 'private' | undefined
}

/** Decides whether a request may be sent. `waited`: for a token, or for a first response to the same request. */
export type BeforeSend = (waited: boolean) => Promise<void>

/** Called around each sending of a request. */
export interface Sending {
  readonly beforeSend: BeforeSend
  /** Called when the server refused the request before doing anything. It may be sent again. */
  readonly onRefused: () => void
}

/** Options of one call. */
export interface CallOptions {
  /** Members for `_meta` of the request. */
  readonly meta?: Readonly<Record<string, string>> | undefined
  readonly signal?: AbortSignal | undefined
  /** The timeout without a sign of life, in ms. Progress restarts it, up to five times this duration in total. */
  readonly timeoutMs: number
  readonly onProgress?: ((progress: ToolProgress) => void) | undefined
  /** Called right before each time that the request is sent. If it throws, the call ends without being sent. */
  readonly beforeSend?: BeforeSend | undefined
  /** Answers questions of the server during this call. */
  readonly elicit?:
    ((question: ElicitQuestion, options: { readonly signal: AbortSignal }) => Promise<ElicitAnswer>) | undefined
}

/** The result of a tool call. */
export interface ToolAnswer {
  readonly result: ToolResult
  /** Present if the server returned a JSON-RPC error. Its message is the text of `result`, which has `isError`. */
  readonly rpcError?: { readonly code: number } | undefined
}

/** A live MCP client. Never stored. */
export interface Connection {
  /** The current profile; the same object as the given one while it is valid. */
  readonly profile: ServerProfile
  /** Whether the connection works. Otherwise it is closed or broken, so open another one. */
  readonly usable: boolean
  /**
   * Whether only one call at a time is possible, because a server's question could not be assigned to its call: open
   * another connection.
   */
  readonly exclusive: boolean
  /** @throws IntegrationError, or an error of the given `fetch` with the passthrough mark */
  listTools(options: {
    readonly signal?: AbortSignal | undefined
    readonly timeoutMs: number
    readonly maxTools: number
    /** The limit of the stored list. `@default` 4 MiB, which is also the most. */
    readonly maxCharacters?: number | undefined
  }): Promise<ToolListing>
  /**
   * Sends `tools/call` with the tool's own name and the unchanged arguments. A JSON-RPC error becomes the result of a
   * failed tool.
   *
   * @throws IntegrationError, with `mayHaveRun` if the tool may have run, or as in {@link Connection.listTools}
   */
  callTool(definition: ToolDefinition, args: JsonObject, options: CallOptions): Promise<ToolAnswer>
  /**
   * @param options.endSession - ends the session at the server: the integration has changed, so no other process may
   *   continue it, and what uses the connection now ends as `conflict` instead of `closed`
   */
  close(options?: { readonly endSession?: boolean | undefined }): Promise<void>
}
