import { describe, expect, it } from 'vitest'
import { allowedOperations, decideAccess } from '../../src/policy/access.js'
import { forbiddenSentence } from '../../src/policy/access-sentence.js'
import type { Actor } from '../../src/model/actor.js'
import type { IntegrationVisibility } from '../../src/model/integration.js'

const rules = [
  { sharing: 'members', adminsDecideForOthers: false },
  { sharing: 'admins', adminsDecideForOthers: false },
] as const
const owner: Actor = { workspaceId: 'w', userId: 'owner', role: 'member' }
const admin: Actor = { workspaceId: 'w', userId: 'admin', role: 'admin' }
const scopeOf = (visibility: IntegrationVisibility) => ({ workspaceId: 'w', ownerId: 'owner', visibility })
/** What an owner who is an admin too may do: everything that a settings page offers. */
const everything = (visibility: IntegrationVisibility, of: (typeof rules)[number]) =>
  allowedOperations({ ...owner, role: 'admin' }, scopeOf(visibility), of)

describe('the message for a person without permission', () => {
  it('names the deed and who may do it', () => {
    const X = { name: 'X', visibility: 'private' } as const
    expect(forbiddenSentence('set_endpoint', X, rules[0])).toBe(
      `You can't change the URL or headers of "X": only its owner can.`,
    )
    expect(forbiddenSentence('remove', { ...X, visibility: 'workspace' }, rules[0])).toBe(
      `You can't remove "X": only its owner and admins can.`,
    )
  })

  it.each(['private', 'workspace'] as const)('agrees with the access table for a %s integration', (visibility) => {
    for (const of of rules)
      for (const operation of everything(visibility, of)) {
        const said = forbiddenSentence(operation, { name: 'X', visibility }, of)
        const may = (actor: Actor): boolean => decideAccess(operation, actor, scopeOf(visibility), of) === 'allowed'
        expect(said.includes('owner'), `${operation}: ${said}`).toBe(may(owner))
        if (may(owner) && visibility === 'workspace') expect(said.includes('admins'), operation).toBe(may(admin))
        if (!may(owner)) expect(said, operation).toContain('only admins can')
      }
  })

  it('never shows the name of an operation', () => {
    for (const operation of everything('workspace', rules[0]))
      expect(forbiddenSentence(operation, { name: 'X', visibility: 'workspace' }, rules[0])).not.toMatch(/_|\(/)
  })
})
