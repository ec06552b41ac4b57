import { html, type TemplateResult } from 'lit'
import type { ToolLabel } from '../../index.js'
import type { Labels } from '../labels/english.js'

/** A tool's label, with its source. */
export function labelBadge(label: ToolLabel | undefined, labels: Labels): TemplateResult {
  if (label === undefined)
    return html`<span class="badge outline">${labels.labelNone}</span> <span class="meta">${labels.labelBy.none}</span>`
  const { value, source, believed } = label
  const by = source === 'server' && !believed ? labels.labelBy.unbelieved : labels.labelBy[source]
  const tone = !believed ? 'outline' : value === 'read' ? 'tone-good' : 'tone-warn'
  return html`<span class="badge ${tone}">${value === 'read' ? labels.labelRead : labels.labelWrite}</span>
    <span class="meta">${by}</span>`
}
