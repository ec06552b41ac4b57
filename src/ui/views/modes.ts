import type { ApprovalMode } from '../../index.js'
import type { Labels } from '../labels/english.js'

/** The three approval modes, in the order of the list. */
export function modes(labels: Labels): readonly { readonly value: ApprovalMode; readonly label: string }[] {
  return [
    { value: 'default', label: labels.modeDefault },
    { value: 'ask', label: labels.modeAsk },
    { value: 'auto', label: labels.modeAuto },
  ]
}
