import { html, nothing, type TemplateResult } from 'lit'
import { property } from 'lit/decorators.js'
import type { AvailableConnector } from '../../index.js'
import { icon } from '../controls/icons.js'
import { Part } from '../elements/part.js'
import type { HeaderRow } from './header-rows.js'

/** The headers of a server: their names, and values that are typed but never shown. Fires `edited` with the new rows. */
export class HeaderFields extends Part {
  @property({ attribute: false }) accessor rows: readonly HeaderRow[] = []
  /** The one header that a catalogue entry needs; absent: any number of them. */
  @property({ attribute: false }) accessor asked:
    Extract<AvailableConnector['auth'], { readonly type: 'header' }> | undefined
  /** The problem of a header, by its name. */
  @property({ attribute: false }) accessor problemOf!: (name: string) => string | undefined
  @property({ attribute: false }) accessor uid = ''

  protected override render(): TemplateResult {
    const { labels, asked } = this
    return html`<fieldset class="field">
      <legend>${asked === undefined ? labels.headers : labels.headersNeeded}</legend>
      <p class="help">${asked?.description ?? labels.headersHelp}</p>
      ${this.rows.map((row, n) => (row.removed ? nothing : this.#row(row, n)))}
      ${
        asked === undefined
          ? html`<button
              type="button"
              class="button small"
              part="button"
              @click=${() => this.tell('edited', [...this.rows, { name: '', value: '' }])}
            >
              ${icon('plus')} ${labels.addHeader}
            </button>`
          : nothing
      }
    </fieldset>`
  }

  #row(row: HeaderRow, n: number): TemplateResult {
    const { labels, asked, uid } = this
    const problem = row.name === '' ? undefined : this.problemOf(row.name)
    return html`<div class="header-row">
      <input
        type="text"
        part="field"
        autocomplete="off"
        spellcheck="false"
        placeholder=${labels.headerName}
        aria-label=${labels.headerName}
        .value=${row.name}
        ?readonly=${row.savedAt !== undefined || asked !== undefined}
        aria-invalid=${problem !== undefined}
        aria-describedby="${uid}-header-${n}"
        @input=${(event: Event) => this.#change(n, { name: (event.target as HTMLInputElement).value })}
      />
      <input
        type="password"
        part="field"
        autocomplete="off"
        placeholder=${
          row.savedAt === undefined
            ? (asked?.title ?? labels.headerValue)
            : labels.headerKept(this.session.format.ago(row.savedAt))
        }
        aria-label=${`${asked?.title ?? row.name} ${labels.headerValue}`.trim()}
        .value=${row.value}
        @input=${(event: Event) => this.#change(n, { value: (event.target as HTMLInputElement).value })}
      />
      ${
        asked === undefined
          ? html`<button
              type="button"
              class="button quiet square"
              aria-label=${labels.removeHeader(row.name)}
              @click=${() => this.#remove(n)}
            >
              ${icon('close')}
            </button>`
          : nothing
      }
      <p class="problem" id="${uid}-header-${n}">${problem ?? nothing}</p>
    </div>`
  }

  #change(at: number, typed: Partial<HeaderRow>): void {
    this.tell(
      'edited',
      this.rows.map((row, n) => (n === at ? { ...row, ...typed } : row)),
    )
  }

  async #remove(at: number): Promise<void> {
    this.tell(
      'edited',
      this.rows.flatMap((row, n) => (n !== at ? [row] : row.savedAt === undefined ? [] : [{ ...row, removed: true }])),
    )
    // The rows come back from the dialog.
    await new Promise((resolve) => setTimeout(resolve))
    await this.updateComplete
    const first = this.querySelector<HTMLElement>('.header-row input') ?? this.querySelector<HTMLElement>('.small')
    first?.focus()
  }
}
