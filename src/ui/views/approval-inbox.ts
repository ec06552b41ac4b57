import { html, nothing, type TemplateResult } from 'lit'
import { property } from 'lit/decorators.js'
import { repeat } from 'lit/directives/repeat.js'
import type { Approval } from '../../index.js'
import { emptyState, failure, skeleton } from '../controls/states.js'
import { Part } from '../elements/part.js'
import { Resource } from '../state/resource.js'
import type { ApprovalCard } from './approval-card.js'

/**
 * Approvals that wait for the current person, and for other people whose approvals they can decide. A decided card stays
 * in place, so that the next one never moves under the pointer.
 */
export class ApprovalInbox extends Part {
  @property({ attribute: false }) accessor heading = true
  #order = ''
  #waiting: number | undefined

  readonly #mine = new Resource(this, () => this.#load('me'), concernsApprovals)
  readonly #others = new Resource(this, () => this.#load('others'), concernsApprovals)

  protected override render(): TemplateResult {
    const { labels } = this
    const { value, error } = this.#mine
    const others = this.#others.value ?? []
    return html`${this.heading ? html`<header class="page-head"><h1>${labels.approvalsTab}</h1></header>` : nothing}
      <div class="columns">
        <div class="main-column">
          <section aria-labelledby="waiting">
            <div class="section-head"><h2 id="waiting" tabindex="-1">${labels.approvalsTitle}</h2></div>
            ${
              value === undefined
                ? error === undefined
                  ? skeleton(labels.loading, 2)
                  : failure(labels, labels.loadFailed(labels.approvalsTab), error, () => void this.#mine.reload())
                : value.length === 0
                  ? emptyState(labels.approvalsEmpty, { help: labels.approvalsEmptyHelp, picture: 'check' })
                  : this.#cards(value, this.#mine)
            }
          </section>
          ${
            others.length === 0
              ? nothing
              : html`<section aria-labelledby="waiting-others">
                  <div class="section-head"><h2 id="waiting-others">${labels.approvalsOthersTitle}</h2></div>
                  ${this.#cards(others, this.#others)}
                </section>`
          }
        </div>
        <mcp-part-history class="side-column" .session=${this.session}></mcp-part-history>
      </div>`
  }

  protected override updated(): void {
    const order = [...firstOfEqual(this.#mine.value ?? []), ...firstOfEqual(this.#others.value ?? [])]
      .map(({ approvalId }) => approvalId)
      .join()
    // An added or removed card moves the ones below it.
    if (order !== this.#order) for (const card of this.querySelectorAll<ApprovalCard>('mcp-part-approval')) card.rearm()
    this.#order = order
    this.#count()
  }

  #count(): void {
    if (this.#mine.value === undefined) return
    const waiting = this.#mine.value.filter(({ status }) => status === 'pending').length
    if (waiting === this.#waiting) return
    // Announces the card to a screen reader.
    if (this.#waiting !== undefined && waiting > this.#waiting)
      this.session.announce(this.labels.approvalsCount(waiting))
    this.#waiting = waiting
    this.tell('counted', waiting)
  }

  #cards(approvals: readonly Approval[], from: Resource<readonly Approval[]>): TemplateResult {
    return html`<div class="approvals">
      ${repeat(
        firstOfEqual(approvals),
        ({ approvalId }) => approvalId,
        (approval) =>
          html`<mcp-part-approval
            .session=${this.session}
            .approval=${approval}
            .equal=${approvals.filter((one) => isEqual(one, approval)).length}
            @decided=${({ detail }: CustomEvent<Approval>) =>
              from.set(approvals.map((one) => (one.approvalId === detail.approvalId ? detail : one)))}
            @stale=${() => void from.reload()}
          ></mcp-part-approval>`,
      )}
    </div>`
  }

  /** Approvals that are pending now or were when the inbox was opened, oldest first. */
  async #load(whose: 'me' | 'others'): Promise<readonly Approval[]> {
    const { client, people } = this.session
    if (whose === 'others' && !people.decidesForOthers) return []
    const known = (whose === 'me' ? this.#mine : this.#others).value ?? []
    const pending: Approval[] = []
    for (let after: string | undefined; ;) {
      const page = await client.approvals.list({ for: whose, status: 'pending', after })
      pending.push(...page.approvals)
      after = page.next
      if (after === undefined || pending.length >= 500) break
    }
    const waits = new Map(pending.map((approval) => [approval.approvalId, approval]))
    const before = await Promise.all(
      known.map(async (approval) => {
        const { approvalId, status } = approval
        const waiting = waits.get(approvalId)
        waits.delete(approvalId)
        if (waiting !== undefined || isSettled(status)) return waiting ?? approval
        return client.approvals.get(approvalId).catch(() => undefined)
      }),
    )
    return [...before.filter((approval) => approval !== undefined), ...waits.values()]
  }
}

/** Whether two requests that wait ask for the same call: an agent that loops on one asks for it again and again. */
function isEqual(one: Approval, other: Approval): boolean {
  return one.status === 'pending' && other.status === 'pending' && one.requestHash === other.requestHash
}

/** Of equal requests that wait only the first: once it is decided, the next one has a card. */
function firstOfEqual(approvals: readonly Approval[]): readonly Approval[] {
  return approvals.filter((approval, n) => !approvals.slice(0, n).some((earlier) => isEqual(earlier, approval)))
}

function concernsApprovals({ type }: { readonly type: string }): boolean {
  return type === 'approval_changed'
}

function isSettled(status: Approval['status']): boolean {
  return status !== 'pending' && status !== 'approved' && status !== 'dispatched'
}
