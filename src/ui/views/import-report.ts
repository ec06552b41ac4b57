import { html, nothing, type TemplateResult } from 'lit'
import type { ImportedRow } from '../../http/client.js'
import { shown } from '../controls/text.js'
import type { PageSession } from '../state/session.js'
import { statusView, type StatusView } from './status.js'

/** The result of each server of a list. */
export function importReport(rows: readonly ImportedRow[], session: PageSession): TemplateResult {
  const { labels } = session
  return html`<p class="prose" role="status">${labels.importOutcome(rows.filter(isImported).length, rows.length)}</p>
    <ul class="card rows" role="list" aria-label=${labels.importReport} part="import-report">
      ${rows.map((row) => {
        const { tone, badge, line } = outcomeOf(row, session)
        return html`<li class="side-row">
          <div class="row-name">
            <p class="strong">${shown(row.name)}</p>
            ${line === '' ? nothing : html`<p class="meta">${shown(line)}</p>`}
          </div>
          <p class="status tone-${tone}"><span class="dot" aria-hidden="true"></span>${badge}</p>
        </li>`
      })}
    </ul>`
}

/** Whether an integration was created, even if it doesn't work yet. */
export function isImported({ type }: ImportedRow): boolean {
  return type === 'connected' || type === 'authorization_required' || type === 'failed'
}

function outcomeOf(row: ImportedRow, { labels, format }: PageSession): Pick<StatusView, 'tone' | 'badge' | 'line'> {
  switch (row.type) {
    case 'connected': {
      const { tools, enabled } = row.result.integration
      const line = [labels.toolCount(tools.total), ...(enabled ? [] : [labels.importedOff])].join(' · ')
      return { tone: 'good', badge: labels.statusConnected, line }
    }
    case 'authorization_required':
      return { tone: 'warn', badge: labels.statusSignIn, line: labels.reasons['first_sign_in'] ?? '' }
    case 'failed':
      return statusView({ ...row.result.integration, enabled: true }, labels, format)
    case 'unsupported':
      return { tone: 'off', badge: labels.importUnsupported, line: row.message }
    case 'missing_answers':
      return { tone: 'bad', badge: labels.importMissing, line: row.fields.map(({ path }) => path).join(', ') }
    case 'refused':
      return { tone: 'bad', badge: labels.importRefused, line: row.problem.detail }
  }
}
