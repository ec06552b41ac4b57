import { isIntegrationError } from '../../model/errors.js'
import {
  statusReasons,
  type IntegrationAuth,
  type IntegrationStatus,
  type StatusAction,
  type StatusDetail,
  type StatusReason,
} from '../../model/integration.js'
import type { StorageRecordWrite } from '../../ports/storage.js'
import type { NewEvent } from '../state/event-feed.js'
import { toJson, type StatusRecord } from '../state/records.js'
import { keys, sharedOwner } from '../state/keys.js'

/** The status reason of an error; `undefined` when the error says nothing about the server. */
export function reasonOf(error: unknown): StatusReason | undefined {
  if (!isIntegrationError(error)) return undefined
  switch (error.code) {
    case 'unreachable':
      if (['exited', 'no_such_program', 'not_started'].includes(error.reason ?? '')) return 'local_server_failed'
      return error.reason === 'tls' ? 'tls' : 'unreachable'
    case 'session_lost':
      return 'unreachable'
    case 'redirect_refused':
    case 'url_refused':
      return 'url_refused'
    case 'authorization_failed':
      if (error.reason === 'client_rejected') return 'client_rejected'
      return error.reason === 'oauth_not_found' ? 'credential_needed' : 'credential_rejected'
    case 'timeout':
    case 'server_error':
    case 'rate_limited':
    case 'not_mcp':
    case 'protocol_error':
    case 'response_too_large':
    case 'credential_unreadable':
      return error.code
    default:
      return undefined
  }
}

/** The status now: an expired sign-in restores the status before it. */
export function currentStatus(status: StatusRecord, now: number): StatusRecord {
  return status.reason === 'awaiting_authorization' && now >= (status.until ?? 0)
    ? { ...status, reason: status.before ?? 'first_sign_in' }
    : status
}

/** The status for a person: what happened, and the next step. */
export function describeStatus(
  name: string,
  auth: IntegrationAuth,
  status: StatusRecord,
): { readonly status: IntegrationStatus; readonly statusDetail: StatusDetail } {
  const { reason, serverMessage, checkedAt, lastWorkedAt } = status
  const action = actionFor(reason, auth)
  return {
    status: statusReasons[reason],
    statusDetail: {
      reason,
      message: [sentences[reason](`Integration "${name}"`), adviceOn(reason, action)]
        .filter((part) => part !== '')
        .join(' '),
      action,
      serverMessage,
      checkedAt,
      lastWorkedAt,
    },
  }
}

/** The next step for a reason. */
export function actionFor(reason: StatusReason, auth: IntegrationAuth): StatusAction | undefined {
  switch (statusReasons[reason]) {
    case 'connected':
      return undefined
    case 'connecting':
      return 'reconnect'
    case 'reconnect_required':
      if (reason === 'client_rejected' || reason === 'credential_needed') return 'edit'
      return auth === 'oauth' || reason === 'first_sign_in' ? 'reconnect' : 'edit'
    case 'error':
      return reason === 'rate_limited' ? 'wait' : reason === 'not_mcp' || reason === 'url_refused' ? 'edit' : 'validate'
  }
}

/**
 * The writes and events of a status that a check or a call found.
 *
 * @param options - `notOftenerThanMs`: the minimum time between two writes of an unchanged status, so that calls don't
 * overload the storage
 */
export function statusChange(
  target: { readonly integrationId: string; readonly owner: string; readonly userId?: string | undefined },
  before: StatusRecord | undefined,
  found: Pick<StatusRecord, 'reason'> & Partial<StatusRecord>,
  { now, notOftenerThanMs = 0 }: { readonly now: number; readonly notOftenerThanMs?: number },
): {
  readonly writes: readonly StorageRecordWrite[]
  readonly events: readonly NewEvent[]
  readonly record: StatusRecord
} {
  const {
    until: _until,
    scopes: _scopes,
    before: _before,
    foundByCall: _byCall,
    serverMessage: _words,
    ...kept
  } = before ?? { reason: found.reason }
  const record: StatusRecord = {
    ...kept,
    ...found,
    checkedAt: now,
    lastWorkedAt: found.reason === 'ok' ? now : (found.lastWorkedAt ?? kept.lastWorkedAt),
  }
  const changed = before?.reason !== record.reason
  const learnt =
    before?.protocolVersion !== record.protocolVersion ||
    before?.account !== record.account ||
    before?.until !== record.until ||
    before?.before !== record.before ||
    before?.signIn !== record.signIn ||
    before?.foundByCall !== record.foundByCall ||
    before?.serverMessage !== record.serverMessage ||
    JSON.stringify(before?.scopes) !== JSON.stringify(record.scopes)
  if (!changed && !learnt && now - (before?.checkedAt ?? 0) < notOftenerThanMs)
    return { writes: [], events: [], record: before! }
  return {
    record,
    writes: [{ key: keys.status(target.integrationId, target.owner), value: toJson(record) }],
    events: changed
      ? [
          {
            type: 'integration_status_changed',
            integrationId: target.integrationId,
            status: statusReasons[record.reason],
            reason: record.reason,
            userId: target.owner === sharedOwner ? undefined : target.userId,
          },
        ]
      : [],
  }
}

/** Shown to a person on a settings page: names no method. */
function adviceOn(reason: StatusReason, action: StatusAction | undefined): string {
  if (reason === 'awaiting_authorization') return 'Finish the sign-in, or start again with Reconnect.'
  return action === undefined ? '' : advice[action]
}

const advice: Record<StatusAction, string> = {
  validate: 'Check the server, then check the connection again.',
  reconnect: 'Sign in again with Reconnect.',
  edit: 'Correct its URL, or its key or token.',
  wait: 'No action needed; it will be retried automatically.',
}

const sentences: Record<StatusReason, (subject: string) => string> = {
  ok: (it) => `${it} works.`,
  unreachable: (it) => `${it} could not be reached.`,
  tls: (it) => `${it} has an invalid TLS certificate.`,
  timeout: (it) => `${it} did not respond in time.`,
  server_error: (it) => `${it} returned a server error.`,
  rate_limited: (it) => `${it} asks for fewer requests.`,
  not_mcp: (it) => `${it} is not an MCP server at this URL. The path of one often ends in /mcp or /sse.`,
  protocol_error: (it) => `${it} sent an invalid MCP message.`,
  response_too_large: (it) => `${it} sent a response that is too large.`,
  local_server_failed: (it) => `${it} is a local server that could not be started, or exited.`,
  url_refused: (it) => `${it} has an address that is not allowed, or redirects to another.`,
  first_sign_in: (it) => `${it} needs a sign-in.`,
  credential_missing: (it) => `${it} has no credential.`,
  credential_needed: (it) => `${it} needs a credential and offers no sign-in.`,
  credential_rejected: (it) => `${it} does not accept its credential.`,
  client_rejected: (it) =>
    `${it} needs another OAuth client: its authorization server refused the client id or secret.`,
  refresh_rejected: (it) => `${it} needs authorization: the refresh token was rejected.`,
  refresh_outcome_unknown: (it) => `${it} needs authorization: the response to a token refresh was lost.`,
  issuer_changed: (it) => `${it} now points to a different authorization server.`,
  scope_required: (it) => `${it} needs more permissions than were granted.`,
  credential_unreadable: (it) => `${it} has a stored credential that can't be decrypted.`,
  awaiting_authorization: (it) => `${it} waits for a person at its authorization server.`,
}
