import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { property, state } from 'lit/decorators.js'
import { Part } from '../elements/part.js'
import { shownError } from '../state/errors.js'
import { headerEdits, type HeaderRow } from './header-rows.js'

/**
 * A button that tries a server before it is connected, and what it found. Fires `found` with the server's name, and
 * `missing` where there is no URL to try.
 */
export class ServerCheck extends Part {
  @property({ attribute: false }) accessor url = ''
  @property({ attribute: false }) accessor headers: readonly HeaderRow[] = []
  @state() accessor #checked: { readonly tone: 'good' | 'bad'; readonly text: string } | undefined
  @state() accessor #checking = false

  /** What was found is about the URL and headers of that time. */
  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('url') || changed.has('headers')) this.#checked = undefined
  }

  protected override render(): TemplateResult {
    const { labels } = this
    return html`<div class="check-line">
      <button type="button" class="button" part="button" aria-disabled=${this.#checking} @click=${this.#check}>
        ${this.#checking ? labels.checking : labels.check}
      </button>
      <p role="status" class="tone-${this.#checked?.tone ?? 'plain'}">${this.#checked?.text ?? nothing}</p>
    </div>`
  }

  #check = async (): Promise<void> => {
    const { labels, session } = this
    if (this.#checking) return
    if (this.url.trim() === '') return this.tell('missing')
    this.#checking = true
    this.#checked = undefined
    try {
      const headers = headerEdits(this.headers) as Record<string, string>
      const { auth, server, tools } = await session.client.check({ url: this.url.trim(), headers })
      const found = tools === undefined ? '' : ` ${labels.checkTools(tools.length)}`
      this.#checked = {
        tone: 'good',
        text: { none: labels.checkNone, oauth: labels.checkOAuth, header: labels.checkHeader }[auth] + found,
      }
      if (server !== undefined) this.tell('found', server.title ?? server.name)
    } catch (error) {
      this.#checked = { tone: 'bad', text: shownError(error, labels).message }
    } finally {
      this.#checking = false
    }
  }
}
