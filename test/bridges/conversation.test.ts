import { describe, expect, it } from 'vitest'
import { bridgedTools } from '../../src/bridges/bridged-tools.js'
import { bench, person, type Bench } from './bench.js'

/** The conversations of what waits. */
async function waiting(host: Bench): Promise<readonly (string | undefined)[]> {
  const { approvals } = await host.mine.approvals.list({ status: 'pending' })
  return approvals.map(({ conversationId }) => conversationId)
}

describe('the chat of a call', () => {
  it("is the framework's where the toolset names none, and an approval is resumed in it", async () => {
    await using host = await bench()
    const toolset = await host.mine.toolset('assistant', { confirm: person('defer') })
    const tool = bridgedTools(toolset, {}).get('notes__write_note')
    const outcome = await tool.run({ text: 'a' }, { callId: 'call_1', conversationId: 'thread-1' })
    if (outcome.type !== 'approval_required') throw new Error('It should wait.')
    expect(await waiting(host)).toEqual(['thread-1'])
    const { approvalId } = outcome.approval
    await host.mine.approvals.decide(approvalId, 'approve')
    await expect(toolset.resume(approvalId)).rejects.toMatchObject({ code: 'not_found' })
    await expect(toolset.resume(approvalId, { conversationId: 'thread-2' })).rejects.toMatchObject({
      code: 'not_found',
    })
    expect(await toolset.resume(approvalId, { conversationId: 'thread-1' })).toMatchObject({ type: 'completed' })
  })

  it('is the one that the host gave the toolset, whatever the framework says', async () => {
    await using host = await bench()
    const toolset = await host.mine.toolset('assistant', { confirm: person('defer'), conversationId: 'chat' })
    expect(toolset.conversationId).toBe('chat')
    const tool = bridgedTools(toolset, {}).get('notes__write_note')
    await tool.run({ text: 'a' }, { callId: 'call_1', conversationId: 'thread-1' })
    expect(await waiting(host)).toEqual(['chat'])
  })

  it('lets a decision that is remembered for it count there, and nowhere else', async () => {
    await using host = await bench()
    const confirm = person({ decision: 'approve', remember: { for: 'conversation', arguments: 'any' } })
    const tool = bridgedTools(await host.mine.toolset('assistant', { confirm }), {}).get('notes__write_note')
    await tool.run({ text: 'a' }, { callId: 'call_1', conversationId: 'thread-1' })
    expect(await tool.explain({ text: 'b' }, { conversationId: 'thread-1' })).toMatchObject({ type: 'auto' })
    expect(await tool.explain({ text: 'b' }, { conversationId: 'thread-2' })).toMatchObject({ type: 'ask' })
  })

  it('and long ids of calls are accepted and stay distinct', async () => {
    await using host = await bench()
    const toolset = await host.mine.toolset('assistant', { confirm: person('defer') })
    const tool = bridgedTools(toolset, {}).get('notes__write_note')
    for (const end of ['a', 'b'])
      await tool.run({ text: 'x' }, { callId: `${'c'.repeat(300)}${end}`, conversationId: `${'t'.repeat(300)}${end}` })
    const chats = await waiting(host)
    expect(new Set(chats).size).toBe(2)
    expect(chats.every((id) => id!.length <= 200)).toBe(true)
  })
})

it.each([{ conversationId: 5 }, { conversationId: 'x'.repeat(201) }, { conversation: 'chat' }])(
  'refuses %j as an option of explain()',
  async (options) => {
    await using host = await bench()
    const toolset = await host.mine.toolset('assistant')
    await expect(toolset.explain('notes__read_note', {}, options as object)).rejects.toMatchObject({
      code: 'invalid_input',
    })
  },
)
