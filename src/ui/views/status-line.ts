import type { Integration } from '../../index.js'
import type { PageSession } from '../state/session.js'
import { mayResolve } from './permissions.js'
import { statusView } from './status.js'

/** The line under the badge: the reason, and whom to ask when the person can't resolve it. */
export function statusLine(integration: Integration, { labels, format, people }: PageSession): string {
  const { line, tone, action } = statusView(integration, labels, format)
  const asks = (tone === 'bad' || tone === 'warn') && action !== 'review' && !mayResolve(integration, action)
  return asks ? `${line}. ${labels.askOwner(people.personName(integration.ownerId))}` : line
}
