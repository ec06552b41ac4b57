import type { CallOutcomeName } from '../model/event.js'

/** Observes tool calls, e.g. to trace them, as `mcp-integrations/otel` does. */
export interface CallObserver {
  /**
   * Called before a call is sent, after policy and approval. An error thrown here doesn't affect the call.
   *
   * @returns the observation of this call; `undefined` to skip it
   */
  start(call: ObservedCall): CallObservation | undefined
}

/** A call that is about to be sent. Contains neither arguments nor results. */
export interface ObservedCall {
  readonly workspaceId: string
  readonly userId: string
  readonly agentId: string
  readonly conversationId?: string | undefined
  /** The integration whose tool is called. */
  readonly integration: { readonly id: string; readonly name: string; readonly origin: string }
  /** The server's name of the tool. */
  readonly tool: string
  /** The name that models get for the tool. */
  readonly modelName: string
  /** The rule that allowed the call. */
  readonly rule: string
  readonly approvalId?: string | undefined
}

/** The observation of one call. */
export interface CallObservation {
  /**
   * Members for `_meta` of the request, e.g. `traceparent`.
   *
   * @see https://www.w3.org/TR/trace-context/
   */
  readonly meta?: Readonly<Record<string, string>> | undefined
  /** Called once when the call has ended. An error thrown here doesn't affect the call. */
  end(ended: ObservedEnd): void
}

/** How a call ended. */
export interface ObservedEnd {
  /** How the call ended, as in the audit log. */
  readonly outcome: CallOutcomeName
  /** The {@link ErrorCode} of a call that failed. */
  readonly errorCode?: string | undefined
  /** The code of the server's JSON-RPC error, when it returned one. */
  readonly rpcErrorCode?: number | undefined
  /** HTTP status, where one was received. */
  readonly httpStatus?: number | undefined
  /** The MCP revision used, e.g. `2026-07-28`. */
  readonly protocolVersion?: string | undefined
}
