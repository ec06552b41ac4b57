import { describe, expect, it } from 'vitest'
import { bindingHash, compareBinding, requestHashOf, type ApprovalBinding } from '../../src/policy/binding.js'

/** `npm run test:mutation` runs this with one field less in what is bound, and expects it to fail. */
const binding: Required<ApprovalBinding> = {
  workspaceId: 'acme',
  userId: 'ana',
  agentId: 'assistant',
  conversationId: 'chat-1',
  integrationId: 'linear',
  bindingRevision: 3,
  tool: 'create_issue',
  definitionHash: 'definition-1',
  argumentsDigest: 'arguments-1',
  approvalId: 'approval-1',
  expiresAt: 1000,
}
const other: Required<ApprovalBinding> = {
  workspaceId: 'other',
  userId: 'eve',
  agentId: 'builder',
  conversationId: 'chat-2',
  integrationId: 'github',
  bindingRevision: 4,
  tool: 'delete_issue',
  definitionHash: 'definition-2',
  argumentsDigest: 'arguments-2',
  approvalId: 'approval-2',
  expiresAt: 2000,
}
const fields = Object.keys(binding) as (keyof ApprovalBinding)[]
const ofOneApproval: readonly (keyof ApprovalBinding)[] = ['approvalId', 'expiresAt']
const ofEveryRequest = fields.filter((field) => !ofOneApproval.includes(field))

describe('an approval', () => {
  it.each(fields)('is for another thing when its %s is another', (field) => {
    const changed = { ...binding, [field]: other[field] }
    expect(compareBinding(binding, changed)).toEqual([field])
    expect(compareBinding(changed, binding)).toEqual([field])
    expect(bindingHash(changed)).not.toBe(bindingHash(binding))
  })

  it.each(['conversationId', 'approvalId', 'expiresAt'] as const)('is for another thing without its %s', (field) => {
    const { [field]: _without, ...changed } = binding
    expect(compareBinding(binding, changed)).toEqual([field])
    expect(bindingHash(changed)).not.toBe(bindingHash(binding))
  })

  it('is for the same thing when nothing differs, in whatever order it was stored', () => {
    const reversed = Object.fromEntries(Object.entries(binding).toReversed()) as unknown as ApprovalBinding
    expect(compareBinding(binding, reversed)).toEqual([])
    expect(bindingHash(reversed)).toBe(bindingHash(binding))
  })

  it('names everything that differs', () => {
    expect(compareBinding(binding, other)).toEqual(fields)
  })

  it("can't be forged by moving text from one field to the next", () => {
    expect(bindingHash({ ...binding, userId: 'ana', agentId: 'x' })).not.toBe(
      bindingHash({ ...binding, userId: 'anax', agentId: '' }),
    )
  })
})

describe('equal requests', () => {
  it.each(ofEveryRequest)('agree in %s', (field) => {
    expect(requestHashOf({ ...binding, [field]: other[field] })).not.toBe(requestHashOf(binding))
  })

  it.each(ofOneApproval)('may differ in %s', (field) => {
    expect(requestHashOf({ ...binding, [field]: other[field] })).toBe(requestHashOf(binding))
  })

  it('have a hash that is no hash of an approval', () => {
    const { approvalId: _approvalId, expiresAt: _expiresAt, ...request } = binding
    expect(requestHashOf(request)).not.toBe(bindingHash(request))
  })
})
