import type { Labels } from './labels/english.js'
import type { Client } from './state/client.js'

/** What the three elements have in common. */
export interface McpElement extends HTMLElement {
  /** Attribute `base-url`: where the handler of `mcp-integrations/http` is mounted, e.g. `/api/mcp`. */
  baseUrl: string
  /** Attribute `locale`: a BCP 47 tag, for times, numbers and lists. `@default` the browser's */
  locale: string | undefined
  /** Attribute `theme`. `@default` the `color-scheme` of the page around it */
  theme: 'light' | 'dark' | undefined
  /** Texts of your own, in place of the English ones; `english` has them all. */
  labels: Partial<Labels>
  /** Your name of a person. `@default` the one that `people` of the handler gives, otherwise the id */
  personName: ((userId: string) => string) | undefined
  /** In place of the one for `base-url`: with headers of your own, for example. */
  client: Client | undefined
}

/**
 * `<mcp-integrations>`: what is connected, what can be, and one integration with its tools.
 *
 * Fires `mcp-navigate` when another view is shown (`detail.integration` is the id, or `undefined` for the list), and
 * `mcp-sign-in` when a person has to sign in at `detail.authorizationUrl`; cancel it to send them there yourself.
 */
export interface McpIntegrationsElement extends McpElement {
  /** Attribute `integration`: the one that is shown; absent: the list. */
  integration: string | undefined
  /** Attribute `no-heading`: without the title, where your page has one. */
  noHeading: boolean
}

/**
 * `<mcp-approvals>`: what waits for the person at the page, and for others whom they may decide for.
 *
 * Fires `mcp-waiting`: `detail.count` requests wait for this person, `detail.message` says so in words.
 */
export interface McpApprovalsElement extends McpElement {
  /** Attribute `no-heading`: without the title, where your page has one. */
  noHeading: boolean
}

/**
 * `<mcp-approval>`: one request to run one call, for a chat.
 *
 * Fires `mcp-decided`: `detail.approval` was decided here.
 */
export interface McpApprovalElement extends McpElement {
  /** Attribute `approval-id`. */
  approvalId: string
}

declare global {
  interface HTMLElementTagNameMap {
    'mcp-integrations': McpIntegrationsElement
    'mcp-approvals': McpApprovalsElement
    'mcp-approval': McpApprovalElement
  }
}
