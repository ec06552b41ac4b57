import type { ToolCallOutcome } from '../../model/outcome.js'
import { presentApproval } from './approvals.js'
import type { ApprovalRecord } from '../state/records.js'

/** A call that ends without being sent, with its outcome. */
export interface Ended {
  readonly type: 'ended'
  readonly outcome: ToolCallOutcome
}

/** The outcome of a call whose approval is pending, denied, ended or already used. */
export function endedOutcome(record: ApprovalRecord, now: number): ToolCallOutcome {
  const approval = presentApproval(record, now)
  const { approvalId } = approval
  const tool = approval.tool.modelName
  const { reason } = record
  switch (approval.status) {
    case 'pending':
      return {
        type: 'approval_required',
        approval,
        modelText: `The call of ${tool} waits for a person's approval (${approvalId}). It has not run. Continue without it, or stop here until it is decided.`,
      }
    case 'denied':
      return {
        type: 'not_run',
        because: 'denied',
        reason,
        approvalId,
        modelText: `The call of ${tool} was denied. It has not run.${record.reason === undefined ? '' : ` The reason: ${record.reason}`} Don't try it again unless the person asks for it.`,
      }
    case 'expired':
      return {
        type: 'not_run',
        because: 'expired',
        reason,
        approvalId,
        modelText: `${record.decidedAt === undefined ? `Nobody decided about the call of ${tool}` : `The approval of ${tool} was not used`} in time. It has not run.`,
      }
    case 'superseded':
      return {
        type: 'not_run',
        because: 'superseded',
        reason,
        approvalId,
        modelText: `The call of ${tool} has not run: the tool, its integration or the arguments have changed since the approval. Call it again to ask again.`,
      }
    case 'cancelled':
      return {
        type: 'not_run',
        because: 'cancelled',
        reason,
        approvalId,
        modelText: `The request to call ${tool} was cancelled. It has not run.`,
      }
    case 'approved':
    case 'dispatched':
    case 'finished':
    case 'unknown':
      return {
        type: 'not_run',
        because: 'already_used',
        reason:
          approval.status === 'unknown' ? 'It was sent before and its outcome is unknown: it may have run.' : reason,
        approvalId,
        modelText: `The approval of ${tool} was already used, and an approval runs one call. This call has not run again.`,
      }
  }
}
