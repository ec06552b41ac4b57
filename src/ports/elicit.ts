import type { JsonObject } from '../model/json.js'

/** A question of a server during a call. The text is the server's, so show which server asks. */
export type ElicitRequest = {
  readonly workspaceId: string
  readonly userId: string
  readonly agentId: string
  readonly conversationId?: string | undefined
  readonly integration: { readonly id: string; readonly name: string; readonly origin: string }
  /** The wire name of the tool that is running. */
  readonly tool: string
} & ElicitQuestion

/**
 * The question itself.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/client/elicitation
 */
export type ElicitQuestion =
  | {
      readonly mode: 'form'
      readonly message: string
      /** A flat object of primitive fields. */
      readonly requestedSchema: JsonObject
    }
  | {
      readonly mode: 'url'
      readonly message: string
      /** Never opened or fetched by the library. `https:` (or loopback where allowed). */
      readonly url: string
    }

/** The person's answer. Fields left out are filled from the schema's defaults. */
export type ElicitAnswer =
  | { readonly action: 'accept'; readonly content?: JsonObject | undefined }
  | { readonly action: 'decline' }
  | { readonly action: 'cancel' }

/** Answers questions that servers ask during a call. Without it, the client declares no `elicitation` capability. */
export type ElicitCallback = (
  request: ElicitRequest,
  options: { readonly signal: AbortSignal },
) => Promise<ElicitAnswer> | ElicitAnswer
