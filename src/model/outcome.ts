import type { Approval } from './approval.js'
import type { Integration, StatusAction } from './integration.js'
import type { ToolResult } from './tool.js'

/** A problem with a result that is returned anyway. */
export interface ResultWarning {
  /**
   * `output_schema`: the structured content does not match the tool's schema. `not_checked`: schema and content are too
   * large to be compared in a bounded time.
   */
  readonly code: 'output_schema' | 'not_checked'
  /** The warning in words for a person. */
  readonly message: string
}

/** The outcome of a call. Unexpected failures reject with an `IntegrationError` instead. */
export type ToolCallOutcome =
  | {
      readonly type: 'completed'
      /** The result as the server sent it. */
      readonly result: ToolResult
      readonly warnings?: readonly ResultWarning[] | undefined
      /** The server returned a JSON-RPC error: `result` has its message, and `isError`. */
      readonly rpcError?: { readonly code: number } | undefined
      /** The result as text, for an agent loop without a bridge; media are described, not included. */
      readonly modelText: string
    }
  | {
      readonly type: 'not_run'
      /** `invalid_arguments`: the arguments don't match the tool's input schema, so nobody was asked. */
      readonly because: 'denied' | 'expired' | 'superseded' | 'cancelled' | 'already_used' | 'invalid_arguments'
      /** The reason that the person gave, or a sentence of the library. */
      readonly reason?: string | undefined
      /** Absent with `invalid_arguments`. */
      readonly approvalId?: string | undefined
      /** The text that an agent loop can give the model. */
      readonly modelText: string
    }
  | { readonly type: 'approval_required'; readonly approval: Approval; readonly modelText: string }
  | {
      readonly type: 'authorization_required'
      readonly integrationId: string
      readonly action: StatusAction
      /** The scopes to request: the granted and the missing ones. */
      readonly scopes?: readonly string[] | undefined
      readonly modelText: string
    }

/** The result of connect, validate, reconnect and authorize. */
export type ConnectResult =
  | ({ readonly type: 'connected'; readonly integration: Integration } & WayBack)
  | { readonly type: 'authorization_required'; readonly integration: Integration; readonly authorizationUrl: string }
  | ({ readonly type: 'failed'; readonly integration: Integration } & WayBack)

/** Values that the caller who starts a sign-in gets back from `finishConnect`, also with its errors. */
export interface WayBack {
  /**
   * Where to send the person next, at most 2048 characters. Check that it is your own URL before you redirect to it.
   */
  readonly returnTo?: string | undefined
  /** Any value of the host, at most 1024 characters. */
  readonly ref?: string | undefined
}
