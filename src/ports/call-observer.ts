import type { CallOutcomeName } from '../model/event.js'

/** Watches tool calls as they are sent, e.g. to trace them: `mcp-integrations/otel` is one. */
export interface CallObserver {
  /**
   * Called when a call is about to be sent, after policy and approval. A throw breaks nothing.
   *
   * @returns the observation of this call; `undefined` when it isn't observed
   */
  start(call: ObservedCall): CallObservation | undefined
}

/** A call that is about to be sent. Holds neither arguments nor results. */
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
  /** Called once when the call has ended. A throw breaks nothing. */
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
