import { html, nothing, type TemplateResult } from 'lit'
import type { JsonObject } from '../../index.js'
import { shown } from '../controls/text.js'
import type { Labels } from '../labels/english.js'

/** Name, type and description of each parameter of a tool, and the full schema, in the server's words. */
export function toolParameters(schema: JsonObject, labels: Labels): TemplateResult {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, JsonObject | boolean>)
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  if (properties.length === 0) return html`<p class="muted">${labels.noParameters}</p>`
  return html`<ul class="plain-list parameters">
      ${properties.map(([name, described]) => {
        const { type, description } = (
          typeof described === 'object' && described !== null ? described : {}
        ) as JsonObject
        return html`<li>
          <span class="mono">${shown(name)}</span>
          <span class="muted"
            >${typeof type === 'string' ? shown(type) : nothing}${
              required.includes(name) ? html` · ${labels.parameterRequired}` : nothing
            }</span
          >
          ${typeof description === 'string' ? html`<span class="foreign">${shown(description)}</span>` : nothing}
        </li>`
      })}
    </ul>
    <details class="more">
      <summary>${labels.schema}</summary>
      <pre class="code" tabindex="0">${shown(JSON.stringify(schema, null, 2))}</pre>
    </details>`
}
