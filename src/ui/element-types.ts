import type { Labels } from './labels/english.js'
import type { Client } from './state/client.js'

/** Properties and attributes of all three elements. */
export interface McpElement extends HTMLElement {
  /** Attribute `base-url`: the base path of the handler of `mcp-integrations/http`, e.g. `/api/mcp`. */
  baseUrl: string
  /** Attribute `locale`: a BCP 47 tag, for times, numbers and lists. `@default` the browser's */
  locale: string | undefined
  /** Attribute `theme`. `@default` the `color-scheme` of the page around it */
  theme: 'light' | 'dark' | undefined
  /** Your own texts, in place of the English ones; `english` has them all. */
  labels: Partial<Labels>
  /** Your name of a person. `@default` the name from the handler's `people`, otherwise the id */
  personName: ((userId: string) => string) | undefined
  /** A client used instead of the one for `base-url`, for example with your own headers. */
  client: Client | undefined
}

/**
 * `<mcp-integrations>`: connected and available integrations, and one integration with its tools.
 *
 * Fires `mcp-navigate` when another view is shown (`detail.integration` is the id, or `undefined` for the list), and
 * `mcp-sign-in` when a person must sign in at `detail.authorizationUrl`; cancel the event to redirect them yourself.
 */
export interface McpIntegrationsElement extends McpElement {
  /** Attribute `integration`: the id of the integration to show; without one, the list. */
  integration: string | undefined
  /** Attribute `no-heading`: hides the title, for a page that has its own. */
  noHeading: boolean
}

/**
 * `<mcp-approvals>`: approvals that wait for the current person, and for other people whose approvals they can decide.
 *
 * Fires `mcp-waiting`: `detail.count` requests wait for this person, `detail.message` is the same as a sentence.
 */
export interface McpApprovalsElement extends McpElement {
  /** Attribute `no-heading`: hides the title, for a page that has its own. */
  noHeading: boolean
}

/**
 * `<mcp-approval>`: one approval, for a chat.
 *
 * Fires `mcp-decided`: `detail.approval` was decided in this element.
 */
export interface McpApprovalElement extends McpElement {
  /** Attribute `approval-id`: the id of the approval to show. */
  approvalId: string
}

declare global {
  interface HTMLElementTagNameMap {
    'mcp-integrations': McpIntegrationsElement
    'mcp-approvals': McpApprovalsElement
    'mcp-approval': McpApprovalElement
  }
}
