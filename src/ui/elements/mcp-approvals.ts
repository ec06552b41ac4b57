import { html, type TemplateResult } from 'lit'
import { property } from 'lit/decorators.js'
import type { PageSession } from '../state/session.js'
import type { McpApprovalsElement } from '../element-types.js'
import { Shell } from './shell.js'

/**
 * The inbox: what waits for the person at the page, and for others whom they may decide for.
 *
 * @fires mcp-waiting - how many requests wait for this person: `detail.count`, and `detail.message` in words
 */
export class McpApprovals extends Shell implements McpApprovalsElement {
  /** Without the title of the page, where the host has one. */
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
