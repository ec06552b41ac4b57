import { html, nothing, type TemplateResult } from 'lit'
import { property, state } from 'lit/decorators.js'
import type { ApprovalMode, AvailableConnector, CredentialMode, Integration } from '../../index.js'
import { Dialog } from '../controls/dialog.js'
import { checkboxField, radioField, selectField, switchField, textField } from '../controls/fields.js'
import { plain, shown } from '../controls/text.js'
import { headerEdits, headerRows, type HeaderRow } from './header-rows.js'
import { settle } from './integration-verbs.js'
import { modes } from './modes.js'
import { returnAddress } from './return-address.js'

/**
 * Connects a custom server or a catalogue entry, or edits an integration, with the same fields.
 */
export class ServerDialog extends Dialog {
  /** The integration to edit; absent: a server is connected. */
  @property({ attribute: false }) accessor integration: Integration | undefined
  /** The catalogue entry to connect. */
  @property({ attribute: false }) accessor connector: AvailableConnector | undefined
  /** The integration as the dialog opened it: later changes of other people must not be overwritten. */
  #opened: Integration | undefined
  @state() accessor #name = ''
  @state() accessor #url = ''
  @state() accessor #headers: readonly HeaderRow[] = []
  @state() accessor #isPrivate = true
  @state() accessor #credentials: CredentialMode = 'shared'
  @state() accessor #isEnabled = true
  @state() accessor #agents: readonly string[] = []
  @state() accessor #approval: ApprovalMode = 'default'
  @state() accessor #tried = false

  override connectedCallback(): void {
    super.connectedCallback()
    const { integration, connector, session } = this
    const { agents } = session.people
    this.#opened = integration
    this.#name = integration?.name ?? connector?.name ?? ''
    this.#url = integration?.url ?? connector?.url ?? ''
    this.#isPrivate = integration === undefined || integration.visibility === 'private'
    this.#credentials = integration?.credentials ?? 'shared'
    this.#approval = integration?.approval ?? 'default'
    this.#agents = integration?.agents ?? (agents.length === 1 ? agents.map(({ id }) => id) : [])
    const asked = connector?.auth.type === 'header' ? connector.auth : undefined
    this.#headers = headerRows(integration?.headers ?? [], asked)
  }

  protected override heading(): unknown {
    const { integration, connector, labels } = this
    if (integration !== undefined) return labels.editTitle(integration.name)
    return connector === undefined ? labels.connectCustomTitle : labels.connectNamed(connector.name)
  }

  protected override submitLabel(): string {
    if (this.integration !== undefined) return this.labels.save
    return this.busy ? this.labels.connecting : this.labels.connect
  }

  protected override body(): TemplateResult {
    const { labels, uid, connector, integration } = this
    return html`
      ${connector?.description === undefined ? nothing : html`<p class="prose">${shown(connector.description)}</p>`}
      ${textField({
        id: `${uid}-name`,
        label: labels.name,
        help: labels.nameHelp,
        value: this.#name,
        required: true,
        autofocus: true,
        problem: this.#problem('name', this.#name.trim() === ''),
        input: (value) => (this.#name = value),
      })}
      ${connector !== undefined && connector.url === undefined ? nothing : this.#urlField()}
      ${connector !== undefined && connector.auth.type !== 'header' ? nothing : this.#headerFields()}
      ${connector === undefined && integration === undefined ? this.#check() : nothing}
      ${switchField({
        id: `${uid}-private`,
        label: labels.privateSwitch,
        help: labels.privateHelp,
        checked: this.#isPrivate,
        problem: this.#problem('visibility', false),
        change: (checked) => (this.#isPrivate = checked),
      })}
      ${
        this.#isPrivate
          ? nothing
          : radioField<CredentialMode>({
              id: `${uid}-credentials`,
              label: labels.credentialsLegend,
              help: labels.credentialsHelp,
              value: this.#credentials,
              problem: this.#problem('credentials', false),
              options: [
                { value: 'shared', label: labels.credentialsShared },
                { value: 'per_user', label: labels.credentialsPerUser },
              ],
              change: (value) => (this.#credentials = value),
            })
      }
      ${
        integration !== undefined
          ? nothing
          : switchField({
              id: `${uid}-enabled`,
              label: labels.enableSwitch,
              help: labels.enableHelp,
              checked: this.#isEnabled,
              change: (checked) => (this.#isEnabled = checked),
            })
      }
      ${
        integration === undefined
          ? nothing
          : selectField<ApprovalMode>({
              id: `${uid}-approval`,
              label: labels.approvalColumn,
              help: labels.integrationModeHelp,
              value: this.#approval,
              options: modes(labels),
              change: (value) => (this.#approval = value),
            })
      }
      ${checkboxField({
        id: `${uid}-agents`,
        label: labels.agents,
        help: labels.agentsHelp,
        values: this.#agents,
        options: this.session.people.agents.map(({ id, name }) => ({ value: id, label: name ?? id })),
        problem: this.#tried && this.#agents.length === 0 ? labels.agentsNone : this.#problem('agents', false),
        change: (values) => (this.#agents = values),
      })}
    `
  }

  protected override async submit(): Promise<void> {
    this.#tried = true
    const needsUrl =
      this.connector === undefined && (this.integration === undefined || this.integration.url !== undefined)
    if (this.#name.trim() === '' || (needsUrl && this.#url.trim() === '') || this.#agents.length === 0) {
      await this.updateComplete
      this.querySelector<HTMLElement>('[aria-invalid=true]')?.focus()
      return
    }
    if (this.integration === undefined) await this.#connect()
    else await this.#save(this.#opened ?? this.integration)
  }

  async #connect(): Promise<void> {
    const { session, connector } = this
    const headers = headerEdits(this.#headers) as Record<string, string>
    const result = await session.client.connect(
      {
        ...(connector === undefined ? { url: this.#url.trim() } : { connector: connector.id }),
        name: this.#name.trim(),
        agents: this.#agents,
        visibility: this.#isPrivate ? 'private' : 'workspace',
        enabled: this.#isEnabled,
        credentials: this.#isPrivate ? 'shared' : this.#credentials,
        headers: Object.keys(headers).length === 0 ? undefined : headers,
      },
      { returnTo: returnAddress() },
    )
    this.close()
    this.tell('changed', result.integration)
    settle(session, result)
  }

  async #save(integration: Integration): Promise<void> {
    const { session } = this
    const visibility = this.#isPrivate ? 'private' : 'workspace'
    const shares = visibility !== integration.visibility
    const resets = shares || this.#credentials !== integration.credentials
    const headers = headerEdits(this.#headers)
    const saved = await session.client.update(
      integration.id,
      {
        name: this.#name.trim(),
        agents: this.#agents,
        approval: this.#approval,
        url: integration.url === undefined || this.#url.trim() === integration.url ? undefined : this.#url.trim(),
        headers: Object.keys(headers).length === 0 ? undefined : headers,
        visibility: shares ? visibility : undefined,
        credentials: resets ? (this.#isPrivate ? 'shared' : this.#credentials) : undefined,
      },
      { ifRevision: integration.revision },
    )
    this.close()
    this.tell('changed', saved)
    session.announce(this.labels.outcomeSaved(saved.name), 'good')
  }

  #urlField(): TemplateResult | typeof nothing {
    const { labels, uid, connector, integration } = this
    if (integration !== undefined && integration.url === undefined) return nothing
    const moved = integration !== undefined && this.#url !== integration.url
    return textField({
      id: `${uid}-url`,
      type: 'url',
      label: labels.url,
      help: connector !== undefined ? labels.urlFixed : moved ? labels.urlChangeHelp : labels.urlHelp,
      value: this.#url,
      required: true,
      readonly: connector !== undefined,
      problem: this.#problem('url', this.#url.trim() === ''),
      input: (value) => (this.#url = value),
    })
  }

  #headerFields(): TemplateResult {
    const { connector } = this
    return html`<mcp-part-headers
      .session=${this.session}
      .uid=${this.uid}
      .rows=${this.#headers}
      .asked=${connector?.auth.type === 'header' ? connector.auth : undefined}
      .problemOf=${(name: string) => this.error?.fields?.find(({ path }) => path === `headers.${name}`)?.message}
      @edited=${({ detail }: CustomEvent<readonly HeaderRow[]>) => (this.#headers = detail)}
    ></mcp-part-headers>`
  }

  #check(): TemplateResult {
    return html`<mcp-part-check
      .session=${this.session}
      .url=${this.#url}
      .headers=${this.#headers}
      @missing=${() => {
        this.#tried = true
        this.querySelector<HTMLElement>('[type=url]')?.focus()
      }}
      @found=${({ detail }: CustomEvent<string>) => {
        if (this.#name.trim() === '') this.#name = plain(detail)
      }}
    ></mcp-part-check>`
  }

  /** The problem of a field, from the server or because it is empty. */
  #problem(path: string, isEmpty: boolean): string | undefined {
    if (this.#tried && isEmpty) return this.labels.required
    return this.error?.fields?.find((field) => field.path === path || field.path.startsWith(`${path}[`))?.message
  }
}
