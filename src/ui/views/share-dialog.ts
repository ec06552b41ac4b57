import { html, type TemplateResult } from 'lit'
import { property, state } from 'lit/decorators.js'
import type { CredentialMode, Integration } from '../../index.js'
import { Dialog } from '../controls/dialog.js'
import { radioField } from '../controls/fields.js'
import { plain } from '../controls/text.js'

/** Shares an integration with everyone in the workspace, with a choice of what happens to its credential. */
export class ShareDialog extends Dialog {
  @property({ attribute: false }) accessor integration!: Integration
  @state() accessor #credentials: CredentialMode = 'per_user'
  #revision = 0

  override connectedCallback(): void {
    super.connectedCallback()
    this.#revision = this.integration.revision
  }
  protected override heading(): string {
    return this.labels.shareTitle(plain(this.integration.name))
  }
  protected override submitLabel(): string {
    return this.labels.shareButton
  }
  protected override body(): TemplateResult {
    const { labels } = this
    return html`<p class="prose">${labels.shareText}</p>
      ${radioField<CredentialMode>({
        id: `${this.uid}-credentials`,
        label: labels.credentialsLegend,
        value: this.#credentials,
        options: [
          { value: 'per_user', label: labels.credentialsPerUser },
          { value: 'shared', label: labels.credentialsShared },
        ],
        change: (value) => (this.#credentials = value),
      })}`
  }
  protected override async submit(): Promise<void> {
    const { session, integration } = this
    const shared = await session.client.update(
      integration.id,
      { visibility: 'workspace', credentials: this.#credentials },
      { ifRevision: this.#revision },
    )
    this.close()
    this.tell('changed', shared)
    session.announce(this.labels.outcomeShared(plain(shared.name)), 'good')
  }
}
