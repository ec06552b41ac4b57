import {
  hasMembers,
  isFlag,
  isIdText,
  isMs,
  isOneOf,
  isShallow,
  isText,
  isUserId,
  maybe,
  wordsOf,
  type Fits,
} from '../../model/fits.js'
import { isObject } from '../../model/json.js'
import type { AuditEntry, RegistryEventName } from '../../model/event.js'
import { statusReasons } from '../../model/integration.js'
import { isNames, isVisibility, isReason, isApprovalStatus } from './shape-words.js'

/** The shapes of events and audit entries. */

/** Members that decide who may see an event. */
const membersOfEvents: Readonly<Record<RegistryEventName, Fits>> = {
  integration_connected: hasMembers<{ name: string }>({ name: isText }),
  integration_updated: hasMembers<{ changed: unknown }>({ changed: isNames }),
  integration_enabled: isObject,
  integration_disabled: isObject,
  integration_removed: hasMembers<{ ownerId: string; visibility: string }>({
    ownerId: isUserId,
    visibility: isVisibility,
  }),
  integration_status_changed: hasMembers<{ status: string; reason: string }>({
    status: isOneOf(Object.values(statusReasons)),
    reason: isReason,
  }),
  tools_changed: hasMembers<{ added: unknown; changed: unknown; removed: unknown }>({
    added: isNames,
    changed: isNames,
    removed: isNames,
  }),
  tools_configured: hasMembers<{ tools: unknown }>({ tools: isNames }),
  tools_accepted: hasMembers<{ tools: unknown }>({ tools: isNames }),
  credential_changed: hasMembers<{ change: string }>({ change: isOneOf(['set', 'refreshed', 'removed']) }),
  approval_changed: hasMembers<{ approvalId: string; status: string; userId: string }>({
    approvalId: isIdText,
    status: isApprovalStatus,
    userId: isUserId,
  }),
  grant_created: hasMembers<{ grantId: string; userId: string }>({ grantId: isIdText, userId: isUserId }),
  grant_revoked: hasMembers<{ grantId: string; userId: string }>({ grantId: isIdText, userId: isUserId }),
}

const isAnyEvent = hasMembers<{
  type: string
  integrationId: string
  workspaceId: string
  at: number
  by: string
  userId: string
}>({
  type: isOneOf(Object.keys(membersOfEvents)),
  integrationId: isIdText,
  workspaceId: isText,
  at: isMs,
  by: maybe(isText),
  userId: maybe(isUserId),
})

export const isEvent: Fits = (value) =>
  isAnyEvent(value) && membersOfEvents[(value as { readonly type: RegistryEventName }).type](value)

export const isAuditEntry = hasMembers<Omit<AuditEntry, 'id'>>({
  workspaceId: isText,
  at: isMs,
  userId: maybe(isText),
  agentId: maybe(isText),
  integrationId: maybe(isIdText),
  action: isOneOf(
    wordsOf<AuditEntry['action']>({
      connect: 1,
      update: 1,
      enable: 1,
      disable: 1,
      remove: 1,
      trust: 1,
      transfer_owner: 1,
      configure_tools: 1,
      accept_tools: 1,
      sign_in: 1,
      sign_out: 1,
      decide: 1,
      cancel_approval: 1,
      revoke_grant: 1,
      call: 1,
    }),
  ),
  tool: maybe(isText),
  approvalId: maybe(isText),
  rule: maybe(isText),
  outcome: maybe(isText),
  errorCode: maybe(isText),
  mayHaveRun: maybe(isFlag),
  durationMs: maybe(isMs),
  argumentsDigest: maybe(isText),
  arguments: isShallow,
  changed: maybe(isNames),
})
