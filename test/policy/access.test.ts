import { describe, expect, it } from 'vitest'
import type { Actor } from '../../src/model/actor.js'
import {
  allowedOperations,
  decideAccess,
  type AccessRules,
  type AccessScope,
  type Operation,
} from '../../src/policy/access.js'

/**
 * Who may do what, as the project's access page has it. A allowed · D refused · N like an id that doesn't exist. In order:
 * private: owner, member, admin, outsider; shared: owner, member, admin, outsider. The page's rows that no integration is
 * asked about are decided elsewhere: connecting (anybody may), finishConnect (bound to the flow), reading a secret
 * (there is no verb), another member's credential (never looked up).
 */
const table = `
get                      A N A N   A A A N
share                    A N D N   A D A N
update                   A N D N   A D A N
enable                   A N D N   A D A N
set_endpoint             A N D N   A D A N
validate                 A N D N   A A A N
reconnect                A N D N   A D A N
own_credential           A N D N   A A A N
disable                  A N A N   A D A N
remove                   A N A N   A D A N
list_tools               A N D N   A A A N
configure_tools          A N D N   A D A N
accept_tools             A N D N   A D A N
trust                    D N A N   D D A N
call                     A N D N   A A A N
decide_own_approval      A N D N   A A A N
decide_others_approval   N N N N   N N D N
own_grants               A N D N   A A A N
others_grants            D N D N   D D A N
transfer_owner           A N D N   A D A N
audit_all                D N D N   D D A N
`
const rows = table
  .trim()
  .split('\n')
  .map((line) => line.split(/\s+/) as [Operation, ...string[]])
const letters = { allowed: 'A', forbidden: 'D', hidden: 'N' } as const

const usual: AccessRules = { sharing: 'members', adminsDecideForOthers: false }
const scope = (visibility: AccessScope['visibility']): AccessScope => ({
  workspaceId: 'acme',
  ownerId: 'ana',
  visibility,
})
const owner: Actor = { workspaceId: 'acme', userId: 'ana' }
const member: Actor = { workspaceId: 'acme', userId: 'bob' }
const admin: Actor = { workspaceId: 'acme', userId: 'eve', role: 'admin' }
const outsiders: readonly Actor[] = [
  { workspaceId: 'other', userId: 'ana' },
  { workspaceId: 'other', userId: 'eve', role: 'admin' },
]

describe('who may do what', () => {
  it.each(rows)('%s', (operation, ...expected) => {
    for (const outsider of outsiders) {
      const met = (['private', 'workspace'] as const).flatMap((visibility) =>
        [owner, member, admin, outsider].map(
          (actor) => letters[decideAccess(operation, actor, scope(visibility), usual)],
        ),
      )
      expect(met).toEqual(expected)
    }
  })

  it.each(rows)('hides a missing integration from %s', (operation) => {
    expect(decideAccess(operation, admin, undefined, usual)).toBe('hidden')
  })

  it('lists exactly the allowed operations for a page', () => {
    const asked = new Set([
      'get',
      'call',
      'decide_own_approval',
      'decide_others_approval',
      'own_grants',
      'others_grants',
      'audit_all',
    ])
    for (const visibility of ['private', 'workspace'] as const)
      for (const [n, actor] of [owner, member, admin, outsiders[1]!].entries()) {
        const column = n + (visibility === 'private' ? 1 : 5)
        const expected = rows.flatMap((row) => (row[column] === 'A' && !asked.has(row[0]) ? [row[0]] : []))
        expect([...allowedOperations(actor, scope(visibility), usual)].toSorted()).toEqual(expected.toSorted())
      }
  })

  it('treats an unknown role as member', () => {
    const strange = { ...member, role: 'superadmin' } as unknown as Actor
    expect(decideAccess('get', strange, scope('private'), usual)).toBe('hidden')
    expect(decideAccess('remove', strange, scope('workspace'), usual)).toBe('forbidden')
  })

  it('gives an owner who is an admin the rights of both', () => {
    const both: Actor = { ...owner, role: 'admin' }
    expect(decideAccess('trust', both, scope('private'), usual)).toBe('allowed')
    expect(decideAccess('configure_tools', both, scope('private'), usual)).toBe('allowed')
    expect(decideAccess('others_grants', both, scope('workspace'), usual)).toBe('allowed')
    expect(decideAccess('decide_others_approval', both, scope('private'), usual)).toBe('hidden')
    expect(decideAccess('decide_others_approval', both, scope('workspace'), usual)).toBe('forbidden')
  })
})

describe('access options of a host', () => {
  it('lets only admins share if the host says so', () => {
    const rules: AccessRules = { ...usual, sharing: 'admins' }
    const both: Actor = { ...owner, role: 'admin' }
    expect(decideAccess('share', owner, scope('private'), rules)).toBe('forbidden')
    expect(decideAccess('share', member, scope('private'), rules)).toBe('hidden')
    expect(decideAccess('share', both, scope('private'), rules)).toBe('allowed')
    expect(decideAccess('share', admin, scope('workspace'), rules)).toBe('allowed')
    expect(decideAccess('update', owner, scope('private'), rules)).toBe('allowed')
  })

  it('lets admins decide for others, on shared integrations only', () => {
    const rules: AccessRules = { ...usual, adminsDecideForOthers: true }
    expect(decideAccess('decide_others_approval', admin, scope('workspace'), rules)).toBe('allowed')
    expect(decideAccess('decide_others_approval', admin, scope('private'), rules)).toBe('hidden')
    expect(decideAccess('decide_others_approval', owner, scope('workspace'), rules)).toBe('hidden')
    expect(decideAccess('decide_others_approval', member, scope('workspace'), rules)).toBe('hidden')
    expect(decideAccess('decide_others_approval', outsiders[1]!, scope('workspace'), rules)).toBe('hidden')
  })
})
