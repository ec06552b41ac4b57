import { html, nothing, type TemplateResult } from 'lit'
import { property, state } from 'lit/decorators.js'
import { repeat } from 'lit/directives/repeat.js'
import type { AvailableConnector, Integration } from '../../index.js'
import { searchField } from '../controls/fields.js'
import { icon } from '../controls/icons.js'
import { avatar, outsideLink } from '../controls/links.js'
import type { MenuItem } from '../controls/menu.js'
import { emptyState, failure, skeleton } from '../controls/states.js'
import { plain, shown } from '../controls/text.js'
import { Part } from '../elements/part.js'
import { Resource } from '../state/resource.js'
import { needsAttention } from './status.js'
import { statusOf } from './status-line.js'

/** The number of integrations from which a search field is shown. */
const manyIntegrations = 8

/** Connected and available integrations. */
export class IntegrationList extends Part {
  @state() accessor #dialog: 'custom' | 'import' | 'export' | AvailableConnector | undefined
  @state() accessor #attentionOnly = false
  @state() accessor #search = ''
  @property({ attribute: false }) accessor heading = true
  /** The integration that was shown before: focus returns to it. */
  @property({ attribute: false }) accessor cameFrom: string | undefined

  readonly #integrations = new Resource(
    this,
    () => this.session.client.list(),
    ({ type }) => !type.startsWith('approval_') && !type.startsWith('grant_'),
  )
  readonly #catalogue = new Resource(
    this,
    () => this.session.client.available(),
    ({ type }) => type === 'integration_connected' || type === 'integration_removed',
  )

  protected override render(): TemplateResult {
    const { labels } = this
    return html`
      <header class="page-head">
        ${
          this.heading
            ? html`<div>
                <h1>${labels.title}</h1>
                <p class="muted">${labels.subtitle}</p>
              </div>`
            : html`<span class="grow"></span>`
        }
        <div class="buttons">
          <mcp-part-menu .session=${this.session} .name=${labels.actions} .items=${this.#actions()}></mcp-part-menu>
          <button type="button" class="button primary" part="button primary" @click=${() => (this.#dialog = 'custom')}>
            ${labels.connectCustom}
          </button>
        </div>
      </header>
      ${this.#connected()} ${this.#available()} ${this.#dialogs()}
    `
  }

  protected override updated(): void {
    if (this.cameFrom === undefined || this.#integrations.value === undefined) return
    const row = [...this.querySelectorAll<HTMLElement>('[data-id]')].find(
      ({ dataset }) => dataset['id'] === this.cameFrom,
    )
    ;(row ?? this.querySelector<HTMLElement>('#connected'))?.focus()
    this.cameFrom = undefined
  }

  #actions(): readonly MenuItem[] {
    const { labels } = this
    const hasAny = (this.#integrations.value?.length ?? 0) > 0
    return [
      { label: labels.import, run: () => (this.#dialog = 'import') },
      ...(hasAny ? [{ label: labels.export, run: () => (this.#dialog = 'export') }] : []),
    ]
  }

  #importButton(): TemplateResult {
    return html`<button type="button" class="button" part="button" @click=${() => (this.#dialog = 'import')}>
      ${this.labels.import}
    </button>`
  }

  #connected(): TemplateResult {
    const { labels } = this
    const { value, error } = this.#integrations
    const urgent = value?.filter(needsAttention).length ?? 0
    const only = this.#attentionOnly && urgent > 0
    const wanted = this.#search.trim().toLocaleLowerCase()
    const found = value?.filter(
      (one) =>
        (!only || needsAttention(one)) &&
        (wanted === '' || `${one.name} ${one.origin}`.toLocaleLowerCase().includes(wanted)),
    )
    return html`
      ${
        urgent === 0
          ? nothing
          : html`<div class="banner" part="banner">
              ${icon('alert')} <span>${labels.attention(urgent)}</span>
              <button
                type="button"
                class="button quiet small"
                aria-pressed=${only}
                @click=${() => (this.#attentionOnly = !this.#attentionOnly)}
              >
                ${only ? labels.attentionAll : labels.attentionOnly}
              </button>
            </div>`
      }
      <section aria-labelledby="connected">
        <div class="section-head">
          <h2 id="connected" tabindex="-1">${labels.connected}</h2>
          ${
            (value?.length ?? 0) < manyIntegrations
              ? nothing
              : searchField({ name: labels.find, value: this.#search, input: (text) => (this.#search = text) })
          }
        </div>
        ${
          error !== undefined && value === undefined
            ? failure(labels, labels.loadFailed(labels.connected), error, () => void this.#integrations.reload())
            : value === undefined || found === undefined
              ? skeleton(labels.loading, 4)
              : value.length === 0
                ? emptyState(labels.nothingConnected, {
                    help:
                      this.#catalogue.value?.length === 0
                        ? labels.nothingConnectedCustomHelp
                        : labels.nothingConnectedHelp,
                    picture: 'plug',
                    button: this.#importButton(),
                  })
                : found.length === 0
                  ? emptyState(labels.nothingFound)
                  : html`<ul class="card rows" part="list" role="list">
                      ${repeat(
                        found,
                        ({ id }) => id,
                        (one) => this.#row(one),
                      )}
                    </ul>`
        }
      </section>
    `
  }

  #row(integration: Integration): TemplateResult {
    const { labels, session } = this
    const { name, visibility, ownerId, agents, tools, enabled } = integration
    const { people } = session
    const names = agents.map((id) => people.agentName(id))
    const who = names.length > 3 ? [...names.slice(0, 2), labels.moreAgents(names.length - 2)] : names
    const meta = [
      tools.total === 0 && integration.status !== 'connected' ? '' : labels.toolCount(tools.total),
      ...(tools.ask === 0 ? [] : [labels.askCount(tools.ask)]),
      ...(tools.changed === 0 ? [] : [labels.reviewCount(tools.changed)]),
      who.join(', '),
      ...(visibility === 'private'
        ? []
        : [ownerId === people.me ? labels.byYou : labels.by(people.personName(ownerId))]),
    ].filter((part) => part !== '')
    const open = (): void => this.tell('open', integration.id)
    return html`<li class="row ${enabled ? '' : 'is-off'}" part="row">
      ${avatar(name, this.#iconOf(integration))}
      <div class="row-name">
        <p class="name-line">
          <button type="button" class="name" data-id=${integration.id} @click=${open}>${shown(name)}</button>
          <span class="badge">${visibility === 'private' ? labels.private : labels.shared}</span>
        </p>
        <p class="meta">${meta.join(' · ')}</p>
      </div>
      ${statusOf(integration, session)}
      <mcp-part-actions
        class="row-actions"
        .session=${session}
        .integration=${integration}
        @open=${open}
        @changed=${({ detail }: CustomEvent<Integration>) => this.#replace(detail)}
        @removed=${() => void this.#removed(integration.id)}
      ></mcp-part-actions>
    </li>`
  }

  #available(): TemplateResult | typeof nothing {
    const { labels } = this
    const { value, error } = this.#catalogue
    if (value?.length === 0) return nothing
    return html`<section aria-labelledby="available">
      <div class="section-head"><h2 id="available">${labels.available}</h2></div>
      ${
        value === undefined
          ? error === undefined
            ? skeleton(labels.loading, 1)
            : failure(labels, labels.loadFailed(labels.available), error, () => void this.#catalogue.reload())
          : html`<ul class="tiles" role="list">
              ${repeat(
                value,
                ({ id }) => id,
                (one) => this.#tile(one),
              )}
            </ul>`
      }
    </section>`
  }

  #tile(connector: AvailableConnector): TemplateResult {
    const { labels } = this
    const { name, description, documentationUrl, connected } = connector
    return html`<li class="card tile" part="tile">
      ${avatar(name, connector.icon)}
      <div class="tile-text">
        <h3>${shown(name)}</h3>
        ${description === undefined ? nothing : html`<p class="meta clamp">${shown(description)}</p>`}
        ${outsideLink(documentationUrl, labels.documentation)}
      </div>
      <div class="tile-foot">
        <button
          type="button"
          class="button small"
          part="button"
          aria-label=${labels.connectNamed(plain(name))}
          @click=${() => (this.#dialog = connector)}
        >
          ${connected === 0 ? labels.connect : labels.connectAnother}
        </button>
        ${connected === 0 ? nothing : html`<span class="meta tone-good">${icon('check')} ${labels.alreadyConnected}</span>`}
      </div>
    </li>`
  }

  #dialogs(): TemplateResult | typeof nothing {
    const { session } = this
    const wanted = this.#dialog
    const done = (): void => (this.#dialog = undefined)
    const changed = (): void => {
      void this.#integrations.reload()
      void this.#catalogue.reload()
    }
    switch (wanted) {
      case undefined:
        return nothing
      case 'import':
        return html`<mcp-part-import
          .session=${session}
          .known=${this.#integrations.value ?? []}
          @done=${done}
          @changed=${changed}
        ></mcp-part-import>`
      case 'export':
        return html`<mcp-part-export .session=${session} @done=${done}></mcp-part-export>`
      default:
        return html`<mcp-part-server-dialog
          .session=${session}
          .connector=${wanted === 'custom' ? undefined : wanted}
          @done=${done}
          @changed=${changed}
        ></mcp-part-server-dialog>`
    }
  }

  #iconOf({ connectorId, server }: Integration): string | undefined {
    return server?.icon ?? this.#catalogue.value?.find(({ id }) => id === connectorId)?.icon
  }

  #replace(changed: Integration): void {
    const { value } = this.#integrations
    if (value !== undefined) this.#integrations.set(value.map((one) => (one.id === changed.id ? changed : one)))
    void this.#integrations.reload()
  }

  async #removed(id: string): Promise<void> {
    this.#integrations.set(this.#integrations.value?.filter((one) => one.id !== id) ?? [])
    await this.updateComplete
    this.querySelector<HTMLElement>('#connected')?.focus()
  }
}
