import { html, type TemplateResult } from 'lit'
import { property } from 'lit/decorators.js'
import type { PageSession } from '../state/session.js'
import type { McpApprovalsElement } from '../element-types.js'
import { Shell } from './shell.js'

/**
 * The inbox: approvals that wait for the current person, and for other people whose approvals they can decide.
 *
 * @fires mcp-waiting - `detail.count` requests wait for this person; `detail.message` is the same as a sentence
 */
export class McpApprovals extends Shell implements McpApprovalsElement {
  /** Hides the title, for a host page that has its own. */
  @property({ type: Boolean, attribute: 'no-heading' }) accessor noHeading = false

  protected override content(session: PageSession): TemplateResult {
    return html`<mcp-part-inbox
      .session=${session}
      .heading=${!this.noHeading}
      @counted=${({ detail }: CustomEvent<number>) =>
        session.emit('mcp-waiting', { count: detail, message: session.labels.approvalsCount(detail) })}
    ></mcp-part-inbox>`
  }
}
