import type { ConfirmCallback, ConfirmRequest, ApprovalDecision, PolicyInput, PolicyVerdict } from 'mcp-integrations'
import { ana, connectedNotes, expect } from './host.js'

export async function approvals(): Promise<void> {
  await during()
  await later()
  await remembered()
  await changed()
  await byPolicy()
}

async function during(): Promise<void> {
  const { mine, notes, close } = await connectedNotes()
  // #region dialog
  const dialog = {
    async open(_question: object, _options: { readonly signal: AbortSignal }): Promise<ApprovalDecision> {
      return { decision: 'deny', reason: 'Ask me after lunch.' }
    },
  }
  // #endregion
  // #region confirm
  const confirm: ConfirmCallback = (request: ConfirmRequest, { signal }) =>
    dialog.open(
      {
        title: `${request.agentId} wants to run ${request.tool.name} of ${request.integration.name}`,
        body: request.display.text, // the arguments as they will be sent; nothing can hide in it
        why: request.why,
      },
      { signal }, // aborts when the decision is no longer needed: close the dialog
    )

  const toolset = await mine.toolset('assistant', { confirm, conversationId: 'chat-1' })
  const outcome = await toolset.call('notes__send', { to: 'bo', text: 'Hello' })
  // #endregion
  expect(
    'refused, not run',
    outcome.type === 'not_run' && outcome.reason === 'Ask me after lunch.' && notes.calls.size === 0,
  )
  // #region outcome
  const again = await mine.toolset('assistant', { conversationId: 'chat-2' })
  const answerForModel = async (name: string, args: object) => {
    const ended = await again.call(name, args)
    return ended.type === 'completed' ? ended.result.content : ended.modelText
  }
  // #endregion
  expect('a result is passed on', JSON.stringify(await answerForModel('notes__search', {})).includes('2 notes'))
  await close()
}

async function later(): Promise<void> {
  const { registry, mine, notes, close } = await connectedNotes()
  // #region defer
  const inbox: string[] = []
  const toolset = await mine.toolset('assistant', {
    conversationId: 'chat-1',
    confirm: (request) => {
      inbox.push(request.approvalId) // tell ana: a mail, a push, a badge
      return 'defer'
    },
  })
  const waiting = await toolset.call('notes__send', { to: 'bo', text: 'Hello' }) // approval_required
  // #endregion
  expect('it waits', waiting.type === 'approval_required' && notes.calls.size === 0)
  // #region resume
  // Hours later, in any process that shares the storage.
  const hers = registry.actingAs(ana)
  const { approvals: open } = await hers.approvals.list({ status: 'pending' })
  const [approval] = open
  if (approval !== undefined) {
    await hers.approvals.decide(approval.approvalId, 'approve')
    const chat = await hers.toolset('assistant', { conversationId: 'chat-1' })
    await chat.resume(approval.approvalId) // sends the stored arguments, once
  }
  // #endregion
  expect('it ran once', notes.calls.get('send') === 1 && inbox.length === 1)
  if (approval !== undefined) {
    const twice = await toolset.resume(approval.approvalId)
    expect('never twice', twice.type === 'not_run' && twice.because === 'already_used' && notes.calls.get('send') === 1)
  }
  await close()
}

async function remembered(): Promise<void> {
  const { mine, notes, close } = await connectedNotes()
  // #region remember
  let asked = 0
  const toolset = await mine.toolset('assistant', {
    conversationId: 'chat-1',
    confirm: () => {
      asked++
      return { decision: 'approve', remember: { for: 'conversation', minutes: 30, arguments: 'any' } }
    },
  })
  await toolset.call('notes__send', { to: 'bo', text: 'Hello' }) // asks
  await toolset.call('notes__send', { to: 'cy', text: 'Hello' }) // does not ask again

  const [grant] = await mine.grants.list() // show them in Settings
  if (grant !== undefined) await mine.grants.revoke(grant.id)
  // #endregion
  expect('asked once', asked === 1 && notes.calls.get('send') === 2)
  await toolset.call('notes__send', { to: 'di', text: 'Hello' })
  expect('asks again when it is revoked', Number(asked) === 2)
  // #region edit
  const edited = await mine.toolset('assistant', {
    confirm: ({ arguments: args }) => ({ decision: 'approve', args: { ...args, to: 'ana' } }),
  })
  const outcome = await edited.call('notes__send', { to: 'everybody', text: 'Hello' })
  // #endregion
  expect('the edited ones were sent', JSON.stringify(outcome).includes('sent to ana'))
  await close()
}

async function changed(): Promise<void> {
  const { mine, integration, notes, close } = await connectedNotes({ approvals: { onToolChange: 'hold' } })
  await notes.setTools([{ name: 'purge', description: 'Deletes everything.' }])
  // #region changes
  const { tools } = await mine.refreshTools(integration.id)
  for (const { name, change, definitionHash } of tools) {
    if (change === undefined) continue
    console.log(`  ${name}: ${change.kind}`, change.differences) // 'new', 'widened', 'renamed', …
    await mine.acceptTools(integration.id, { [name]: definitionHash }) // what was shown, and nothing newer
  }
  // #endregion
  const toolset = await mine.toolset('assistant')
  expect(
    'accepted tools are there',
    toolset.tools.some(({ name }) => name === 'purge'),
  )
  await close()
}

async function byPolicy(): Promise<void> {
  // #region policy
  const policy = ({ tool, agentId, arguments: args }: PolicyInput): PolicyVerdict | undefined => {
    if (agentId === 'builder' && tool.label?.value !== 'read') return { mode: 'deny', rule: 'builders_read' }
    if (args !== undefined && args.to === 'everybody') return { mode: 'ask', rule: 'to_everybody' }
    return undefined // the platform rule
  }
  // #endregion
  const { mine, close } = await connectedNotes({ approvals: { policy } })
  // #region explain
  const toolset = await mine.toolset('assistant')
  const verdict = await toolset.explain('notes__send', { to: 'everybody' })
  // { type: 'ask', rule: 'policy:to_everybody', why: … }: runs nothing
  // #endregion
  expect('the policy asks', verdict.type === 'ask' && verdict.rule === 'policy:to_everybody')
  const builder = await mine.toolset('builder')
  expect(
    'the policy denies',
    builder.unavailable.some(({ reason }) => reason === 'denied_by_policy'),
  )
  await close()
}
