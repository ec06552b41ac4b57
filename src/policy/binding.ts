import type { JsonValue } from '../model/json.js'
import { digestOf } from './digest.js'

/** The properties that an approval is bound to. If any of them differs at its use, the approval is `superseded`. */
export interface ApprovalBinding {
  readonly workspaceId: string
  readonly userId: string
  readonly agentId: string
  readonly conversationId?: string | undefined
  readonly integrationId: string
  /** Increases when the integration's URL, header names, issuer or account change. */
  readonly bindingRevision: number
  /** The name on the wire. */
  readonly tool: string
  readonly definitionHash: string
  readonly argumentsDigest: string
  /** The id of the approval, once it exists. */
  readonly approvalId?: string | undefined
  /** ms since the epoch. */
  readonly expiresAt?: number | undefined
}

type Field = keyof ApprovalBinding

/** `request`: requests with the same values are equal. `approval`: differs between approvals of equal requests. */
const bound: Readonly<Record<Field, 'request' | 'approval'>> = {
  workspaceId: 'request',
  userId: 'request',
  agentId: 'request',
  conversationId: 'request',
  integrationId: 'request',
  bindingRevision: 'request',
  tool: 'request',
  definitionHash: 'request',
  argumentsDigest: 'request',
  approvalId: 'approval',
  expiresAt: 'approval',
}

const fields = Object.keys(bound) as readonly Field[]

/** The hash of a binding. */
export function bindingHash(binding: ApprovalBinding): string {
  return digestOf(['mcp-integrations/approval/v1', only(fields, binding)])
}

/** The hash of a request: equal for two requests that differ only in approval and expiry. */
export function requestHashOf(binding: ApprovalBinding): string {
  const ofRequest = fields.filter((field) => bound[field] === 'request')
  return digestOf(['mcp-integrations/same/v1', only(ofRequest, binding)])
}

/** The fields that differ. */
export function compareBinding(left: ApprovalBinding, right: ApprovalBinding): readonly Field[] {
  return fields.filter((field) => left[field] !== right[field])
}

function only(names: readonly Field[], binding: ApprovalBinding): JsonValue {
  return Object.fromEntries(names.flatMap((name) => (binding[name] === undefined ? [] : [[name, binding[name]]])))
}
