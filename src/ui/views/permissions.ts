import type { Integration, IntegrationOperation } from '../../index.js'
import type { StatusView } from './status.js'

/** Whether the current person may run an operation on an integration. */
export function may({ allowed }: Integration, operation: IntegrationOperation): boolean {
  return allowed.includes(operation)
}

/** Whether the person may run the main action of a status. */
export function mayResolve(integration: Integration, action: StatusView['action']): boolean {
  const own = integration.credentials === 'per_user' && may(integration, 'own_credential')
  switch (action) {
    case 'enable':
    case 'validate':
      return may(integration, action)
    case 'review':
      return may(integration, 'list_tools')
    case 'edit':
      return own || may(integration, 'set_endpoint')
    case 'sign_in':
    case 'reconnect':
      return own || may(integration, 'reconnect')
  }
}
