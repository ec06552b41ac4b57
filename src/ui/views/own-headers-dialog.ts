import { html, type TemplateResult } from 'lit'
import { property, state } from 'lit/decorators.js'
import type { Integration } from '../../index.js'
import { Dialog } from '../controls/dialog.js'
import { textField } from '../controls/fields.js'
import { plain } from '../controls/text.js'
import { settle } from './integration-verbs.js'

/** A person's own header value, on an integration with a credential per person. */
export class OwnHeadersDialog extends Dialog {
  @property({ attribute: false }) accessor integration!: Integration
  @state() accessor #name = ''
  @state() accessor #value = ''
  @state() accessor #tried = false

  override connectedCallback(): void {
    super.connectedCallback()
    this.#name = this.integration.headers?.[0]?.name ?? 'Authorization'
  }
  protected override heading(): string {
    return this.labels.signInTitle(plain(this.integration.name))
  }
  protected override submitLabel(): string {
    return this.labels.save
  }
  protected override body(): TemplateResult {
    const { labels, uid } = this
    return html`${textField({
      id: `${uid}-name`,
      label: labels.headerName,
      value: this.#name,
      required: true,
      problem: this.#tried && this.#name.trim() === '' ? labels.required : undefined,
      input: (value) => (this.#name = value),
    })}
    ${textField({
      id: `${uid}-value`,
      label: labels.headerValue,
      help: labels.headersHelp,
      type: 'password',
      value: this.#value,
      required: true,
      autofocus: true,
      problem: this.#tried && this.#value === '' ? labels.required : this.error?.fields?.[0]?.message,
      input: (value) => (this.#value = value),
    })}`
  }
  protected override async submit(): Promise<void> {
    const { session, integration } = this
    this.#tried = true
    if (this.#name.trim() === '' || this.#value === '') {
      await this.updateComplete
      return this.querySelector<HTMLElement>('[aria-invalid=true]')?.focus()
    }
    const result = await session.client.authorize(integration.id, { headers: { [this.#name.trim()]: this.#value } })
    this.close()
    this.tell('changed', settle(session, result))
  }
}
