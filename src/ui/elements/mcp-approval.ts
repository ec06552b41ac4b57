import { html, nothing, type TemplateResult } from 'lit'
import { property } from 'lit/decorators.js'
import { keyed } from 'lit/directives/keyed.js'
import type { PageSession } from '../state/session.js'
import type { McpApprovalElement } from '../element-types.js'
import { Shell } from './shell.js'

/**
 * One approval, for a chat.
 *
 * @fires mcp-decided - `detail.approval` was decided in this element
 */
export class McpApproval extends Shell implements McpApprovalElement {
  @property({ attribute: 'approval-id' }) accessor approvalId = ''

  protected override content(session: PageSession): TemplateResult | typeof nothing {
    const { approvalId } = this
    if (approvalId === '') return nothing
    return html`${keyed(
      approvalId,
      html`<mcp-part-one-approval .session=${session} .approvalId=${approvalId}></mcp-part-one-approval>`,
    )}`
  }
}
