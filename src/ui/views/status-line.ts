import { html, type TemplateResult } from 'lit'
import type { Integration } from '../../index.js'
import type { PageSession } from '../state/session.js'
import { mayResolve } from './permissions.js'
import { statusView } from './status.js'

/** An integration's status: a badge, and the reason with whom to ask when the person can't resolve it. */
export function statusOf(integration: Integration, { labels, format, people }: PageSession): TemplateResult {
  const { badge, line, tone, action } = statusView(integration, labels, format)
  const asks = (tone === 'bad' || tone === 'warn') && action !== 'review' && !mayResolve(integration, action)
  const reason = asks ? `${line}. ${labels.askOwner(people.personName(integration.ownerId))}` : line
  return html`<div class="row-status">
    <p class="status tone-${tone}" part="status"><span class="dot" aria-hidden="true"></span>${badge}</p>
    <p class="meta">${reason}</p>
  </div>`
}
