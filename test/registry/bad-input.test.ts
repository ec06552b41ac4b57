import fc from 'fast-check'
import { expect, it } from 'vitest'
import { IntegrationError } from 'mcp-integrations'
import { ask, openGate, type Gate } from '../support/gate.js'
import { ana, root } from '../support/registry.js'
import type { Approval, Toolset } from 'mcp-integrations'

/** What callers without types pass for an id, and texts that can't be one. */
const odd = fc.oneof(
  fc.constantFrom<unknown>(
    '\ud800',
    'x\udc00',
    '\udfff\ud800',
    '',
    '..',
    '%',
    'a/b',
    '\0',
    '\u202e',
    'x'.repeat(9_999),
  ),
  fc.constantFrom<unknown>(undefined, null, Number.NaN, 5, 1n, Symbol('id'), () => 'id', [], {}, ['\ud800']),
  fc.constant({
    toString() {
      throw new TypeError('no text')
    },
  }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.anything(),
)

/** Every verb that takes an id, a name of the host's or a cursor, called with `value` for it. */
const verbs: Readonly<
  Record<string, (at: Gate & { readonly toolset1: Toolset; readonly asked: Approval }, value: never) => unknown>
> = {
  get: ({ mine }, id) => mine.get(id),
  validate: ({ mine }, id) => mine.validate(id),
  reconnect: ({ mine }, id) => mine.reconnect(id),
  update: ({ mine }, id) => mine.update(id, { name: 'Other' }),
  'update with agents': ({ mine, id }, agent) => mine.update(id, { agents: [agent] }),
  enable: ({ mine }, id) => mine.enable(id),
  disable: ({ mine }, id) => mine.disable(id),
  authorize: ({ mine }, id) => mine.authorize(id),
  signOut: ({ mine }, id) => mine.signOut(id),
  'transferOwner of': ({ mine }, id) => mine.transferOwner(id, 'bo'),
  'transferOwner to': ({ mine }, userId) => mine.transferOwner('nothing', userId),
  trust: ({ as }, id) => as(root).trust(id, true),
  remove: ({ mine }, id) => mine.remove(id),
  tools: ({ mine }, id) => mine.tools(id),
  configureTools: ({ mine }, id) => mine.configureTools(id, {}),
  refreshTools: ({ mine }, id) => mine.refreshTools(id),
  acceptTools: ({ mine }, id) => mine.acceptTools(id, {}),
  'acceptTools with a hash': ({ mine, id }, hash) => mine.acceptTools(id, { write_note: hash }),
  'connect with a connector': ({ mine }, connector) => mine.connect({ connector, agents: ['assistant'] }),
  'connect with agents': ({ mine, server }, agent) => mine.connect({ url: server.url, name: 'N', agents: [agent] }),
  finishConnect: ({ mine }, callbackUrl) => mine.finishConnect(callbackUrl),
  toolset: ({ mine }, agentId) => mine.toolset(agentId),
  'toolset of a conversation': ({ mine }, conversationId) => mine.toolset('assistant', { conversationId }),
  'toolset of integrations': ({ mine }, id) => mine.toolset('assistant', { integrations: [id] }),
  call: ({ toolset1 }, name) => toolset1.call(name, {}),
  'call with an idempotency key': ({ toolset1 }, idempotencyKey) =>
    toolset1.call('notes__write_note', { id: '1', text: 'x' }, { idempotencyKey }),
  resume: ({ toolset1 }, approvalId) => toolset1.resume(approvalId),
  explain: ({ toolset1 }, name) => toolset1.explain(name, {}),
  'approvals.get': ({ mine }, id) => mine.approvals.get(id),
  'approvals.decide': ({ mine }, id) => mine.approvals.decide(id, 'deny'),
  'approvals.decide several': ({ mine }, id) => mine.approvals.decide([id], 'deny'),
  'approvals.cancel': ({ mine }, id) => mine.approvals.cancel(id),
  'approvals.list of an integration': ({ mine }, integrationId) => mine.approvals.list({ integrationId }),
  'approvals.list of an agent': ({ mine }, agentId) => mine.approvals.list({ agentId }),
  'approvals.list of a conversation': ({ mine }, conversationId) => mine.approvals.list({ conversationId }),
  'approvals.list after': ({ mine }, after) => mine.approvals.list({ after }),
  'list after': ({ mine }, after) => mine.list({ limit: 5, after }),
  'grants.list': ({ as }, userId) => as(root).grants.list({ userId }),
  'grants.revoke': ({ mine }, id) => mine.grants.revoke(id),
  'audit of an integration': ({ mine }, integrationId) => mine.audit({ integrationId }),
  'audit of a person': ({ as }, userId) => as(root).audit({ userId }),
  'audit of an agent': ({ mine }, agentId) => mine.audit({ agentId }),
  'audit of an approval': ({ mine }, approvalId) => mine.audit({ approvalId }),
  'audit after': ({ mine }, after) => mine.audit({ after }),
  'events after': ({ mine }, after) => mine.events({ after }),
  'actingAs a person': ({ as }, userId) => as({ workspaceId: 'acme', userId }).list(),
  'actingAs in a workspace': ({ as }, workspaceId) => as({ workspaceId, userId: 'ana' }).list(),
  'forgetUser who': ({ registry }, userId) => registry.forgetUser({ workspaceId: 'nowhere', userId }),
  'forgetUser where': ({ registry }, workspaceId) => registry.forgetUser({ workspaceId, userId: 'nobody' }),
  'forgetUser in favour of': ({ registry }, transferTo) =>
    registry.forgetUser({ workspaceId: 'nowhere', userId: 'nobody', transferTo }),
  forgetWorkspace: ({ registry }, workspaceId) =>
    workspaceId === ana.workspaceId ? undefined : registry.forgetWorkspace(workspaceId),
  'events of a workspace': ({ registry }, workspaceId) => registry.events({ workspaceId }),
}

/** Half a character is an impossible value, or is found nowhere; a hash of it is that of no definition. */
const found = new Set(['invalid_input', 'not_found', 'tool_not_found', 'conflict'])

it('every verb ends an impossible id, name or cursor with a typed error', { timeout: 120_000 }, async () => {
  const gate = await openGate()
  const toolset1 = await gate.toolset()
  const at = { ...gate, toolset1, asked: await ask(toolset1) }
  for (const [verb, call] of Object.entries(verbs))
    await fc.assert(
      fc.asyncProperty(odd, async (value) => {
        const end = await Promise.resolve()
          .then(() => call(at, value as never))
          .catch((error: unknown) => ({ error }))
        const error = typeof end === 'object' && end !== null && 'error' in end ? end.error : undefined
        if (error !== undefined && !(error instanceof IntegrationError))
          throw new Error(`${verb} threw ${String((error as Error).stack)}`)
        const isHalf = typeof value === 'string' && /\p{Surrogate}/u.test(value)
        // explain() says of an unknown tool why it can't be called.
        if (isHalf && verb !== 'explain')
          expect({ verb, code: error?.code }).toMatchObject({ code: expect.toSatisfy((code) => found.has(code)) })
      }),
      { numRuns: 40, examples: [['\ud800'], [undefined], [Symbol('id')]] },
    )
  expect(await gate.mine.get(gate.id)).toMatchObject({ status: 'connected' })
})
