import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Actor } from '../../src/model/actor.js'
import type { ToolAnnotations } from '../../src/model/tool.js'
import { decideAccess, type AccessRules, type AccessScope, type Operation } from '../../src/policy/access.js'
import { decideApproval, resolveLabel, type ApprovalInput } from '../../src/policy/approval-rule.js'
import { filterTools } from '../../src/policy/tool-filter.js'

/** Everything that decides whether a call runs. */
interface Situation {
  readonly actor: Actor
  readonly scope: AccessScope
  readonly rules: AccessRules
  readonly agents: readonly string[]
  readonly enabled: boolean
  readonly listed: boolean
  readonly toolEnabled: boolean
  readonly toolAgents: readonly string[] | undefined
  readonly annotations: ToolAnnotations | undefined
  readonly connectorLabel: 'read' | 'write' | undefined
  readonly personLabel: { readonly value: 'read' | 'write'; readonly definitionHash: string } | undefined
  readonly approval: Omit<ApprovalInput, 'label'>
}

const label = fc.constantFrom('read', 'write')
const situation: fc.Arbitrary<Situation> = fc.record({
  actor: fc.record({
    workspaceId: fc.constantFrom('acme', 'acme', 'acme', 'other'),
    userId: fc.constantFrom('ana', 'bob'),
    role: fc.constantFrom('member', 'admin'),
  }),
  scope: fc.record({
    workspaceId: fc.constant('acme'),
    ownerId: fc.constant('ana'),
    visibility: fc.constantFrom('private', 'workspace'),
  }),
  rules: fc.record({ sharing: fc.constantFrom('members', 'admins'), adminsDecideForOthers: fc.boolean() }),
  agents: fc.subarray(['assistant', 'builder']),
  enabled: fc.boolean(),
  listed: fc.boolean(),
  toolEnabled: fc.boolean(),
  toolAgents: fc.option(fc.subarray(['assistant', 'builder']), { nil: undefined }),
  annotations: fc.option(
    fc.record({ readOnlyHint: fc.boolean(), destructiveHint: fc.boolean() }, { requiredKeys: [] }),
    {
      nil: undefined,
    },
  ),
  connectorLabel: fc.option(label, { nil: undefined }),
  personLabel: fc.option(fc.record({ value: label, definitionHash: fc.constantFrom('now', 'before') }), {
    nil: undefined,
  }),
  approval: fc.record({
    mode: fc.constantFrom('default', 'ask', 'auto'),
    trusted: fc.boolean(),
    change: fc.constantFrom(
      undefined,
      'same',
      'cosmetic',
      'reworded',
      'narrowed',
      'widened',
      'new',
      'renamed',
      'missing',
    ),
    onToolChange: fc.constantFrom('ask', 'hold', 'accept'),
    granted: fc.boolean(),
    policy: fc.constantFrom(
      undefined,
      { mode: 'auto', rule: 'p' },
      { mode: 'ask', rule: 'p' },
      { mode: 'deny', rule: 'p' },
      { mode: '?', rule: 'p' },
    ),
  }),
})

/** 0: not at all · 1: only after somebody was asked · 2: without asking. */
function freedom(given: Situation): 0 | 1 | 2 {
  if (decideAccess('call', given.actor, given.scope, given.rules) !== 'allowed') return 0
  const verdict = decideApproval({
    ...given.approval,
    label: resolveLabel({ ...given, trusted: given.approval.trusted, definitionHash: 'now' }),
  })
  const { usable } = filterTools({
    agentId: 'assistant',
    integration: given,
    tools: [{ name: 'tool', enabled: given.toolEnabled, agents: given.toolAgents, verdict }],
    quarantined: [],
  })
  return usable.has('tool') ? (verdict.mode === 'auto' ? 2 : 1) : 0
}

const approval = (change: Partial<Situation['approval']>) => (given: Situation) => ({
  ...given,
  approval: { ...given.approval, ...change },
})

/** Every way to take something away. */
const removals: Readonly<Record<string, (given: Situation) => Situation>> = {
  'the role': (given) => ({ ...given, actor: { ...given.actor, role: 'member' } }),
  membership: (given) => ({ ...given, actor: { ...given.actor, workspaceId: 'other' } }),
  ownership: (given) => ({ ...given, scope: { ...given.scope, ownerId: 'eve' } }),
  'the sharing': (given) => ({ ...given, scope: { ...given.scope, visibility: 'private' } }),
  'the right to share': (given) => ({ ...given, rules: { ...given.rules, sharing: 'admins' } }),
  'deciding for others': (given) => ({ ...given, rules: { ...given.rules, adminsDecideForOthers: false } }),
  'the master switch': (given) => ({ ...given, enabled: false }),
  'the agent': (given) => ({ ...given, agents: given.agents.filter((agent) => agent !== 'assistant') }),
  'all agents': (given) => ({ ...given, agents: [] }),
  'the tool list': (given) => ({ ...given, listed: false }),
  'the tool': (given) => ({ ...given, toolEnabled: false }),
  'the tool for some agents': (given) => ({ ...given, toolAgents: ['builder'] }),
  'the tool for all agents': (given) => ({ ...given, toolAgents: [] }),
  'the grant': approval({ granted: false }),
  trust: approval({ trusted: false }),
  'running without asking': (given) =>
    given.approval.mode === 'auto' ? approval({ mode: 'default' })(given) : approval({ mode: 'ask' })(given),
  'a label that reads': (given) => ({ ...given, personLabel: { value: 'write', definitionHash: 'now' } }),
  'the acceptance of the tool': approval({ change: 'widened' }),
  'knowing the tool': approval({ change: 'new' }),
  'accepting changes': (given) =>
    approval({ onToolChange: given.approval.onToolChange === 'accept' ? 'ask' : 'hold' })(given),
  'by a policy that asks': (given) =>
    given.approval.policy === undefined ? approval({ policy: { mode: 'ask', rule: 'p' } })(given) : given,
  'by a policy that denies': approval({ policy: { mode: 'deny', rule: 'p' } }),
  'by a policy that fails': approval({ policy: null }),
}

it.each(Object.entries(removals))('taking away %s never allows more', (_what, remove) => {
  let allowed = 0
  fc.assert(
    fc.property(situation, (given) => {
      allowed += freedom(given) > 0 ? 1 : 0
      expect(freedom(remove(given))).toBeLessThanOrEqual(freedom(given))
    }),
    { numRuns: 2000 },
  )
  expect(allowed).toBeGreaterThan(0)
})

it('taking away several things, one after the other, never allows more', () => {
  const several = fc.array(fc.constantFrom(...Object.values(removals)), { maxLength: 6 })
  fc.assert(
    fc.property(situation, several, (given, steps) => {
      let [now, free] = [given, freedom(given)]
      for (const step of steps) {
        now = step(now)
        const left = freedom(now)
        expect(left).toBeLessThanOrEqual(free)
        free = left
      }
    }),
    { numRuns: 3000 },
  )
})

const operations: readonly Operation[] = [
  'get',
  'share',
  'update',
  'enable',
  'set_endpoint',
  'validate',
  'reconnect',
  'own_credential',
  'disable',
  'remove',
  'list_tools',
  'configure_tools',
  'accept_tools',
  'trust',
  'call',
  'decide_own_approval',
  'decide_others_approval',
  'own_grants',
  'others_grants',
  'transfer_owner',
  'audit_all',
]
const ofAccess = ['the role', 'membership', 'ownership', 'the right to share', 'deciding for others']

it.each(ofAccess)('removing %s never allows a refused call', (what) => {
  const allows = (operation: Operation, { actor, scope, rules }: Situation): boolean =>
    decideAccess(operation, actor, scope, rules) === 'allowed'
  fc.assert(
    fc.property(fc.constantFrom(...operations), situation, (operation, given) => {
      expect(allows(operation, removals[what]!(given)) && !allows(operation, given)).toBe(false)
    }),
    { numRuns: 3000 },
  )
})
