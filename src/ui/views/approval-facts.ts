import { html, nothing, type TemplateResult } from 'lit'
import type { Approval } from '../../index.js'
import { shown } from '../controls/text.js'
import type { PageSession } from '../state/session.js'
import { labelBadge } from './label-badge.js'

/** Rules with a `why` that already mentions the change. */
const rulesOfChange: ReadonlySet<string> = new Set(['tool_new', 'tool_changed', 'tool_held'])

/** Who asks for what, where and why, and what is to be known about it. */
export function approvalFacts(
  approval: Approval,
  { session, titleId, equal }: { readonly session: PageSession; readonly titleId: string; readonly equal: number },
): TemplateResult {
  const { tool, integration, agentId, userId, status } = approval
  const { people, format, labels } = session
  const forMe = userId === people.me
  const name = tool.untrusted.title ?? tool.name
  return html`<header>
      <h3 id="${titleId}">${shown(labels.approvalHeading(name, integration.name))}</h3>
      <p class="meta">
        ${shown(labels.approvalAsks(people.agentName(agentId)))},
        ${forMe ? labels.approvalForYou : shown(labels.approvalFor(people.personName(userId)))} ·
        ${format.ago(approval.requestedAt)}${
          status === 'pending' ? ` · ${labels.approvalExpires(format.ago(approval.expiresAt))}` : nothing
        }
      </p>
      <p class="label-line">
        ${equal > 1 ? html`<span class="badge">${labels.approvalsEqual(equal)}</span>` : nothing}
        ${labelBadge(tool.label, labels)}${
          name === tool.name ? nothing : html`<span class="meta">· <span class="mono">${shown(tool.name)}</span></span>`
        }
      </p>
    </header>
    <dl class="facts">
      <div>
        <dt>${labels.approvalWhere}</dt>
        <dd>
          <span class="mono">${shown(hostOf(integration.origin))}</span>,
          ${
            integration.ownerId === people.me
              ? labels.approvalAccountYours
              : labels.approvalAccountOf(people.personName(integration.ownerId))
          }
        </dd>
      </div>
      <div>
        <dt>${labels.approvalWhy}</dt>
        <dd>${approval.why}</dd>
      </div>
      ${
        approval.risk === undefined
          ? nothing
          : html`<div>
              <dt>${labels.approvalRisk}</dt>
              <dd class="tone-warn">${shown(approval.risk)}</dd>
            </div>`
      }
    </dl>
    ${
      approval.change === undefined || approval.change.kind === 'same' || rulesOfChange.has(approval.rule)
        ? nothing
        : html`<p class="note tone-warn">${labels.approvalChanged}</p>`
    }`
}

/** What became of an approval, by whom and when. */
export function outcomeOf(approval: Approval, session: PageSession): TemplateResult {
  const { labels } = session
  const { status, decidedBy, decidedAt, reason } = approval
  const tone = status === 'denied' || status === 'unknown' ? 'bad' : isAllowed(status) ? 'good' : 'plain'
  const by =
    decidedBy === undefined || decidedBy === 'confirm' || decidedBy.startsWith('grant:')
      ? undefined
      : decidedBy === session.people.me
        ? labels.byYou
        : labels.by(session.people.personName(decidedBy))
  return html`<p class="status tone-${tone}">
      <span class="dot" aria-hidden="true"></span>${labels.approvalStatuses[status]}
    </p>
    <p class="meta">
      ${[...(by === undefined ? [] : [by]), ...(decidedAt === undefined ? [] : [session.format.ago(decidedAt)])].join(' · ')}
    </p>
    ${reason === undefined ? nothing : html`<p class="meta">${shown(labels.reasonGiven(reason))}</p>`}`
}

function isAllowed(status: Approval['status']): boolean {
  return status === 'approved' || status === 'dispatched' || status === 'finished'
}

function hostOf(origin: string): string {
  return origin.replace(/^https:\/\//, '')
}
