import type { Approval } from './approval.js'
import type { Integration, StatusAction } from './integration.js'
import type { ToolResult } from './tool.js'

/** A remark about a result that is still returned. */
export interface ResultWarning {
  /**
   * `output_schema`: the structured content does not match the tool's schema. `not_checked`: schema and content are too
   * large to be compared in a bounded time.
   */
  readonly code: 'output_schema' | 'not_checked'
  /** The warning in words for a person. */
  readonly message: string
}

/** How one call ended, where it ended as expected. Faults reject with an `IntegrationError` instead. */
export type ToolCallOutcome =
  | {
      readonly type: 'completed'
      /** As the server sent it. */
      readonly result: ToolResult
      readonly warnings?: readonly ResultWarning[] | undefined
      /** The server returned a JSON-RPC error: `result` has its message, and `isError`. */
      readonly rpcError?: { readonly code: number } | undefined
      /** The result as text, for a loop without a bridge; media are named, not shown. */
      readonly modelText: string
    }
  | {
      readonly type: 'not_run'
      /** `invalid_arguments`: the arguments don't match the tool's input schema, so nobody was asked. */
      readonly because: 'denied' | 'expired' | 'superseded' | 'cancelled' | 'already_used' | 'invalid_arguments'
      /** The person's own words, or the library's. */
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

/** How connect, validate, reconnect and authorize ended. */
export type ConnectResult =
  | ({ readonly type: 'connected'; readonly integration: Integration } & WayBack)
  | { readonly type: 'authorization_required'; readonly integration: Integration; readonly authorizationUrl: string }
  | ({ readonly type: 'failed'; readonly integration: Integration } & WayBack)

/** Values that the caller who starts a sign-in gets back from `finishConnect`, also with its errors. */
export interface WayBack {
  /**
   * Where the person continues, at most 2048 characters. Check that it is a URL of your own before you redirect to it.
   */
  readonly returnTo?: string | undefined
  /** Any value of the host's own, at most 1024 characters. */
  readonly ref?: string | undefined
}
