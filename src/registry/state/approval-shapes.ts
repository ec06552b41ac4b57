import {
  hasMembers,
  isCount,
  isFlag,
  isIdText,
  isListOf,
  isMs,
  isObjectText,
  isOneOf,
  isShallow,
  isText,
  isUserId,
  maybe,
} from '../../model/fits.js'
import type { ConfirmRequest } from '../../model/approval.js'
import type { ApprovalBinding } from '../../policy/binding.js'
import type { StoredGrant } from '../../policy/grant-rule.js'
import type { ToolChange, ToolDifference, ToolLabel } from '../../model/tool.js'
import { isLabelValue, isApprovalStatus, isChangeKind, isAnnotations } from './shape-words.js'
import type { ApprovalIndexRecord, ApprovalPointerRecord, ApprovalRecord } from './records.js'

/** The shapes of approvals, of their indexes, and of remembered decisions. */

const isRequest = hasMembers<ApprovalRecord['request']>({
  approvalId: isIdText,
  requestHash: isText,
  workspaceId: isText,
  userId: isUserId,
  agentId: isText,
  conversationId: maybe(isText),
  integration: hasMembers<ConfirmRequest['integration']>({
    id: isIdText,
    name: isText,
    handle: isText,
    origin: isText,
    ownerId: isUserId,
    trusted: isFlag,
  }),
  tool: hasMembers<ConfirmRequest['tool']>({
    name: isText,
    modelName: isText,
    label: maybe(
      hasMembers<ToolLabel>({
        value: isLabelValue,
        source: isOneOf(['server', 'connector', 'person']),
        believed: isFlag,
      }),
    ),
    untrusted: hasMembers<ConfirmRequest['tool']['untrusted']>({
      title: maybe(isText),
      description: maybe(isText),
      annotations: maybe(isAnnotations),
    }),
  }),
  rule: isText,
  why: isText,
  change: maybe(
    hasMembers<ToolChange>({
      kind: isChangeKind,
      from: maybe(isText),
      differences: isListOf(hasMembers<ToolDifference>({ path: isText, before: isShallow, after: isShallow })),
    }),
  ),
  risk: maybe(isText),
  requestedAt: isMs,
  expiresAt: isMs,
})

export const isApproval = hasMembers<ApprovalRecord>({
  request: isRequest,
  argumentsJson: isObjectText,
  binding: hasMembers<ApprovalBinding>({
    workspaceId: isText,
    userId: isUserId,
    agentId: isText,
    conversationId: maybe(isText),
    integrationId: isIdText,
    bindingRevision: isCount,
    tool: isText,
    definitionHash: isText,
    argumentsDigest: isText,
    approvalId: maybe(isText),
    expiresAt: maybe(isMs),
  }),
  bindingHash: isText,
  joinHash: maybe(isIdText),
  status: isApprovalStatus,
  returns: maybe(isCount),
  dispatchedUntil: maybe(isMs),
  decidedAt: maybe(isMs),
  decidedBy: maybe(isText),
  reason: maybe(isText),
  edited: maybe(isFlag),
})

export const isApprovalIndex = hasMembers<ApprovalIndexRecord>({
  userId: isUserId,
  integrationId: isIdText,
  agentId: isText,
  conversationId: maybe(isText),
  requestHash: isText,
  status: maybe(isApprovalStatus),
})

export const isGrant = hasMembers<StoredGrant>({
  id: isIdText,
  workspaceId: isText,
  userId: isUserId,
  integrationId: isIdText,
  bindingRevision: isCount,
  tool: isText,
  definitionHash: isText,
  agentId: maybe(isText),
  conversationId: maybe(isText),
  argumentsDigest: maybe(isText),
  usesLeft: maybe(isCount),
  grantedAt: isMs,
  expiresAt: isMs,
  lastUsedAt: maybe(isMs),
})

export const isPointer = hasMembers<ApprovalPointerRecord>({ approvalId: isIdText })
