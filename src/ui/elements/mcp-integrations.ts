import { html, type PropertyValues, type TemplateResult } from 'lit'
import { property } from 'lit/decorators.js'
import { keyed } from 'lit/directives/keyed.js'
import { plain } from '../controls/text.js'
import { reported } from '../views/integration-verbs.js'
import type { PageSession } from '../state/session.js'
import type { McpIntegrationsElement } from '../element-types.js'
import { Shell } from './shell.js'

/**
 * The settings page: connected and available integrations, and one integration with its tools.
 *
 * @fires mcp-navigate - another view is shown; `detail.integration` is the id, or `undefined` for the list
 * @fires mcp-sign-in - a person must sign in at `detail.authorizationUrl`; cancel the event to redirect them yourself
 */
export class McpIntegrations extends Shell implements McpIntegrationsElement {
  /** The id of the integration to show; without one, the list. */
  @property({ reflect: true }) accessor integration: string | undefined
  /** Hides the title, for a host page that has its own. */
  @property({ type: Boolean, attribute: 'no-heading' }) accessor noHeading = false
  #isReturn = true
  #moved = false
  #left: string | undefined

  protected override content(session: PageSession): TemplateResult {
    const { integration } = this
    return integration === undefined || integration === null
      ? html`<mcp-part-list
          .session=${session}
          .heading=${!this.noHeading}
          .cameFrom=${this.#left}
          @open=${({ detail }: CustomEvent<string>) => this.#go(detail)}
        ></mcp-part-list>`
      : html`${keyed(
          integration,
          html`<mcp-part-integration
            .session=${session}
            .integrationId=${integration}
            .takesFocus=${this.#moved}
            @back=${() => this.#go(undefined)}
          ></mcp-part-integration>`,
        )}`
  }

  protected override updated(_changed: PropertyValues): void {
    if (!this.#isReturn || this.session === undefined) return
    this.#isReturn = false
    void this.#welcomeBack(this.session)
  }

  #go(integration: string | undefined): void {
    this.#moved = true
    this.#left = integration === undefined ? this.integration : undefined
    this.integration = integration
    this.session?.emit('mcp-navigate', { integration })
    scrollTo({ top: 0 })
  }

  /** After a sign-in: shows its outcome, and removes the outcome from the address. */
  async #welcomeBack(session: PageSession): Promise<void> {
    const address = new URL(location.href)
    const outcome = address.searchParams.get('outcome')
    const id = address.searchParams.get('integration')
    if (outcome === null || id === null) return
    for (const name of ['outcome', 'integration']) address.searchParams.delete(name)
    history.replaceState(history.state, '', address)
    const { labels } = session
    await reported(session, async () => {
      const name = plain((await session.client.get(id)).name)
      if (outcome === 'connected') session.announce(labels.outcomeConnected(name), 'good')
      else if (outcome === 'declined') session.announce(labels.outcomeDeclined(name), 'bad')
      else if (outcome === 'failed') session.announce(labels.outcomeFailed(name), 'bad')
    })
  }
}
