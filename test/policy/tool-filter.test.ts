import { describe, expect, it } from 'vitest'
import type { ApprovalVerdict } from '../../src/policy/approval-rule.js'
import { filterTools, type FilterInput } from '../../src/policy/tool-filter.js'

const asks: ApprovalVerdict = { mode: 'ask', rule: 'label_write', why: 'Tools that write ask first.' }
const tool = (name: string, given: Partial<FilterInput['tools'][number]> = {}) => ({
  name,
  enabled: true,
  agents: undefined,
  verdict: asks,
  ...given,
})
const input: FilterInput = {
  agentId: 'assistant',
  integration: { enabled: true, agents: ['assistant', 'builder'], listed: true },
  tools: [tool('list'), tool('create')],
  quarantined: [],
}

describe('the tools of an integration for one agent', () => {
  it('are all that nothing keeps away', () => {
    const { usable, unavailable } = filterTools(input)
    expect([...usable]).toEqual(['list', 'create'])
    expect(unavailable).toEqual([])
  })

  it.each([
    ['integration_disabled', { ...input.integration, enabled: false }],
    ['integration_disabled', { enabled: false, agents: [], listed: false }],
    ['agent_not_allowed', { ...input.integration, agents: ['builder'] }],
    ['agent_not_allowed', { ...input.integration, agents: [] }],
    ['not_connected', { ...input.integration, listed: false }],
  ])('are none: %s', (reason, integration) => {
    const { usable, unavailable } = filterTools({ ...input, integration })
    expect(usable.size).toBe(0)
    expect(unavailable).toEqual([{ reason }])
  })

  it.each([
    [{ enabled: false }, { reason: 'tool_disabled' }],
    [{ agents: ['builder'] }, { reason: 'tool_not_for_agent' }],
    [{ agents: [] }, { reason: 'tool_not_for_agent' }],
    [{ verdict: { mode: 'deny', rule: 'tool_held', why: '' } }, { reason: 'held_for_review', rule: 'tool_held' }],
    [{ verdict: { mode: 'deny', rule: 'policy:p', why: '' } }, { reason: 'denied_by_policy', rule: 'policy:p' }],
    [
      { verdict: { mode: 'deny', rule: 'policy_failed', why: '' } },
      { reason: 'denied_by_policy', rule: 'policy_failed' },
    ],
  ] as const)('lack one that is %o, and say why', (given, expected) => {
    const { usable, unavailable } = filterTools({ ...input, tools: [tool('list'), tool('create', given)] })
    expect([...usable]).toEqual(['list'])
    expect(unavailable).toEqual([{ name: 'create', ...expected }])
  })

  it('may be narrowed to some agents, this one among them', () => {
    expect(filterTools({ ...input, tools: [tool('create', { agents: ['assistant'] })] }).usable.has('create')).toBe(
      true,
    )
  })

  it('never include quarantined tools', () => {
    const quarantined = [{ name: 'bad name', reason: 'invalid_name' as const }]
    expect(filterTools({ ...input, quarantined }).unavailable).toEqual([{ name: 'bad name', reason: 'invalid_name' }])
  })

  it('accept names of members that every object has', () => {
    const { usable } = filterTools({ ...input, tools: [tool('constructor'), tool('__proto__', { enabled: false })] })
    expect([...usable]).toEqual(['constructor'])
  })
})
