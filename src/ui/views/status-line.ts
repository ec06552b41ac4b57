import type { Integration } from '../../index.js'
import type { PageSession } from '../state/session.js'
import { mayResolve } from './permissions.js'
import { statusView } from './status.js'

/** Under the badge: why, and whom to ask where the person can't do anything about it. */
export function statusLine(integration: Integration, { labels, format, people }: PageSession): string {
  const { line, tone, action } = statusView(integration, labels, format)
  const asks = (tone === 'bad' || tone === 'warn') && action !== 'review' && !mayResolve(integration, action)
  return asks ? `${line}. ${labels.askOwner(people.personName(integration.ownerId))}` : line
}
