import { html, nothing, type TemplateResult } from 'lit'
import { property, state } from 'lit/decorators.js'
import { live } from 'lit/directives/live.js'
import type { JsonObject } from '../../index.js'
import { editableJson } from '../controls/text.js'
import { Part } from '../elements/part.js'

/** The arguments of a call as text to edit. Fires `edited` with the arguments, or `dropped`. */
export class ArgumentsEditor extends Part {
  @property({ attribute: false }) accessor value: JsonObject = {}
  @property({ attribute: false }) accessor uid = ''
  @state() accessor #draft = ''
  @state() accessor #problem: string | undefined

  override connectedCallback(): void {
    super.connectedCallback()
    this.#draft = editableJson(this.value)
  }

  protected override firstUpdated(): void {
    this.querySelector('textarea')?.focus()
  }

  protected override render(): TemplateResult {
    const { labels, uid } = this
    return html`<div class="field">
      <label for=${uid}>${labels.editArgumentsLabel}</label>
      <textarea
        id=${uid}
        class="mono"
        part="field"
        rows=${Math.min(16, this.#draft.split('\n').length + 1)}
        spellcheck="false"
        .value=${live(this.#draft)}
        aria-invalid=${this.#problem !== undefined}
        aria-describedby="${uid}-problem ${uid}-help"
        @input=${(event: Event) => (this.#draft = (event.target as HTMLTextAreaElement).value)}
      ></textarea>
      <p class="help" id="${uid}-help">${labels.editArgumentsHelp}</p>
      <p class="problem" id="${uid}-problem">${this.#problem ?? nothing}</p>
      <div class="buttons">
        <button type="button" class="button small" @click=${this.#use}>${labels.editArgumentsDone}</button>
        <button type="button" class="button small quiet" @click=${() => this.tell('dropped')}>${labels.cancel}</button>
      </div>
    </div>`
  }

  #use = (): void => {
    const edited = parseObject(this.#draft)
    if (edited !== undefined) return this.tell('edited', edited)
    this.#problem = this.labels.editArgumentsInvalid
    this.querySelector('textarea')?.focus()
  }
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
  } catch {
    return undefined
  }
}
