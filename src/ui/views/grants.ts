import { html, nothing, type TemplateResult } from 'lit'
import { property } from 'lit/decorators.js'
import type { Grant } from '../../index.js'
import { failure, skeleton } from '../controls/states.js'
import { plain, shown } from '../controls/text.js'
import { Part } from '../elements/part.js'
import { Resource } from '../state/resource.js'
import { reported } from './integration-verbs.js'

/** Standing approvals, each with a button to revoke it. */
export class Grants extends Part {
  /** Only those of one integration. */
  @property({ attribute: false }) accessor integrationId: string | undefined
  /** Names of integrations by id, where several integrations are shown. */
  @property({ attribute: false }) accessor names: ReadonlyMap<string, string> = new Map()

  readonly #grants = new Resource(
    this,
    () => this.session.client.grants.list(),
    ({ type }) => type.startsWith('grant_'),
  )

  protected override render(): TemplateResult {
    const { labels } = this
    const { value, error } = this.#grants
    const grants = value?.filter(
      ({ integrationId }) => this.integrationId === undefined || integrationId === this.integrationId,
    )
    return html`<section aria-labelledby="grants">
      <div class="section-head"><h2 id="grants" tabindex="-1">${labels.grantsTitle}</h2></div>
      ${
        grants === undefined
          ? error === undefined
            ? skeleton(labels.loading, 1)
            : failure(labels, labels.loadFailed(labels.grantsTitle), error, () => void this.#grants.reload())
          : grants.length === 0
            ? html`<p class="card padded muted">${labels.grantsEmpty}</p>`
            : html`<ul class="card rows" role="list" part="grants">
                ${grants.map((grant) => this.#grant(grant))}
              </ul>`
      }
    </section>`
  }

  #grant(grant: Grant): TemplateResult {
    const { labels, session } = this
    const { integrationId, tool, agentId, conversationId, arguments: args, usesLeft, expiresAt } = grant
    const name = this.names.get(integrationId)
    const bounds = [
      ...(name === undefined ? [] : [name]),
      agentId === undefined ? labels.grantAllAgents : session.people.agentName(agentId),
      args === 'any' ? labels.grantAnyArguments : labels.grantEqualArguments,
      ...(conversationId === undefined ? [] : [labels.grantConversation]),
      ...(usesLeft === undefined ? [] : [labels.grantUses(usesLeft)]),
      labels.grantUntil(session.format.date(expiresAt)),
    ]
    return html`<li class="side-row">
      <div class="row-name">
        <p class="strong mono">${shown(tool)}</p>
        <p class="meta">${bounds.join(' · ')}</p>
      </div>
      <button
        type="button"
        class="button small"
        part="button"
        aria-label=${labels.grantRevokeFor(plain(tool))}
        @click=${() => void this.#revoke(grant)}
      >
        ${labels.grantRevoke}
      </button>
    </li>`
  }

  async #revoke({ id, tool }: Grant): Promise<void> {
    const { session, labels } = this
    await reported(session, async () => {
      await session.client.grants.revoke(id)
      session.announce(labels.grantRevoked(plain(tool)), 'good')
      this.#grants.set(this.#grants.value?.filter((grant) => grant.id !== id) ?? [])
      await this.updateComplete
      this.querySelector<HTMLElement>('#grants')?.focus()
    })
  }
}

/** The last calls, with their outcomes. */
export class RecentCalls extends Part {
  /** Only those of one integration. */
  @property({ attribute: false }) accessor integrationId: string | undefined
  /** Names of integrations by id, where several integrations are shown. */
  @property({ attribute: false }) accessor names: ReadonlyMap<string, string> = new Map()

  readonly #calls = new Resource(
    this,
    () => this.session.client.audit({ integrationId: this.integrationId, action: 'call', order: 'newest', limit: 10 }),
    ({ type, integrationId }) =>
      type === 'call_finished' && (this.integrationId === undefined || integrationId === this.integrationId),
  )

  protected override render(): TemplateResult {
    const { labels, session } = this
    const { value, error } = this.#calls
    const calls = value?.entries
    return html`<section aria-labelledby="calls">
      <div class="section-head"><h2 id="calls">${labels.callsTitle}</h2></div>
      ${
        calls === undefined
          ? error === undefined
            ? skeleton(labels.loading, 1)
            : failure(labels, labels.loadFailed(labels.callsTitle), error, () => void this.#calls.reload())
          : calls.length === 0
            ? html`<p class="card padded muted">${labels.callsEmpty}</p>`
            : html`<ul class="card rows" role="list" part="calls">
                ${calls.map(
                  ({ at, integrationId, tool, agentId, userId, outcome, mayHaveRun }) =>
                    html`<li class="side-row">
                      <div class="row-name">
                        <p class="name-line">
                          <span class="strong mono">${shown(tool ?? '')}</span>
                          <span
                            class="badge tone-${outcome === 'completed' ? 'good' : outcome === 'failed' ? 'bad' : 'plain'}"
                            >${labels.callOutcomes[outcome ?? ''] ?? outcome}${
                              mayHaveRun === true ? `, ${labels.mayHaveRun}` : nothing
                            }</span
                          >
                        </p>
                        <p class="meta">
                          ${[
                            ...[this.names.get(integrationId ?? '') ?? []].flat(),
                            session.format.ago(at),
                            ...(agentId === undefined ? [] : [session.people.agentName(agentId)]),
                            ...(userId === undefined || userId === session.people.me
                              ? []
                              : [session.people.personName(userId)]),
                          ].join(' · ')}
                        </p>
                      </div>
                    </li>`,
                )}
              </ul>`
      }
    </section>`
  }
}
