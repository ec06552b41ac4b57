import { html, type TemplateResult } from 'lit'
import { property } from 'lit/decorators.js'
import type { Approval } from '../../index.js'
import { failure, skeleton } from '../controls/states.js'
import { Part } from '../elements/part.js'
import { Resource } from '../state/resource.js'

/** A single approval, updated live. */
export class OneApproval extends Part {
  @property({ attribute: false }) accessor approvalId = ''

  readonly #approval = new Resource(
    this,
    () => this.session.client.approvals.get(this.approvalId),
    ({ type, approvalId }) => type === 'approval_changed' && approvalId === this.approvalId,
  )

  protected override render(): TemplateResult {
    const { labels, session } = this
    const { value, error } = this.#approval
    if (value === undefined)
      return error === undefined
        ? skeleton(labels.loading, 1)
        : failure(labels, labels.loadFailed(labels.approvalsTitle), error, () => void this.#approval.reload())
    return html`<mcp-part-approval
      .session=${session}
      .approval=${value}
      @decided=${({ detail }: CustomEvent<Approval>) => {
        this.#approval.set(detail)
        session.emit('mcp-decided', { approval: detail })
      }}
      @stale=${() => void this.#approval.reload()}
    ></mcp-part-approval>`
  }
}
