import { approvals } from './approvals.js'
import { connecting } from './connecting.js'
import { importing } from './import.js'
import { integration } from './integration.js'
import { integrationList } from './integration-list.js'
import { page } from './page.js'
import { tools } from './tools.js'

/**
 * Every text of the elements, in English. A host replaces some or all of them through the property `labels`; what needs
 * a number or a name is a function.
 */
export const english = {
  ...page,
  ...integrationList,
  ...connecting,
  ...importing,
  ...integration,
  ...tools,
  ...approvals,
}

/** Every text of the elements. */
export type Labels = typeof english
