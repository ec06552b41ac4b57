import type { ConfirmRequest, ApprovalDecision } from '../model/approval.js'

/**
 * Asks a person whether a call may run. Called for a tool that resolves to *ask*.
 *
 * Return an {@link ApprovalDecision}, or `'defer'` if a person will decide later with `approvals.decide()`. If the
 * callback takes longer than `approvals.waitMs`, the call ends with `approval_required`, the approval stays open, and a
 * later decision still counts. After an error or an invalid return value the tool doesn't run and the approval stays open.
 *
 * `signal` aborts when the decision is no longer needed: the call was aborted, the approval was decided elsewhere,
 * expired or cancelled, or the registry closes.
 */
export type ConfirmCallback = (
  request: ConfirmRequest,
  options: { readonly signal: AbortSignal },
) => Promise<ApprovalDecision | 'defer'> | ApprovalDecision | 'defer'
