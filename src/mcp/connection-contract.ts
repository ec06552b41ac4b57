import type { ServerInfo } from '../model/integration.js'
import type { JsonObject, JsonValue } from '../model/json.js'
import type { QuarantinedTool, ToolDefinition, ToolProgress, ToolResult } from '../model/tool.js'
import type { ElicitAnswer, ElicitQuestion } from '../ports/elicit.js'
import type { CleanWords } from './clean-words.js'
import type { LocalServer } from '../ports/local-server.js'
import type { RegistryRuntime } from '../ports/runtime.js'

/** What was found out about a server, so that the next process asks nothing: plain JSON, stored by the registry. */
export interface ServerProfile {
  /** `modern`: revision 2026-07-28, without a handshake. `legacy`: any before it. */
  readonly era: 'legacy' | 'modern'
  readonly transport: 'streamable-http' | 'sse' | 'local'
  readonly protocolVersion: string
  /** When it was found out, ms since the epoch. */
  readonly at: number
  /** Modern era: the answer to `server/discover`. */
  readonly discover?: JsonValue | undefined
  /** Legacy era: a session another process may go on with. */
  readonly sessionId?: string | undefined
  readonly serverCapabilities?: JsonValue | undefined
  /** What the server says of itself. */
  readonly server?: ServerInfo | undefined
}

/**
 * The `fetch` an integration's requests go through. `deepJson: 'skip'` asks for an answer in which an empty list stands
 * in place of what nests too deep.
 */
export type EndpointFetch = (
  url: string | URL,
  init?: RequestInit & { readonly deepJson?: 'skip' | undefined; readonly beforeSend?: BeforeSend | undefined },
) => Promise<Response>

/** What a connection is opened with. */
export interface OpenOptions {
  readonly endpoint: { readonly url: string; readonly fetch: EndpointFetch } | { readonly local: LocalServer }
  /** What was found out before: nothing is asked again, and nothing is sent before it is needed. */
  readonly profile?: ServerProfile | undefined
  /** Whether elicitation is declared to the server. Such a connection has a session of its own. */
  readonly elicits: boolean
  /** How long all of opening may take, in ms. */
  readonly timeoutMs: number
  /** Local servers: bytes of one message. Others are bounded by their `fetch`. `@default` not bounded */
  readonly maxMessageBytes?: number | undefined
  readonly signal?: AbortSignal | undefined
  readonly runtime: RegistryRuntime
  /** Makes what a server said fit to be shown. `@default` as it came */
  readonly cleanWords?: CleanWords | undefined
  /** Called when the profile changes later: the session was lost and opened again, or the server changed its era. */
  readonly onProfileChanged?: ((profile: ServerProfile) => void) | undefined
  /** Told that the server's tools changed, or may have while nobody listened. */
  readonly onToolsChanged?: (() => void) | undefined
}

/** What a server offers. */
export interface ToolListing {
  readonly tools: readonly ToolDefinition[]
  /** Tools that can't be used; at most 100 are named. */
  readonly quarantined: readonly QuarantinedTool[]
  /** The list is larger than is accepted: what is here is what fits, and the last of `quarantined` says so. */
  readonly isCut: boolean
  /** How long the server says the list is good, in ms, at most a day. */
  readonly ttlMs?: number | undefined
  readonly cacheScope?: 'public' | 'private' | undefined
}

/** Decides whether a request may leave. `waited`: for a token, or for a first answer to the same request. */
export type BeforeSend = (waited: boolean) => Promise<void>

/** How a tool is called. */
export interface ToolCallOptions {
  /** Members for `_meta` of the request. */
  readonly meta?: Readonly<Record<string, string>> | undefined
  readonly signal?: AbortSignal | undefined
  /** Without a sign of life, in ms; progress restarts it, up to five times that altogether. */
  readonly timeoutMs: number
  readonly onProgress?: ((progress: ToolProgress) => void) | undefined
  /** Called as the last thing before the request leaves, each time it does; a throw ends the call unsent. */
  readonly beforeSend?: BeforeSend | undefined
  /** Answers questions of the server during this call, and of no other. */
  readonly elicit?:
    ((question: ElicitQuestion, options: { readonly signal: AbortSignal }) => Promise<ElicitAnswer>) | undefined
}

/** The result of a tool call. */
export interface ToolAnswer {
  readonly result: ToolResult
  /** The server answered with a JSON-RPC error; its words are the text of `result`, which has `isError`. */
  readonly rpcError?: { readonly code: number } | undefined
}

/** A live MCP client. Never stored. */
export interface Connection {
  /** The given one, as the same object, as long as it holds. */
  readonly profile: ServerProfile
  /** `false`: closed or broken, open another. */
  readonly usable: boolean
  /** Calls on it wait for each other, because a question of the server could not be told whose it is: open another. */
  readonly exclusive: boolean
  /** @throws IntegrationError, or what the given `fetch` threw with the passthrough mark */
  listTools(options: {
    readonly signal?: AbortSignal | undefined
    readonly timeoutMs: number
    readonly maxTools: number
  }): Promise<ToolListing>
  /**
   * Sends `tools/call` with the tool's own name and the arguments as they are. A JSON-RPC error is the answer of a tool
   * that failed, as MCP has it.
   *
   * @throws IntegrationError whose `mayHaveRun` says whether the tool may have run, or as in {@link Connection.listTools}
   */
  callTool(definition: ToolDefinition, args: JsonObject, options: ToolCallOptions): Promise<ToolAnswer>
  /** @param options.endSession - Tells the server that the session is over: when no other process may go on with it. */
  close(options?: { readonly endSession?: boolean | undefined }): Promise<void>
}
