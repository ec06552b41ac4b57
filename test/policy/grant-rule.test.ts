import { describe, expect, it } from 'vitest'
import { isIntegrationError } from '../../src/model/errors.js'
import type { ToolLabel } from '../../src/model/tool.js'
import type { ApprovalBinding } from '../../src/policy/binding.js'
import { grantFrom, matchGrant, type StoredGrant } from '../../src/policy/grant-rule.js'

const minute = 60_000
const day = 24 * 60 * minute
const now = 1_000_000

const call: ApprovalBinding = {
  workspaceId: 'acme',
  userId: 'ana',
  agentId: 'assistant',
  conversationId: 'chat-1',
  integrationId: 'linear',
  bindingRevision: 3,
  tool: 'create_issue',
  definitionHash: 'definition-1',
  argumentsDigest: 'arguments-1',
}
const decided = { binding: call, label: undefined, trusted: false, annotations: undefined, id: 'grant-1', now }
const grant = (remember: unknown, given: Partial<typeof decided> = {}) => grantFrom(remember, { ...decided, ...given })
const bound: StoredGrant = {
  id: 'grant-1',
  workspaceId: 'acme',
  userId: 'ana',
  integrationId: 'linear',
  bindingRevision: 3,
  tool: 'create_issue',
  definitionHash: 'definition-1',
  agentId: 'assistant',
  conversationId: 'chat-1',
  argumentsDigest: 'arguments-1',
  usesLeft: 2,
  grantedAt: now,
  expiresAt: now + day,
}

describe('a remembered decision', () => {
  it('is for one conversation, a day, this agent and equal arguments', () => {
    const { usesLeft: _usesLeft, ...expected } = bound
    expect(grant({ for: 'conversation' })).toEqual(expected)
  })

  it('is until the tool changes, 30 days at most', () => {
    expect(grant({ for: 'tool' })).toMatchObject({ definitionHash: 'definition-1', expiresAt: now + 30 * day })
    expect(grant({ for: 'tool' })).toMatchObject({ conversationId: undefined })
  })

  it('is for some uses, some minutes, or both', () => {
    expect(grant({ for: 'limited', uses: 5 })).toMatchObject({ usesLeft: 5, expiresAt: now + 30 * day })
    expect(grant({ for: 'limited', minutes: 10 })).toMatchObject({ expiresAt: now + 10 * minute })
    expect(grant({ for: 'limited', uses: 1000, minutes: 43_200 })).toMatchObject({ expiresAt: now + 30 * day })
    expect(grant({ for: 'conversation', uses: 1, minutes: 1 })).toMatchObject({
      conversationId: 'chat-1',
      usesLeft: 1,
      expiresAt: now + minute,
    })
  })

  it('is for all agents or any arguments when the person says so', () => {
    expect(grant({ for: 'tool', agents: 'all' })).toMatchObject({ agentId: undefined })
    expect(grant({ for: 'tool', arguments: 'any' })).toMatchObject({ argumentsDigest: undefined })
    expect(grant({ for: 'tool', agents: 'this', arguments: 'equal' })).toMatchObject({
      agentId: 'assistant',
      argumentsDigest: 'arguments-1',
    })
  })

  it.each([
    [undefined, ['remember.for']],
    ['tool', ['remember.for']],
    [{}, ['remember.for']],
    [{ for: 'ever' }, ['remember.for']],
    [{ for: 'limited' }, ['remember']],
    [{ for: 'limited', uses: 0 }, ['remember.uses']],
    [{ for: 'limited', uses: 1001 }, ['remember.uses']],
    [{ for: 'limited', uses: 1.5 }, ['remember.uses']],
    [{ for: 'limited', uses: '3' }, ['remember.uses']],
    [{ for: 'limited', uses: Infinity }, ['remember.uses']],
    [{ for: 'limited', minutes: 43_201 }, ['remember.minutes']],
    [{ for: 'limited', minutes: -1 }, ['remember.minutes']],
    [{ for: 'tool', agents: [] }, ['remember.agents']],
    [{ for: 'tool', agents: 'every' }, ['remember.agents']],
    [{ for: 'tool', arguments: 'some' }, ['remember.arguments']],
    [{ for: 'tool', tools: 'all' }, ['remember.tools']],
    [{ for: 'ever', uses: 0, minutes: 0 }, ['remember.for', 'remember.uses', 'remember.minutes']],
  ])('refuses %o', (remember, paths) => {
    try {
      grant(remember)
      expect.fail('it was taken')
    } catch (error) {
      expect(isIntegrationError(error) && error.code).toBe('invalid_input')
      expect(isIntegrationError(error) && error.fields?.map(({ path }) => path)).toEqual(paths)
    }
  })

  it("can't be for a conversation without a conversation id", () => {
    const { conversationId: _none, ...binding } = call
    expect(() => grant({ for: 'conversation' }, { binding })).toThrow(/has no conversation/)
    expect(grant({ for: 'tool' }, { binding })).toMatchObject({ conversationId: undefined })
  })
})

describe('a destructive tool', () => {
  const annotations = { destructiveHint: true }
  const said = (value: 'read' | 'write', source: ToolLabel['source']): ToolLabel => ({ value, source, believed: true })
  it.each([
    ['is never remembered, if a trusted server says so', true, annotations, undefined, false],
    ['is never remembered, if a person agrees', true, annotations, said('write', 'person'), false],
    ['is never remembered, whatever the connector says', true, annotations, said('read', 'connector'), false],
    ['may be, if a person says that it only reads', true, annotations, said('read', 'person'), true],
    ['may be, if nobody believes the server', false, annotations, undefined, true],
    ['is not meant by a tool that only writes', true, { destructiveHint: false }, said('write', 'server'), true],
    ['is not meant by a tool that says nothing', true, undefined, undefined, true],
  ])('%s', (_what, trusted, hints, label, remembered) => {
    const remember = () => grantFrom({ for: 'tool' }, { ...decided, trusted, annotations: hints, label })
    if (remembered) expect(remember().id).toBe('grant-1')
    else expect(remember).toThrow(/destructive/)
  })
})

describe('a call is settled', () => {
  it('by a grant for calls like it', () => {
    expect(matchGrant([bound], call, now)).toBe(bound)
  })

  it.each([
    ['workspaceId', 'other'],
    ['userId', 'eve'],
    ['agentId', 'builder'],
    ['conversationId', 'chat-2'],
    ['integrationId', 'github'],
    ['bindingRevision', 4],
    ['tool', 'delete_issue'],
    ['definitionHash', 'definition-2'],
    ['argumentsDigest', 'arguments-2'],
  ] as const)('by no grant whose %s is another', (field, value) => {
    expect(matchGrant([bound], { ...call, [field]: value }, now)).toBeUndefined()
    expect(matchGrant([{ ...bound, [field]: value }], call, now)).toBeUndefined()
  })

  it.each(['agentId', 'conversationId', 'argumentsDigest'] as const)(
    'whatever its %s, if that is not bound',
    (field) => {
      const { [field]: _unbound, ...wider } = bound
      expect(matchGrant([wider], { ...call, [field]: 'another' }, now)).toBe(wider)
    },
  )

  it('by no grant of a conversation, when it belongs to none', () => {
    const { conversationId: _none, ...loose } = call
    expect(matchGrant([bound], loose, now)).toBeUndefined()
  })

  it('until the grant runs out', () => {
    expect(matchGrant([bound], call, now + day - 1)).toBe(bound)
    expect(matchGrant([bound], call, now + day)).toBeUndefined()
    expect(matchGrant([{ ...bound, usesLeft: 0 }], call, now)).toBeUndefined()
    expect(matchGrant([], call, now)).toBeUndefined()
  })

  it('by the grant that it does not use up, then by the one that binds most', () => {
    const { usesLeft: _unlimited, ...forever } = { ...bound, id: 'forever' }
    const { argumentsDigest: _any, ...anything } = { ...forever, id: 'anything' }
    expect(matchGrant([bound, anything, forever], call, now)?.id).toBe('forever')
    expect(matchGrant([bound, anything], call, now)?.id).toBe('anything')
  })
})
