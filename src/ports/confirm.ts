import type { ConfirmRequest, ApprovalDecision } from '../model/approval.js'

/**
 * Asks a person whether a call may run. Called for a tool that resolves to *ask*.
 *
 * Answer with a {@link ApprovalDecision}, or `'defer'` when somebody will decide later by `approvals.decide()`. When it hasn't
 * answered after `approvals.waitMs`, the call ends with `approval_required`, the approval stays open, and an answer that
 * comes later counts. A throw or an unknown answer never runs the tool: the approval stays open.
 *
 * `signal` aborts when nobody needs the answer any more: the call was aborted, the approval was decided elsewhere,
 * expired or cancelled, or the registry closes.
 */
export type ConfirmCallback = (
  request: ConfirmRequest,
  options: { readonly signal: AbortSignal },
) => Promise<ApprovalDecision | 'defer'> | ApprovalDecision | 'defer'
