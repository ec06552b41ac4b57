import type { ConfirmRequest, ApprovalDecision } from '../model/approval.js'

/**
 * Asks a person whether a call may run. Called for a tool that resolves to *ask*.
 *
 * Return an {@link ApprovalDecision}, or `'defer'` when somebody will decide later with `approvals.decide()`. When it
 * hasn't returned after `approvals.waitMs`, the call ends with `approval_required`, the approval stays open, and a
 * later decision still counts. A throw or an unknown return value never runs the tool: the approval stays open.
 *
 * `signal` aborts when the decision is no longer needed: the call was aborted, the approval was decided elsewhere,
 * expired or cancelled, or the registry closes.
 */
export type ConfirmCallback = (
  request: ConfirmRequest,
  options: { readonly signal: AbortSignal },
) => Promise<ApprovalDecision | 'defer'> | ApprovalDecision | 'defer'
