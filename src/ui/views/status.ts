import type { Integration } from '../../index.js'
import type { Format } from '../state/format.js'
import type { Labels } from '../labels/english.js'

/** How an integration's status is shown, with its main action. */
export interface StatusView {
  readonly tone: 'good' | 'warn' | 'bad' | 'off' | 'busy'
  readonly badge: string
  readonly line: string
  readonly action: 'enable' | 'reconnect' | 'sign_in' | 'edit' | 'review' | 'validate'
}

/** Off takes precedence over errors, and errors over tools to review. */
export function statusView(integration: Integration, labels: Labels, format: Format): StatusView {
  const { status, statusDetail, enabled } = integration
  const { reason, action, checkedAt, lastWorkedAt } = statusDetail
  const why = labels.reasons[reason] ?? statusDetail.message
  if (!enabled) return { tone: 'off', badge: labels.statusOff, line: labels.statusOffLine, action: 'enable' }
  switch (status) {
    case 'reconnect_required':
      return {
        tone: 'bad',
        badge: reason === 'first_sign_in' ? labels.statusSignIn : labels.statusReconnect,
        line: why,
        action: action === 'edit' ? 'edit' : reason === 'first_sign_in' ? 'sign_in' : 'reconnect',
      }
    case 'error': {
      const worked = lastWorkedAt === undefined ? '' : `. ${labels.lastWorked(format.ago(lastWorkedAt))}`
      return {
        tone: 'warn',
        badge: labels.statusError,
        line: why + worked,
        action: action === 'edit' ? 'edit' : 'validate',
      }
    }
    case 'connecting':
      return { tone: 'busy', badge: labels.statusConnecting, line: why, action: 'sign_in' }
    default: {
      const { held, changed } = integration.tools
      if (changed > 0) {
        const line = held > 0 ? labels.statusHeldLine(held) : labels.statusChangedLine(changed)
        return { tone: 'warn', badge: labels.statusReview, line, action: 'review' }
      }
      const line = checkedAt === undefined ? why : labels.checked(format.ago(checkedAt))
      return { tone: 'good', badge: labels.statusConnected, line, action: 'validate' }
    }
  }
}

/** Whether a person has to do something about it. */
export function needsAttention({ enabled, status, tools }: Integration): boolean {
  return enabled && (status === 'error' || status === 'reconnect_required' || tools.changed > 0)
}
