import type { JsonValue } from '../model/json.js'
import { digestOf } from './digest.js'

/** What an approval is for. Any difference when it is to be used ends it as `superseded`. */
export interface ApprovalBinding {
  readonly workspaceId: string
  readonly userId: string
  readonly agentId: string
  readonly conversationId?: string
  readonly integrationId: string
  /** Grows with the integration's URL, header names, issuer and account. */
  readonly bindingRevision: number
  /** The name on the wire. */
  readonly tool: string
  readonly definitionHash: string
  readonly argumentsDigest: string
  /** Which approval; absent until there is one. */
  readonly approvalId?: string
  /** ms since the epoch. */
  readonly expiresAt?: number
}

/** One hash over everything that is bound. */
export function bindingHash(binding: ApprovalBinding): string {
  return digestOf(['mcp-integrations/approval/v1', binding as unknown as JsonValue])
}

/** What makes two requests equal: all of it but which approval and until when. */
export function sameHash(binding: ApprovalBinding): string {
  const { approvalId: _approvalId, expiresAt: _expiresAt, ...same } = binding
  return digestOf(['mcp-integrations/same/v1', same as unknown as JsonValue])
}

/** The fields that differ. */
export function compareBinding(left: ApprovalBinding, right: ApprovalBinding): readonly (keyof ApprovalBinding)[] {
  const fields = new Set([...Object.keys(left), ...Object.keys(right)] as (keyof ApprovalBinding)[])
  return [...fields].filter((field) => left[field] !== right[field])
}
