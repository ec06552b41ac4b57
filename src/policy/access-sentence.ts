import type { IntegrationVisibility } from '../model/integration.js'
import type { AccessRules, Operation } from './access.js'

/**
 * The error message for a person without permission: names the operation and who can do it.
 *
 * @param integration - its name, and whether it is private or shared
 */
export function forbiddenSentence(
  operation: Operation,
  { name, visibility }: { readonly name: string; readonly visibility: IntegrationVisibility },
  { sharing }: Pick<AccessRules, 'sharing'>,
): string {
  const isForAdmins = onlyForAdmins.has(operation) || (operation === 'share' && sharing === 'admins')
  const owners = visibility === 'private' ? 'only its owner can' : 'only its owner and admins can'
  return `You can't ${actions[operation](`"${name}"`)}: ${isForAdmins ? 'only admins can' : owners}.`
}

/** Operations that an owner may not do without being an admin. */
const onlyForAdmins: ReadonlySet<Operation> = new Set(['trust', 'others_grants', 'audit_all', 'decide_others_approval'])

const actions: Readonly<Record<Operation, (it: string) => string>> = {
  get: (it) => `see ${it}`,
  update: (it) => `edit ${it}`,
  share: (it) => `change who can use ${it}`,
  set_endpoint: (it) => `change the URL or headers of ${it}`,
  enable: (it) => `turn ${it} on`,
  disable: (it) => `turn ${it} off`,
  validate: (it) => `check the connection of ${it}`,
  reconnect: (it) => `reconnect ${it}`,
  own_credential: (it) => `set a credential of your own for ${it}`,
  list_tools: (it) => `see the tools of ${it}`,
  configure_tools: (it) => `change the tool settings of ${it}`,
  accept_tools: (it) => `accept tools of ${it}`,
  trust: (it) => `decide whether ${it} is trusted`,
  transfer_owner: (it) => `give ${it} another owner`,
  remove: (it) => `remove ${it}`,
  call: (it) => `call tools of ${it}`,
  decide_own_approval: (it) => `decide approvals of ${it}`,
  decide_others_approval: (it) => `decide other people's approvals of ${it}`,
  own_grants: (it) => `manage remembered decisions of ${it}`,
  others_grants: (it) => `manage other people's remembered decisions of ${it}`,
  audit_all: (it) => `read the audit log of ${it}`,
}
