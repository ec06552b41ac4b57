import type { Integration, IntegrationOperation } from '../../index.js'

/** Whether the person at the page may do something with an integration. */
export function may({ allowed }: Integration, operation: IntegrationOperation): boolean {
  return allowed.includes(operation)
}
