import { describe, expect, it } from 'vitest'
import type { Actor } from '../../src/model/actor.js'
import type { ApprovalMode, ToolAnnotations, ToolChangeKind, ToolLabelValue } from '../../src/model/tool.js'
import { decideAccess, type AccessScope } from '../../src/policy/access.js'
import { decideApproval, resolveLabel, ruleSentences, type ApprovalInput } from '../../src/policy/approval-rule.js'
import { approvalTable } from './approval-table.js'

const rows = approvalTable
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split(/[\s|]{2,}/))

const columns: Readonly<Record<string, { readonly actor: Actor; readonly scope: AccessScope }>> = {
  owner: {
    actor: { workspaceId: 'acme', userId: 'ana' },
    scope: { workspaceId: 'acme', ownerId: 'ana', visibility: 'private' },
  },
  member: {
    actor: { workspaceId: 'acme', userId: 'bob' },
    scope: { workspaceId: 'acme', ownerId: 'ana', visibility: 'workspace' },
  },
  admin: {
    actor: { workspaceId: 'acme', userId: 'eve', role: 'admin' },
    scope: { workspaceId: 'acme', ownerId: 'ana', visibility: 'private' },
  },
  outsider: {
    actor: { workspaceId: 'other', userId: 'ana', role: 'admin' },
    scope: { workspaceId: 'acme', ownerId: 'ana', visibility: 'workspace' },
  },
}

const annotated: Readonly<Record<string, ToolAnnotations>> = {
  read: { readOnlyHint: true },
  write: { readOnlyHint: false },
}

function labelOf(label: string, source: string, trusted: boolean) {
  return resolveLabel({
    annotations: source === 'server' ? annotated[label] : undefined,
    trusted,
    connectorLabel: source === 'connector' ? (label as ToolLabelValue) : undefined,
    personLabel: source === 'person' ? { value: label as ToolLabelValue, definitionHash: 'h' } : undefined,
    definitionHash: 'h',
  })
}

describe('the table of label, source, trust, mode, change, grant and role', () => {
  it('has every combination, each once', () => {
    const seen = new Set(rows.map((row) => row.slice(0, 6).join(' ')))
    expect(rows).toHaveLength((3 * 2 + 1) * 2 * 3 * 6 * 2)
    expect(seen.size).toBe(rows.length)
  })

  it.each(rows)('%s label by %s, %s, mode %s, change %s, grant %s', (...row) => {
    const [label, source, trust, mode, change, grant, ...expected] = row as [
      string,
      string,
      string,
      string,
      string,
      string,
    ]
    const trusted = trust === 'trusted'
    const met = Object.values(columns).map(({ actor, scope }) => {
      const access = decideAccess('call', actor, scope, { sharing: 'members', adminsDecideForOthers: false })
      if (access !== 'allowed') return access
      const verdict = decideApproval({
        label: labelOf(label, source, trusted),
        mode: mode as ApprovalMode,
        trusted,
        change: change as ToolChangeKind,
        onToolChange: 'ask',
        granted: grant === 'granted',
        policy: undefined,
      })
      return `${verdict.mode} ${verdict.rule}`
    })
    expect(met).toEqual(expected)
  })
})

const plain: ApprovalInput = {
  label: { value: 'read', source: 'person', believed: true },
  mode: 'default',
  trusted: false,
  change: undefined,
  onToolChange: 'ask',
  granted: false,
  policy: undefined,
}
const decided = (given: Partial<ApprovalInput>): string => {
  const { mode, rule } = decideApproval({ ...plain, ...given })
  return `${mode} ${rule}`
}

describe('tools that changed', () => {
  it.each([
    // change, hold, accept
    [undefined, 'auto label_read', 'auto label_read'],
    ['same', 'auto label_read', 'auto label_read'],
    ['cosmetic', 'auto label_read', 'auto label_read'],
    ['narrowed', 'auto label_read', 'auto label_read'],
    ['reworded', 'deny tool_held', 'auto label_read'],
    ['widened', 'deny tool_held', 'auto label_read'],
    ['new', 'deny tool_held', 'auto label_read'],
    ['renamed', 'deny tool_held', 'auto label_read'],
    ['missing', 'deny tool_held', 'auto label_read'],
  ] as const)('%s: held %s, accepted %s', (change, held, accepted) => {
    expect(decided({ change, onToolChange: 'hold' })).toBe(held)
    expect(decided({ change, onToolChange: 'hold', granted: true })).toBe(held)
    expect(decided({ change, onToolChange: 'accept' })).toBe(accepted)
  })

  it('does not ask because of changed texts alone', () => {
    expect(decided({ change: 'reworded' })).toBe('auto label_read')
    expect(decided({ change: 'reworded', mode: 'auto' })).toBe('auto mode_auto')
    expect(decided({ change: 'reworded', mode: 'ask' })).toBe('ask mode_ask')
  })

  it('holds a tool whatever its mode and whatever the policy wants', () => {
    for (const mode of ['default', 'ask', 'auto'] as const)
      expect(decided({ mode, change: 'widened', onToolChange: 'hold', policy: { mode: 'auto', rule: 'x' } })).toBe(
        'deny tool_held',
      )
  })
})

describe("a host's policy", () => {
  it.each([
    // policy, mode, without a grant, with one
    ['auto', 'default', 'auto policy:p', 'auto policy:p'],
    ['auto', 'ask', 'ask mode_ask', 'ask mode_ask'],
    ['auto', 'auto', 'auto policy:p', 'auto policy:p'],
    ['ask', 'default', 'ask policy:p', 'auto grant'],
    ['ask', 'ask', 'ask mode_ask', 'ask mode_ask'],
    ['ask', 'auto', 'ask policy:p', 'auto grant'],
    ['deny', 'default', 'deny policy:p', 'deny policy:p'],
    ['deny', 'ask', 'deny policy:p', 'deny policy:p'],
    ['deny', 'auto', 'deny policy:p', 'deny policy:p'],
  ] as const)('%s with mode %s: %s, granted: %s', (policy, mode, plainly, granted) => {
    expect(decided({ mode, policy: { mode: policy, rule: 'p' } })).toBe(plainly)
    expect(decided({ mode, policy: { mode: policy, rule: 'p' }, granted: true })).toBe(granted)
  })

  it('never loosens the review of a changed tool', () => {
    expect(decided({ change: 'widened', policy: { mode: 'auto', rule: 'p' } })).toBe('ask tool_changed')
  })

  it.each([
    ['an unknown mode', { mode: 'allow', rule: 'p' }],
    ['no rule', { mode: 'auto' }],
    ['a rule that is no text', { mode: 'auto', rule: 1 }],
    ['null', null],
    ['a word', 'auto'],
    ['a promise', Promise.resolve({ mode: 'auto', rule: 'p' })],
    ['an object that throws', new Proxy({}, { get: () => expect.fail('read') })],
    ['the name of our own refusal', { mode: 'auto', rule: 'policy_failed' }],
  ])('denies when it answers %s', (_what, policy) => {
    expect(decided({ policy })).toBe('deny policy_failed')
    expect(decided({ policy, granted: true, mode: 'auto' })).toBe('deny policy_failed')
  })

  it('reads its answer once', () => {
    let reads = 0
    const policy = {
      get mode() {
        return reads++ === 0 ? 'ask' : 'auto'
      },
      rule: 'p',
    }
    expect(decided({ policy })).toBe('ask policy:p')
  })
})

describe('unknown values never loosen a rule', () => {
  it.each([
    ['mode', { mode: 'always' }, 'deny setting_unknown'],
    ['mode with a grant', { mode: 'always', granted: true }, 'deny setting_unknown'],
    ['kind of change', { change: 'rewritten' }, 'ask tool_changed'],
    ['wish for changes', { change: 'widened', onToolChange: 'ignore' }, 'deny tool_held'],
    ['label', { label: { value: 'safe', source: 'person', believed: true } }, 'ask label_write'],
  ])('%s', (_what, given, expected) => {
    expect(decided(given as unknown as Partial<ApprovalInput>)).toBe(expected)
  })
})

describe('labels', () => {
  const none = {
    annotations: undefined,
    trusted: true,
    connectorLabel: undefined,
    personLabel: undefined,
    definitionHash: 'now',
  }

  it.each([
    [{}, undefined],
    [{ title: 'Delete' }, undefined],
    [{ readOnlyHint: true }, 'read'],
    [{ readOnlyHint: true, destructiveHint: false }, 'read'],
    [{ readOnlyHint: true, destructiveHint: true }, 'write'],
    [{ readOnlyHint: false }, 'write'],
    [{ readOnlyHint: false, destructiveHint: false }, 'write'],
    [{ destructiveHint: true }, 'write'],
    [{ destructiveHint: false }, undefined],
    [{ idempotentHint: true, openWorldHint: false }, undefined],
    [{ readOnlyHint: 'true' }, undefined],
  ])('of annotations %o: %s', (annotations, value) => {
    expect(resolveLabel({ ...none, annotations: annotations as ToolAnnotations })?.value).toBe(value)
  })

  it("believes a server's annotations on a trusted integration only", () => {
    const annotations = { readOnlyHint: true }
    expect(resolveLabel({ ...none, annotations })).toEqual({ value: 'read', source: 'server', believed: true })
    expect(resolveLabel({ ...none, annotations, trusted: false })).toMatchObject({ source: 'server', believed: false })
  })

  it('follows a person before the connector, and the connector before the server', () => {
    const all = {
      ...none,
      annotations: { readOnlyHint: true },
      connectorLabel: 'write',
      personLabel: { value: 'read', definitionHash: 'now' },
    } as const
    expect(resolveLabel(all)).toEqual({ value: 'read', source: 'person', believed: true })
    expect(resolveLabel({ ...all, personLabel: undefined })).toMatchObject({ value: 'write', source: 'connector' })
  })

  it("drops a person's label when the definition is another one", () => {
    const personLabel = { value: 'read', definitionHash: 'before' } as const
    expect(resolveLabel({ ...none, personLabel })).toBeUndefined()
  })
})

it('says why in a sentence, whichever rule decides', () => {
  expect(decideApproval(plain).why).toBe(ruleSentences.label_read)
  expect(decideApproval({ ...plain, policy: { mode: 'deny', rule: 'no_production' } }).why).toContain('no_production')
  for (const sentence of Object.values(ruleSentences)) expect(sentence).toMatch(/^[A-Z].*\.$/)
})
