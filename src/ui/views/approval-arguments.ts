import { html, nothing, type TemplateResult } from 'lit'
import { property, state } from 'lit/decorators.js'
import type { JsonObject, JsonValue } from '../../index.js'
import { exact, hiddenIn } from '../controls/text.js'
import { Part } from '../elements/part.js'

/** Longer values are folded; their full text can always be opened. */
const longestUnfolded = 600

/** Every argument of a call, exactly as it will be sent, with hidden characters made visible. */
export class ApprovalArguments extends Part {
  @property({ attribute: false }) accessor value: JsonObject = {}
  @state() accessor #unfolded: ReadonlySet<string> = new Set()

  protected override render(): TemplateResult {
    const { labels, value } = this
    const entries = Object.entries(value)
    if (entries.length === 0) return html`<p class="muted">${labels.approvalNoArguments}</p>`
    const hidden = entries.reduce((sum, [name, one]) => sum + hiddenIn(name) + hiddenIn(textOf(one)), 0)
    return html`<dl class="arguments" part="arguments">
        ${entries.map(
          ([name, one]) =>
            html`<div>
              <dt>${exact(name)}</dt>
              <dd>${this.#value(name, one)}</dd>
            </div>`,
        )}
      </dl>
      ${hidden === 0 ? nothing : html`<p class="note tone-bad">${labels.approvalHidden(hidden)}</p>`}`
  }

  #value(name: string, value: JsonValue): TemplateResult {
    const { labels } = this
    const text = textOf(value)
    if (text.length <= longestUnfolded) return html`<span class="value">${exact(text)}</span>`
    const open = this.#unfolded.has(name)
    const toggle = (): void => {
      const next = new Set(this.#unfolded)
      if (!next.delete(name)) next.add(name)
      this.#unfolded = next
    }
    return html`<span class="value"
        >${exact(open ? text : text.slice(0, longestUnfolded / 2))}${open ? nothing : '…'}</span
      >
      <button type="button" class="button small" part="button" aria-expanded=${open} @click=${toggle}>
        ${open ? labels.approvalShowLess : labels.approvalShowAll(text.length)}
      </button>`
  }
}

/** A text keeps its line breaks: in its own cell it can't look like another argument. */
function textOf(value: JsonValue): string {
  return typeof value === 'string' ? `"${value}"` : JSON.stringify(value, null, 2)
}
