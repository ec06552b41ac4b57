import { html, type TemplateResult } from 'lit'
import { property, state } from 'lit/decorators.js'
import type { Person } from '../../http/client.js'
import type { Integration } from '../../index.js'
import { Dialog } from '../controls/dialog.js'
import { radioField, textField } from '../controls/fields.js'
import { plain, shown } from '../controls/text.js'

/** The most people offered at once; a search finds the others. */
const mostOffered = 8
/** The pause after the last key before a search starts. */
const searchAfterMs = 200

/** Transfers an integration to another person, chosen from the people that the host lists, otherwise by their id. */
export class TransferDialog extends Dialog {
  @property({ attribute: false }) accessor integration!: Integration
  @state() accessor #to = ''
  @state() accessor #search = ''
  @state() accessor #found: readonly Person[] = []
  @state() accessor #tried = false
  #pause: ReturnType<typeof setTimeout> | undefined

  override connectedCallback(): void {
    super.connectedCallback()
    this.#found = this.session.people.listed ?? []
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearTimeout(this.#pause)
  }
  protected override heading(): string {
    return this.labels.transferTitle(plain(this.integration.name))
  }
  protected override submitLabel(): string {
    return this.labels.transferButton
  }
  protected override body(): TemplateResult {
    const { labels, integration } = this
    const text = integration.visibility === 'private' ? labels.transferPrivateText : labels.transferText
    return html`<p class="prose">${text}</p>
      ${this.session.people.listed === undefined ? this.#idField() : this.#choice()}`
  }

  #idField(): TemplateResult {
    const { labels } = this
    return textField({
      id: `${this.uid}-to`,
      label: labels.transferTo,
      help: labels.transferToHelp,
      value: this.#to,
      required: true,
      autofocus: true,
      problem: this.#tried && this.#to.trim() === '' ? labels.required : this.#refused(),
      input: (value) => (this.#to = value),
    })
  }

  #choice(): TemplateResult {
    const { labels, uid, integration } = this
    const offered = this.#found.filter(({ id }) => id !== integration.ownerId).slice(0, mostOffered)
    return html`${textField({
      id: `${uid}-search`,
      label: labels.transferSearch,
      help: labels.transferSearchHelp,
      value: this.#search,
      autofocus: true,
      problem: this.#tried && this.#to === '' ? labels.transferChoose : this.#refused(),
      input: this.#type,
    })}
    ${
      offered.length === 0
        ? html`<p class="muted" role="status">${labels.transferNobody}</p>`
        : radioField({
            id: `${uid}-to`,
            label: labels.transferFound,
            value: this.#to,
            options: offered.map(({ id, name }) => ({
              value: id,
              label: html`${shown(name)} <span class="meta">${shown(id)}</span>`,
            })),
            change: (id) => (this.#to = id),
          })
    }`
  }

  #refused(): string | undefined {
    return this.error?.fields?.find(({ path }) => path === 'userId')?.message
  }

  #type = (typed: string): void => {
    this.#search = typed
    this.#to = ''
    clearTimeout(this.#pause)
    this.#pause = setTimeout(() => void this.#find(typed.trim()), searchAfterMs)
  }

  async #find(search: string): Promise<void> {
    const { session } = this
    const found = search === '' ? session.people.listed : await session.client.people({ search }).catch(() => undefined)
    // Results of earlier searches are ignored.
    if (search === this.#search.trim()) this.#found = found ?? []
  }

  protected override async submit(): Promise<void> {
    const { session, integration } = this
    const to = this.#to.trim()
    this.#tried = true
    if (to === '') return this.querySelector('input')?.focus()
    const { people } = session
    const name = this.#found.find(({ id }) => id === to)?.name ?? people.personName(to)
    await session.client.transferOwner(integration.id, to)
    this.close()
    session.announce(this.labels.outcomeTransferred(plain(integration.name), plain(name)), 'good')
    this.tell('changed', { ...integration, ownerId: to })
  }
}
