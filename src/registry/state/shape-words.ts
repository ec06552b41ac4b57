import { hasMembers, isFlag, isListOf, isOneOf, isText, maybe, wordsOf, type Fits } from '../../model/fits.js'
import { approvalTransitions } from '../../model/approval.js'
import { statusReasons } from '../../model/integration.js'
import type { ToolAnnotations, ToolChangeKind } from '../../model/tool.js'

/** Words and members of several records. */

export const isNames = isListOf(isText)
export const isLabelValue = isOneOf(['read', 'write'])
export const isVisibility = isOneOf(['private', 'workspace'])
export const isReason = isOneOf(Object.keys(statusReasons))
export const isApprovalStatus = isOneOf(Object.keys(approvalTransitions))
export const isHandle: Fits = (value) => typeof value === 'string' && /^[a-z0-9_]{1,24}$/.test(value)
export const isChangeKind = isOneOf(
  wordsOf<ToolChangeKind>({
    same: 1,
    cosmetic: 1,
    reworded: 1,
    narrowed: 1,
    widened: 1,
    new: 1,
    missing: 1,
    renamed: 1,
  }),
)

export const isAnnotations = hasMembers<ToolAnnotations>({
  title: maybe(isText),
  readOnlyHint: maybe(isFlag),
  destructiveHint: maybe(isFlag),
  idempotentHint: maybe(isFlag),
  openWorldHint: maybe(isFlag),
})
