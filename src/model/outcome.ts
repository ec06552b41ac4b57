import type { Approval } from './approval.js'
import type { Integration, StatusAction } from './integration.js'
import type { ToolResult } from './tool.js'

/** Something about a result that the caller should know, and that costs nobody the result. */
export interface ResultWarning {
  /**
   * `output_schema`: the structured content does not match the tool's schema. `not_checked`: schema and content are too
   * large to be compared in a bounded time.
   */
  readonly code: 'output_schema' | 'not_checked'
  /** The same for a person. */
  readonly message: string
}

/** How one call ended, where it ended as expected. Faults reject with an `IntegrationError` instead. */
export type ToolCallOutcome =
  | {
      readonly type: 'completed'
      /** As the server sent it. */
      readonly result: ToolResult
      readonly warnings?: readonly ResultWarning[] | undefined
      /** The server answered with a JSON-RPC error: `result` has its words, and `isError`. */
      readonly rpcError?: { readonly code: number } | undefined
      /** The result as text, for a loop without a bridge; media are named, not shown. */
      readonly modelText: string
    }
  | {
      readonly type: 'not_run'
      /** `invalid_arguments`: they don't fit the tool's input schema, so nobody was asked. */
      readonly because: 'denied' | 'expired' | 'superseded' | 'cancelled' | 'already_used' | 'invalid_arguments'
      /** The person's words, or ours. */
      readonly reason?: string | undefined
      /** Absent with `invalid_arguments`. */
      readonly approvalId?: string | undefined
      /** What an agent loop can tell the model. */
      readonly modelText: string
    }
  | { readonly type: 'approval_required'; readonly approval: Approval; readonly modelText: string }
  | {
      readonly type: 'authorization_required'
      readonly integrationId: string
      readonly action: StatusAction
      /** The scopes to ask for: what was granted and what is missing. */
      readonly scopes?: readonly string[] | undefined
      readonly modelText: string
    }

/** How connect, validate, reconnect and authorize ended. */
export type ConnectResult =
  | ({ readonly type: 'connected'; readonly integration: Integration } & WayBack)
  | { readonly type: 'authorization_required'; readonly integration: Integration; readonly authorizationUrl: string }
  | ({ readonly type: 'failed'; readonly integration: Integration } & WayBack)

/** What the one who begins a sign-in gets back from `finishConnect`, also with its errors. */
export interface WayBack {
  /** Where the person goes on, at most 2048 characters. Check that it leads to yourself before you send somebody there. */
  readonly returnTo?: string | undefined
  /** Anything of the host's own, at most 1024 characters. */
  readonly ref?: string | undefined
}
