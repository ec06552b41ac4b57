import { html, nothing, type TemplateResult } from 'lit'
import { property } from 'lit/decorators.js'
import type { Integration } from '../../index.js'
import { icon } from '../controls/icons.js'
import { avatar, outsideLink } from '../controls/links.js'
import { failure, skeleton } from '../controls/states.js'
import { shown } from '../controls/text.js'
import { Part } from '../elements/part.js'
import { Resource } from '../state/resource.js'
import { may } from './permissions.js'
import { statusOf } from './status-line.js'

/** One integration: its tools and their changes, details, standing approvals and recent calls. */
export class IntegrationView extends Part {
  @property({ attribute: false }) accessor integrationId = ''
  /** Whether focus moves here: the person came from the list. */
  @property({ attribute: false }) accessor takesFocus = false

  readonly #integration = new Resource(
    this,
    () => this.session.client.get(this.integrationId),
    ({ integrationId, type }) => integrationId === this.integrationId && !type.startsWith('approval_'),
  )

  protected override firstUpdated(): void {
    // Screen reader and keyboard continue in the new view.
    if (this.takesFocus) this.querySelector<HTMLElement>('.back')?.focus()
  }

  protected override render(): TemplateResult {
    const { labels } = this
    const { value, error } = this.#integration
    return html`
      <nav aria-label=${labels.integrationsTab}>
        <button type="button" class="button quiet small back" @click=${() => this.tell('back')}>
          ${icon('back')} ${labels.back}
        </button>
      </nav>
      ${
        value !== undefined
          ? this.#page(value)
          : error === undefined
            ? skeleton(labels.loading, 3)
            : failure(labels, labels.loadFailed(labels.integrationsTab), error, () => void this.#integration.reload())
      }
    `
  }

  #page(integration: Integration): TemplateResult {
    const { labels, session } = this
    const changed = ({ detail }: CustomEvent<Integration>): void => {
      this.#integration.set(detail)
      void this.#integration.reload()
    }
    return html`
      <header class="integration-head" part="integration-head">
        ${avatar(integration.name, integration.server?.icon)}
        <div class="row-name">
          <h1>${shown(integration.name)}</h1>
          <p class="badges">
            <span class="badge">
              ${icon(integration.visibility === 'private' ? 'lock' : 'people')}
              ${integration.visibility === 'private' ? labels.private : labels.shared}
            </span>
            ${integration.trusted ? html`<span class="badge">${labels.trusted}</span>` : nothing}
          </p>
        </div>
        ${statusOf(integration, session)}
        <mcp-part-actions
          class="row-actions"
          .session=${session}
          .integration=${integration}
          .isOpen=${true}
          @changed=${changed}
          @removed=${() => this.tell('back')}
        ></mcp-part-actions>
      </header>
      ${
        integration.statusDetail.serverMessage === undefined
          ? nothing
          : html`<div class="server-says">
              <p class="term">${labels.serverSays}</p>
              <p class="foreign">${shown(integration.statusDetail.serverMessage)}</p>
            </div>`
      }
      <div class="columns">
        <div class="main-column">
          ${
            may(integration, 'list_tools')
              ? html`<mcp-part-tools .session=${session} .integration=${integration}></mcp-part-tools>`
              : nothing
          }
        </div>
        <div class="side-column">
          ${this.#about(integration)}
          <mcp-part-grants .session=${session} .integrationId=${integration.id}></mcp-part-grants>
          <mcp-part-calls .session=${session} .integrationId=${integration.id}></mcp-part-calls>
        </div>
      </div>
    `
  }

  #about(integration: Integration): TemplateResult {
    const { labels, session } = this
    const { people, format } = session
    const { auth, credentials, visibility } = integration
    const authText = { none: labels.authNone, header: labels.authHeader, oauth: labels.authOauth }[auth]
    const whose =
      auth === 'none' || visibility === 'private'
        ? ''
        : `, ${credentials === 'per_user' ? labels.authPerUser : labels.authShared}`
    const { server } = integration
    const named =
      server === undefined ? undefined : [server.title ?? server.name, server.version].filter(Boolean).join(' ')
    const lines: readonly (readonly [string, unknown])[] = [
      [labels.aboutAddress, html`<span class="mono">${shown(integration.url ?? integration.origin)}</span>`],
      [
        labels.aboutServer,
        named === undefined ? undefined : html`${shown(named)} ${outsideLink(server?.websiteUrl, (host) => host)}`,
      ],
      [
        labels.aboutOwner,
        integration.ownerId === people.me ? labels.you : shown(people.personName(integration.ownerId)),
      ],
      [labels.aboutAgents, format.list(integration.agents.map((id) => people.agentName(id)))],
      [labels.aboutAuth, authText + whose],
      [labels.aboutAccount, integration.account === undefined ? undefined : shown(integration.account)],
      [labels.aboutProtocol, integration.protocolVersion],
      [labels.aboutConnected, format.day(integration.createdAt)],
    ]
    return html`<section aria-labelledby="about">
      <div class="section-head"><h2 id="about">${labels.aboutTitle}</h2></div>
      <div class="card padded" part="about">
        <dl class="facts">
          ${lines.map(([term, value]) =>
            value === undefined || value === ''
              ? nothing
              : html`<div>
                  <dt>${term}</dt>
                  <dd>${value}</dd>
                </div>`,
          )}
        </dl>
        ${
          server?.instructions === undefined
            ? nothing
            : html`<details class="more">
                <summary>${labels.aboutInstructions}</summary>
                <p class="foreign">${shown(server.instructions)}</p>
              </details>`
        }
      </div>
    </section>`
  }
}
