import { html, type TemplateResult } from 'lit'
import { property } from 'lit/decorators.js'
import type { Session } from '../state/session.js'
import type { McpApprovalElement } from '../element-types.js'
import { Shell } from './shell.js'

/**
 * One request to run one call, for a chat.
 *
 * @fires mcp-decided - `detail.approval` was decided here
 */
export class McpApproval extends Shell implements McpApprovalElement {
  @property({ attribute: 'approval-id' }) accessor approvalId = ''

  protected override content(session: Session): TemplateResult {
    return html`<mcp-part-one-approval .session=${session} .approvalId=${this.approvalId}></mcp-part-one-approval>`
  }
}
