import { html, nothing, type TemplateResult } from 'lit'
import { property, state } from 'lit/decorators.js'
import type { Integration, IntegrationOperation } from '../../index.js'
import type { Question } from '../controls/dialog.js'
import type { MenuItem } from '../controls/menu.js'
import { plain, shown } from '../controls/text.js'
import { Part } from '../elements/part.js'
import { reconnect, reported, setEnabled, validate } from './integration-verbs.js'
import { may, mayResolve } from './permissions.js'
import { statusView } from './status.js'

type OpenDialog = 'edit' | 'share' | 'transfer' | 'headers' | Question

/** The main action of an integration as a button, the others in a menu, and their dialogs. */
export class IntegrationActions extends Part {
  @property({ attribute: false }) accessor integration!: Integration
  /** Whether the integration's own view is open, so no link to it is offered. */
  @property({ attribute: false }) accessor isOpen = false
  @state() accessor #busy = false
  @state() accessor #dialog: OpenDialog | undefined

  protected override render(): TemplateResult {
    const { session, integration } = this
    return html`${this.#button()}
      <mcp-part-menu
        .session=${session}
        .name=${this.labels.menuFor(plain(integration.name))}
        .items=${this.#items()}
      ></mcp-part-menu>
      ${this.#dialogs()}`
  }

  #button(): TemplateResult | typeof nothing {
    const { labels, integration } = this
    const { action, tone } = statusView(integration, labels, this.session.format)
    // The strong colour marks an integration that doesn't work until a person acts.
    const does = (label: string, run: () => void): TemplateResult => this.#does(label, run, tone === 'bad')
    if (!mayResolve(integration, action)) return nothing
    switch (action) {
      case 'enable':
        return does(labels.turnOn, this.#setEnabled(true))
      case 'sign_in':
        return does(integration.status === 'connecting' ? labels.signInAgain : labels.signIn, this.#reconnect)
      case 'reconnect':
        return does(labels.reconnect, this.#reconnect)
      case 'edit': {
        const isOwn = integration.credentials === 'per_user'
        return does(this.#editLabel(isOwn), () => this.#open(isOwn ? 'headers' : 'edit'))
      }
      case 'review':
        if (!this.isOpen) return does(labels.review, () => this.tell('open'))
        return may(integration, 'validate') ? does(labels.validate, this.#validate) : nothing
      case 'validate':
        return does(labels.validate, this.#validate)
    }
  }

  /** A rejected value is replaced, a missing one is added. */
  #editLabel(isOwn: boolean): string {
    const { labels } = this
    const { reason } = this.integration.statusDetail
    if (reason === 'credential_rejected') return labels.replaceValue
    return isOwn || reason.startsWith('credential_') ? labels.addValue : labels.edit
  }

  #does(label: string, run: () => void, isUrgent: boolean): TemplateResult {
    return html`<button
      type="button"
      class="button ${isUrgent ? 'accent' : ''} ${this.#busy ? 'busy' : ''}"
      part="button ${isUrgent ? 'primary' : ''}"
      aria-disabled=${this.#busy}
      aria-label="${label} ${plain(this.integration.name)}"
      @click=${run}
    >
      ${label}
    </button>`
  }

  #items(): readonly MenuItem[] {
    const { labels, integration, session } = this
    const { enabled, visibility, credentials, trusted } = integration
    const item = (
      operation: IntegrationOperation,
      label: string,
      run: () => void,
      danger = false,
    ): readonly MenuItem[] => (may(integration, operation) ? [{ label, run, danger }] : [])
    return [
      ...(this.isOpen ? [] : item('list_tools', labels.tools, () => this.tell('open'))),
      ...item('update', labels.edit, () => this.#open('edit')),
      ...item('validate', labels.validate, this.#validate),
      ...(integration.auth === 'oauth'
        ? item(credentials === 'per_user' ? 'own_credential' : 'reconnect', labels.reconnect, this.#reconnect)
        : []),
      ...(credentials === 'per_user' && integration.status !== 'reconnect_required'
        ? item('own_credential', labels.signOut, () => void this.#signOut())
        : []),
      ...(enabled
        ? item('disable', labels.turnOff, this.#setEnabled(false))
        : item('enable', labels.turnOn, this.#setEnabled(true))),
      ...(visibility === 'private'
        ? item('share', labels.share, () => this.#open('share'))
        : item('update', labels.makePrivate, () => this.#open(this.#privateQuestion()))),
      ...item('transfer_owner', labels.transfer, () => this.#open('transfer')),
      ...item('trust', trusted ? labels.distrust : labels.trust, () => {
        if (trusted) void this.#run(() => reported(session, () => this.#setTrusted(integration, false)))
        else this.#open(this.#trustQuestion())
      }),
      ...item('remove', labels.remove, () => this.#open(this.#removeQuestion(session.labels)), true),
    ]
  }

  #dialogs(): TemplateResult | typeof nothing {
    const { session, integration } = this
    const done = (): void => (this.#dialog = undefined)
    const changed = ({ detail }: CustomEvent<Integration>): void => this.#changed(detail)
    switch (this.#dialog) {
      case undefined:
        return nothing
      case 'edit':
        return html`<mcp-part-server-dialog
          .session=${session}
          .integration=${integration}
          @done=${done}
          @changed=${changed}
        ></mcp-part-server-dialog>`
      case 'share':
        return html`<mcp-part-share .session=${session} .integration=${integration} @done=${done} @changed=${changed}>
        </mcp-part-share>`
      case 'transfer':
        return html`<mcp-part-transfer
          .session=${session}
          .integration=${integration}
          @done=${done}
          @changed=${changed}
        ></mcp-part-transfer>`
      case 'headers':
        return html`<mcp-part-own-headers
          .session=${session}
          .integration=${integration}
          @done=${done}
          @changed=${changed}
        ></mcp-part-own-headers>`
      default:
        return html`<mcp-part-confirm .session=${session} .question=${this.#dialog} @done=${done}></mcp-part-confirm>`
    }
  }

  #open(dialog: OpenDialog): void {
    this.#dialog = dialog
  }

  #changed(integration: Integration | undefined): void {
    if (integration !== undefined) this.tell('changed', integration)
  }

  async #run(work: () => Promise<Integration | undefined>): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    try {
      this.#changed(await work())
    } finally {
      this.#busy = false
    }
  }

  #validate = (): void => void this.#run(() => validate(this.session, this.integration))
  #reconnect = (): void => void this.#run(() => reconnect(this.session, this.integration))
  #setEnabled(enabled: boolean): () => void {
    return () => void this.#run(() => setEnabled(this.session, this.integration, enabled))
  }

  async #signOut(): Promise<void> {
    const { session, integration, labels } = this
    await this.#run(async () => {
      await session.client.signOut(integration.id)
      session.announce(labels.outcomeSignedOut(plain(integration.name)), 'good')
      return session.client.get(integration.id)
    })
  }

  async #setTrusted({ id, name, revision }: Integration, trusted: boolean): Promise<Integration> {
    const { session, labels } = this
    const integration = await session.client.trust(id, trusted, { ifRevision: revision })
    session.announce(trusted ? labels.outcomeTrusted(plain(name)) : labels.outcomeDistrusted(plain(name)), 'good')
    return integration
  }

  #trustQuestion(): Question {
    const { labels, integration } = this
    return {
      heading: labels.trustTitle(plain(integration.name)),
      text: labels.trustText,
      button: labels.trust,
      run: async () => this.#changed(await this.#setTrusted(integration, true)),
    }
  }

  #privateQuestion(): Question {
    const { labels, integration, session } = this
    const name = plain(integration.name)
    const owner =
      integration.ownerId === session.people.me ? labels.you : session.people.personName(integration.ownerId)
    return {
      heading: labels.privateTitle(name),
      text: labels.privateText(owner),
      button: labels.makePrivate,
      run: async () => {
        const { id, revision } = integration
        this.#changed(
          await session.client.update(id, { visibility: 'private', credentials: 'shared' }, { ifRevision: revision }),
        )
        session.announce(labels.outcomePrivate(name), 'good')
      },
    }
  }

  #removeQuestion({ removeTitle, removeText, removeButton, toolCount, outcomeRemoved }: typeof this.labels): Question {
    const { integration, session } = this
    return {
      heading: shown(removeTitle(integration.name)),
      text: removeText(toolCount(integration.tools.total)),
      button: removeButton,
      danger: true,
      run: async () => {
        await session.client.remove(integration.id)
        session.announce(outcomeRemoved(plain(integration.name)), 'good')
        this.tell('removed')
      },
    }
  }
}
