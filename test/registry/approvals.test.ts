import { describe, expect, it, vi } from 'vitest'
import type { ConfirmCallback, ConfirmRequest, ApprovalDecision } from 'mcp-integrations'
import { ask, later, openGate, sent, writeNote, type Gate } from '../support/gate.js'
import { ana, bo, makeStorage, outsider, root } from '../support/registry.js'
import { expectCpuBelow } from '../support/cpu.js'
import { eventually } from '../support/eventually.js'

const args = { id: '7', text: 'hello' }
const write = 'notes__write_note'

describe('the confirm callback', () => {
  it('lets a call run once when it approves', async () => {
    const gate = await openGate()
    const confirm = vi.fn<ConfirmCallback>(() => 'approve')
    const toolset = await gate.toolset({ confirm })
    expect(await toolset.call(write, args)).toMatchObject({
      type: 'completed',
      result: { content: [{ type: 'text', text: 'wrote 7: hello' }] },
    })
    const { approvalId } = confirm.mock.calls[0]![0]
    expect(await gate.mine.approvals.get(approvalId)).toMatchObject({ status: 'finished', decidedBy: 'confirm' })
    expect(await toolset.resume(approvalId)).toMatchObject({ type: 'not_run', because: 'already_used' })
    expect(sent(gate.server)).toEqual([args])
  })

  it('denies with a reason that the model sees', async () => {
    const gate = await openGate()
    const toolset = await gate.toolset({ confirm: () => ({ decision: 'deny', reason: 'Wrong note.' }) })
    const outcome = await toolset.call(write, args)
    expect(outcome).toMatchObject({ type: 'not_run', because: 'denied', reason: 'Wrong note.' })
    expect(outcome).toHaveProperty('modelText', expect.stringContaining('Wrong note.'))
    expect(sent(gate.server)).toEqual([])
  })

  it('may edit the arguments: what it approved is what is sent and recorded', async () => {
    const gate = await openGate()
    const edited = { id: '8', text: 'bye' }
    const toolset = await gate.toolset({ confirm: () => ({ decision: 'approve', args: edited }) })
    expect(await toolset.call(write, args)).toMatchObject({ type: 'completed' })
    expect(sent(gate.server)).toEqual([edited])
    const [approval] = (await gate.mine.approvals.list()).approvals
    expect(approval).toMatchObject({ arguments: edited, edited: true, status: 'finished' })
    expect((await gate.mine.audit()).entries).toContainEqual(
      expect.objectContaining({ action: 'decide', outcome: 'approve', changed: ['arguments'] }),
    )
  })

  it('does not call unchanged arguments edited', async () => {
    const gate = await openGate()
    const toolset = await gate.toolset({
      confirm: () => ({ decision: 'approve', args: { text: 'hello', id: '7' } }),
    })
    await toolset.call(write, args)
    expect((await gate.mine.approvals.list()).approvals[0]).toMatchObject({ edited: undefined })
  })

  it.each<[string, ConfirmCallback]>([
    [
      'throws',
      () => {
        throw new Error('dialog broke')
      },
    ],
    ['rejects', () => Promise.reject(new Error('dialog broke'))],
    ['answers nonsense', () => 'yes' as unknown as ApprovalDecision],
    ['answers nothing', () => undefined as unknown as ApprovalDecision],
    ['edits arguments so that they do not fit the schema', () => ({ decision: 'approve', args: { id: 7 } })],
    ['adds what the tool does not know', () => ({ decision: 'approve', args: { ...args, force: true } })],
    ['remembers out of bounds', () => ({ decision: 'approve', remember: { for: 'limited', uses: 0 } })],
    ['defers', () => 'defer'],
  ])('runs nothing when it %s: the approval stays open', async (_what, confirm) => {
    const gate = await openGate()
    const outcome = await (await gate.toolset({ confirm })).call(write, args)
    expect(outcome).toMatchObject({ type: 'approval_required', approval: { status: 'pending', arguments: args } })
    expect(sent(gate.server)).toEqual([])
    expect((await gate.mine.approvals.list({ status: 'pending' })).approvals).toHaveLength(1)
  })

  it('counts when it answers late, after the call has ended', async () => {
    const gate = await openGate({ approvals: { waitMs: 1000 } })
    const answer = later<ApprovalDecision>()
    const toolset = await gate.toolset({ confirm: () => answer.promise })
    const calling = toolset.call(write, args)
    await eventually(async () => expect((await gate.mine.approvals.list()).approvals).toHaveLength(1))
    await gate.runtime.advance(1000)
    const outcome = await calling
    if (outcome.type !== 'approval_required') throw new Error(outcome.type)
    const { approvalId } = outcome.approval
    answer.resolve('approve')
    await eventually(async () => expect((await gate.mine.approvals.get(approvalId)).status).toBe('approved'))
    expect(await toolset.resume(approvalId)).toMatchObject({ type: 'completed' })
    expect(sent(gate.server)).toEqual([args])
  })

  it('learns by its signal that the decision was made elsewhere', async () => {
    const gate = await openGate()
    const aborted = later()
    const confirm: ConfirmCallback = (request, { signal }) => {
      signal.addEventListener('abort', () => aborted.resolve())
      void gate.another().actingAs(ana).approvals.decide(request.approvalId, 'approve')
      return new Promise(() => {})
    }
    expect(await (await gate.toolset({ confirm })).call(write, args)).toMatchObject({ type: 'completed' })
    await aborted.promise
  })

  it('learns of it also when the storage does not report changes', async () => {
    const silent = makeStorage()
    delete silent.watch
    const gate = await openGate({ storage: silent })
    const [asked, aborted] = [later<string>(), later()]
    const confirm: ConfirmCallback = ({ approvalId }, { signal }) => {
      signal.addEventListener('abort', () => aborted.resolve())
      asked.resolve(approvalId)
      return new Promise(() => {})
    }
    const calling = (await gate.toolset({ confirm })).call(write, args)
    await gate
      .another()
      .actingAs(ana)
      .approvals.decide(await asked.promise, 'approve')
    await gate.runtime.advance(2000)
    expect(await calling).toMatchObject({ type: 'completed' })
    await aborted.promise
  })

  it('costs the tool none of its time', async () => {
    const gate = await openGate({ limits: { callTimeoutMs: 1000 } })
    const asked = later<ConfirmRequest>()
    const answer = later<ApprovalDecision>()
    const calling = (
      await gate.toolset({
        confirm: (request) => {
          asked.resolve(request)
          return answer.promise
        },
      })
    ).call(write, args)
    const { approvalId } = await asked.promise
    await gate.runtime.advance(200_000)
    answer.resolve('approve')
    expect(await calling).toMatchObject({ type: 'completed' })
    expect((await gate.mine.approvals.get(approvalId)).status).toBe('finished')
    const entry = (await gate.mine.audit()).entries.find(({ action }) => action === 'call')
    expect(entry).toMatchObject({ outcome: 'completed', durationMs: 0 })
  })

  it('is the one of the call, else of the toolset, else of the registry', async () => {
    const asked: string[] = []
    const named =
      (name: string): ConfirmCallback =>
      () => {
        asked.push(name)
        return 'deny'
      }
    const gate = await openGate({ confirm: named('registry') })
    await (await gate.toolset()).call(write, args)
    const toolset = await gate.toolset({ confirm: named('toolset') })
    await toolset.call(write, args)
    await toolset.call(write, args, { confirm: named('call') })
    expect(asked).toEqual(['registry', 'toolset', 'call'])
  })

  it('is asked again by the next equal call when it deferred', async () => {
    const gate = await openGate()
    const confirm = vi.fn<ConfirmCallback>(() => 'defer')
    const toolset = await gate.toolset({ confirm, conversationId: 'c1' })
    await toolset.call(write, args)
    await toolset.call(write, args)
    expect(confirm.mock.calls.map(([{ approvalId }]) => approvalId)).toEqual([
      confirm.mock.calls[0]![0].approvalId,
      confirm.mock.calls[0]![0].approvalId,
    ])
  })
})

describe('a decision', () => {
  it('can be made in another process, and the call resumed in a third', async () => {
    const gate = await openGate()
    const { approvalId } = await ask(await gate.toolset())
    const decided = await gate.another().actingAs(ana).approvals.decide(approvalId, 'approve')
    expect(decided).toMatchObject({ status: 'approved', decidedBy: 'ana' })
    const third = await gate.another().actingAs(ana).toolset('assistant')
    expect(await third.resume(approvalId)).toMatchObject({ type: 'completed' })
    expect(sent(gate.server)).toEqual([args])
  })

  it('is used by one of fifty that resume at once', async () => {
    const gate = await openGate()
    const { approvalId } = await ask(await gate.toolset())
    await gate.mine.approvals.decide(approvalId, 'approve')
    const toolsets = await Promise.all(
      Array.from({ length: 5 }, () => gate.another().actingAs(ana).toolset('assistant')),
    )
    const outcomes = await Promise.all(Array.from({ length: 50 }, (_, n) => toolsets[n % 5]!.resume(approvalId)))
    expect(outcomes.filter(({ type }) => type === 'completed')).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome.type === 'not_run' && outcome.because === 'already_used')).toHaveLength(
      49,
    )
    expect(sent(gate.server)).toEqual([args])
  })

  it('is final: the same decision again returns the stored one, another one is a conflict', async () => {
    const gate = await openGate()
    const { approvalId } = await ask(await gate.toolset())
    const { decide } = gate.mine.approvals
    const decided = await decide(approvalId, { decision: 'deny', reason: 'no' })
    expect(await decide(approvalId, 'deny')).toEqual(decided)
    await expect(decide(approvalId, 'approve')).rejects.toMatchObject({ code: 'conflict', reason: 'denied' })
  })

  it('to approve something else than was approved is a conflict', async () => {
    const gate = await openGate()
    const { approvalId } = await ask(await gate.toolset())
    const { decide } = gate.mine.approvals
    await decide(approvalId, { decision: 'approve', args: { id: '7', text: 'one' } })
    await expect(decide(approvalId, { decision: 'approve', args: { id: '7', text: 'two' } })).rejects.toMatchObject({
      code: 'conflict',
      reason: 'approved',
    })
    expect(await decide(approvalId, 'approve')).toMatchObject({ arguments: { id: '7', text: 'one' } })
  })

  it('of two at once, one wins', async () => {
    const gate = await openGate()
    const { approvalId } = await ask(await gate.toolset())
    const other = gate.another().actingAs(ana)
    const results = await Promise.allSettled([
      gate.mine.approvals.decide(approvalId, 'approve'),
      other.approvals.decide(approvalId, 'deny'),
    ])
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    const { status } = await gate.mine.approvals.get(approvalId)
    expect(status).toBe(results[0]!.status === 'fulfilled' ? 'approved' : 'denied')
  })

  it('can be made only by the person it is for', async () => {
    const gate = await openGate({ connect: { visibility: 'workspace' } })
    const { approvalId } = await ask(await gate.toolset())
    for (const [actor, code] of [
      [bo, 'not_found'],
      [outsider, 'not_found'],
      [root, 'forbidden'],
    ] as const) {
      const { approvals } = gate.as(actor)
      await expect(approvals.decide(approvalId, 'approve')).rejects.toMatchObject({ code })
      await expect(approvals.get(approvalId)).rejects.toMatchObject({ code })
      expect((await approvals.list()).approvals).toEqual([])
    }
    expect((await gate.mine.approvals.get(approvalId)).status).toBe('pending')
  })

  it('of another person is not remembered for them by an admin', async () => {
    const gate = await openGate({ connect: { visibility: 'workspace' }, access: { adminsDecideForOthers: true } })
    const { approvalId } = await ask(await gate.toolset())
    const admin = gate.as(root).approvals
    await expect(admin.decide(approvalId, { decision: 'approve', remember: { for: 'tool' } })).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('remember'),
    })
    expect(await gate.mine.approvals.get(approvalId)).toMatchObject({ status: 'pending' })
    await admin.decide(approvalId, 'approve')
    expect(await gate.mine.grants.list()).toEqual([])
  })

  it('can be made by an admin where the host allows it', async () => {
    const gate = await openGate({ connect: { visibility: 'workspace' }, access: { adminsDecideForOthers: true } })
    const { approvalId } = await ask(await gate.toolset())
    expect(await gate.as(root).approvals.decide(approvalId, 'approve')).toMatchObject({ decidedBy: 'root' })
    await expect(gate.as(bo).approvals.decide(approvalId, 'approve')).rejects.toMatchObject({ code: 'not_found' })
  })

  it('about ten is one commit, about more several, and each counts', async () => {
    const gate = await openGate({ approvals: { maxPendingPerConversation: 100 } })
    const toolset = await gate.toolset({ conversationId: 'c' })
    const ids: string[] = []
    for (let n = 0; n < 12; n++) ids.push((await ask(toolset, { id: String(n), text: 'x' })).approvalId)
    const commit = vi.spyOn(gate.storage, 'commit')
    const decided = await gate.mine.approvals.decide(ids.slice(0, 10), {
      decision: 'approve',
      remember: { for: 'conversation' },
    })
    expect(commit.mock.calls.filter(([, writes]) => writes.length > 1)).toHaveLength(1)
    expect(decided.map(({ approvalId, status }) => [approvalId, status])).toEqual(
      ids.slice(0, 10).map((id) => [id, 'approved']),
    )
    expect(await gate.mine.approvals.decide([...ids.slice(10), ids[11]!], 'deny')).toHaveLength(2)
    await expect(
      gate.mine.approvals.decide(ids, { decision: 'approve', args: { id: '1', text: 'y' } }),
    ).rejects.toMatchObject({ code: 'invalid_input' })
  })

  it('with bad input changes nothing', async () => {
    const gate = await openGate()
    const { approvalId } = await ask(await gate.toolset())
    const bad: unknown[] = [
      'maybe',
      undefined,
      { decision: 'approve', reason: 'x' },
      { decision: 'approve', args: [] },
      { decision: 'approve', args: { id: '7' } },
      { decision: 'approve', args: { id: '7', text: 'x'.repeat(21) } },
      { decision: 'approve', remember: {} },
      { decision: 'deny', remember: { for: 'tool' } },
    ]
    for (const decision of bad)
      await expect(gate.mine.approvals.decide(approvalId, decision as ApprovalDecision)).rejects.toMatchObject({
        code: 'invalid_input',
      })
    for (const id of ['', 'nope', '../x', 7, null, {}])
      await expect(gate.mine.approvals.decide(id as string, 'approve')).rejects.toMatchObject({ code: 'not_found' })
    expect((await gate.mine.approvals.get(approvalId)).status).toBe('pending')
  })
})

describe('an approval', () => {
  it("expires by the storage's clock, decided or not", async () => {
    const gate = await openGate({ approvals: { expiresAfterMs: 60_000 } })
    const toolset = await gate.toolset()
    const [pending, approved] = [await ask(toolset), await ask(toolset, { id: '8', text: 'x' })]
    await gate.mine.approvals.decide(approved.approvalId, 'approve')
    await gate.runtime.advance(60_000)
    await expect(gate.mine.approvals.decide(pending.approvalId, 'approve')).rejects.toMatchObject({
      code: 'conflict',
      reason: 'expired',
    })
    for (const { approvalId } of [pending, approved]) {
      expect(await toolset.resume(approvalId)).toMatchObject({ type: 'not_run', because: 'expired' })
      expect((await gate.mine.approvals.get(approvalId)).status).toBe('expired')
    }
    expect((await gate.mine.approvals.list({ status: 'pending' })).approvals).toEqual([])
    expect(await gate.registry.sweep()).toMatchObject({ approvals: 2 })
    expect(sent(gate.server)).toEqual([])
  })

  it('that expires while its call waits ends the call as expired', async () => {
    const gate = await openGate({ approvals: { expiresAfterMs: 60_000 } })
    const gaveUp = later()
    const asked = later()
    const confirm: ConfirmCallback = (_request, { signal }) => {
      signal.addEventListener('abort', () => gaveUp.resolve())
      asked.resolve()
      return new Promise(() => {})
    }
    const calling = (await gate.toolset({ confirm })).call(write, args)
    await asked.promise
    await gate.runtime.advance(60_000)
    expect(await calling).toMatchObject({ type: 'not_run', because: 'expired' })
    await gaveUp.promise
  })

  it('is cancelled when its call is aborted, and its dialog with it', async () => {
    const gate = await openGate()
    const controller = new AbortController()
    const gaveUp = later()
    const confirm: ConfirmCallback = (_request, { signal }) => {
      signal.addEventListener('abort', () => gaveUp.resolve())
      controller.abort()
      return new Promise(() => {})
    }
    const calling = (await gate.toolset({ confirm })).call(write, args, { signal: controller.signal })
    await expect(calling).rejects.toMatchObject({ code: 'aborted', mayHaveRun: false })
    await gaveUp.promise
    const [approval] = (await gate.mine.approvals.list()).approvals
    expect(approval).toMatchObject({ status: 'cancelled' })
    await expect(gate.mine.approvals.decide(approval!.approvalId, 'approve')).rejects.toMatchObject({
      code: 'conflict',
    })
  })

  it.each<['disable' | 'remove']>([['disable'], ['remove']])('is cancelled by %s', async (verb) => {
    const gate = await openGate()
    const toolset = await gate.toolset()
    const [pending, approved] = [await ask(toolset), await ask(toolset)]
    await gate.mine.approvals.decide(approved.approvalId, 'approve')
    await gate.mine[verb](gate.id)
    for (const { approvalId } of [pending, approved]) {
      expect(await toolset.resume(approvalId)).toMatchObject({ type: 'not_run', because: 'cancelled' })
      await expect(gate.mine.approvals.decide(approvalId, 'deny')).rejects.toMatchObject({ code: 'conflict' })
    }
    expect(sent(gate.server)).toEqual([])
  })

  it('ends the call that waits for it when the integration is turned off', async () => {
    const gate = await openGate()
    const confirm: ConfirmCallback = () => {
      void gate.mine.disable(gate.id)
      return new Promise(() => {})
    }
    expect(await (await gate.toolset({ confirm })).call(write, args)).toMatchObject({
      type: 'not_run',
      because: 'cancelled',
    })
  })

  it('is of one agent and one conversation', async () => {
    const gate = await openGate()
    const { approvalId } = await ask(await gate.toolset({ conversationId: 'c1' }))
    await gate.mine.approvals.decide(approvalId, 'approve')
    for (const toolset of [
      await gate.toolset({ conversationId: 'c2' }),
      await gate.toolset(),
      await gate.toolset({ conversationId: 'c1' }, 'builder'),
    ])
      await expect(toolset.resume(approvalId)).rejects.toMatchObject({ code: 'not_found' })
    expect(await (await gate.toolset({ conversationId: 'c1' })).resume(approvalId)).toMatchObject({
      type: 'completed',
    })
  })

  it('takes arguments again only when they are the approved ones', async () => {
    const gate = await openGate()
    const toolset = await gate.toolset()
    const { approvalId } = await ask(toolset)
    await gate.mine.approvals.decide(approvalId, 'approve')
    await expect(toolset.resume(approvalId, { args: { id: '7', text: 'other' } })).rejects.toMatchObject({
      code: 'invalid_input',
    })
    expect(await toolset.resume(approvalId, { args: { text: 'hello', id: '7' } })).toMatchObject({
      type: 'completed',
    })
  })

  it('that was not decided yet is asked for again by resume, and runs nothing', async () => {
    const gate = await openGate()
    const toolset = await gate.toolset()
    const { approvalId } = await ask(toolset)
    expect(await toolset.resume(approvalId)).toMatchObject({ type: 'approval_required', approval: { approvalId } })
    expect(sent(gate.server)).toEqual([])
  })

  it('can be used again when the request provably did not leave, and never when it may have', async () => {
    let broken: 'dns' | 'reset' | undefined
    const gate = await openGate({
      fetch: (own) => async (input, init) => {
        const body = typeof init?.body === 'string' ? init.body : new TextDecoder().decode(init?.body as Uint8Array)
        if (broken === 'dns') throw new TypeError('fetch failed', { cause: { code: 'ENOTFOUND' } })
        if (broken === 'reset' && body.includes('"tools/call"')) {
          await own(input, init)
          throw new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } })
        }
        return own(input, init)
      },
    })
    const toolset = await gate.toolset()
    const { approvalId } = await ask(toolset)
    await gate.mine.approvals.decide(approvalId, 'approve')
    broken = 'dns'
    await expect(toolset.resume(approvalId)).rejects.toMatchObject({ code: 'unreachable', mayHaveRun: false })
    expect((await gate.mine.approvals.get(approvalId)).status).toBe('approved')
    broken = 'reset'
    await gate.runtime.advance(600_000)
    await expect(toolset.resume(approvalId)).rejects.toMatchObject({ mayHaveRun: true })
    expect((await gate.mine.approvals.get(approvalId)).status).toBe('unknown')
    broken = undefined
    await gate.runtime.advance(600_000)
    expect(await toolset.resume(approvalId)).toMatchObject({ type: 'not_run', because: 'already_used' })
    expect(sent(gate.server)).toHaveLength(1)
  })
})

describe('equal requests of one conversation', () => {
  /** @returns a function that waits until a call has joined another: it finds the approval, joins, and reads it once more */
  const joining = ({ storage }: Gate): (() => Promise<void>) => {
    const read = vi.spyOn(storage, 'read')
    return () =>
      eventually(() => expect(read.mock.calls.filter(([, [key]]) => key!.startsWith('approval/'))).toHaveLength(2))
  }

  it('are one approval, that is asked once', async () => {
    const gate = await openGate()
    const answer = later<ApprovalDecision>()
    const confirm = vi.fn<ConfirmCallback>(() => answer.promise)
    const toolset = await gate.toolset({ confirm, conversationId: 'c1' })
    const joined = joining(gate)
    const calls = [toolset.call(write, args), toolset.call(write, { text: 'hello', id: '7' })]
    await joined()
    answer.resolve('approve')
    const outcomes = await Promise.all(calls)
    expect(confirm).toHaveBeenCalledTimes(1)
    expect(outcomes.map(({ type }) => type).toSorted()).toEqual(['completed', 'not_run'])
    expect(sent(gate.server)).toEqual([args])
  })

  it('stay open for the other when one is aborted', async () => {
    const gate = await openGate()
    const answer = later<ApprovalDecision>()
    const asked = later()
    const confirm: ConfirmCallback = () => {
      asked.resolve()
      return answer.promise
    }
    const toolset = await gate.toolset({ confirm, conversationId: 'c1' })
    const controller = new AbortController()
    const first = toolset.call(write, args, { signal: controller.signal })
    await asked.promise
    const joined = joining(gate)
    const second = toolset.call(write, args)
    await joined()
    controller.abort()
    await expect(first).rejects.toMatchObject({ code: 'aborted' })
    answer.resolve('approve')
    expect(await second).toMatchObject({ type: 'completed' })
  })

  it('are several when conversation, arguments or agent differ', async () => {
    const gate = await openGate()
    const ids = [
      await ask(await gate.toolset({ conversationId: 'c1' })),
      await ask(await gate.toolset({ conversationId: 'c2' })),
      await ask(await gate.toolset({ conversationId: 'c1' }), { id: '8', text: 'hello' }),
      await ask(await gate.toolset({ conversationId: 'c1' }, 'builder')),
      await ask(await gate.toolset()),
    ].map(({ approvalId }) => approvalId)
    expect(new Set(ids).size).toBe(5)
    expect((await ask(await gate.toolset({ conversationId: 'c1' }))).approvalId).toBe(ids[0])
  })

  it('are one without a conversation too, as long as no question about them is pending', async () => {
    const gate = await openGate()
    const { approvalId } = await ask(await gate.toolset())
    expect((await ask(await gate.toolset())).approvalId).toBe(approvalId)
    const asked: string[] = []
    const confirm: ConfirmCallback = (request) => {
      asked.push(request.approvalId)
      return 'approve'
    }
    expect(await (await gate.toolset({ confirm })).call(write, args)).toMatchObject({ type: 'completed' })
    expect(asked).toEqual([expect.not.stringMatching(approvalId)])
  })

  it('are new ones once the first is decided', async () => {
    const gate = await openGate()
    const toolset = await gate.toolset({ conversationId: 'c1' })
    const first = await ask(toolset)
    await gate.mine.approvals.decide(first.approvalId, 'deny')
    expect((await ask(toolset)).approvalId).not.toBe(first.approvalId)
  })
})

describe('pending approvals', () => {
  it('are bounded for each conversation, also when all come at once', async () => {
    const gate = await openGate({ approvals: { maxPendingPerConversation: 3 } })
    const toolset = await gate.toolset({ conversationId: 'c1' })
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, (_, n) => ask(toolset, { id: String(n), text: 'x' })),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'limit_reached', mayHaveRun: false },
    })
    await ask(await gate.toolset({ conversationId: 'c2' }))
  })

  it('are bounded for each person', async () => {
    const gate = await openGate({ approvals: { maxPendingPerUser: 2 }, connect: { visibility: 'workspace' } })
    const toolset = await gate.toolset()
    await ask(toolset, { id: '1', text: 'x' })
    await ask(toolset, { id: '2', text: 'x' })
    await expect(ask(toolset)).rejects.toMatchObject({ code: 'limit_reached' })
    await ask(await gate.as(bo).toolset('assistant'))
  })

  it('make room when they are decided', async () => {
    const gate = await openGate({ approvals: { maxPendingPerUser: 1 } })
    const toolset = await gate.toolset()
    const { approvalId } = await ask(toolset, { id: '1', text: 'x' })
    await expect(ask(toolset)).rejects.toMatchObject({ code: 'limit_reached' })
    await gate.mine.approvals.decide(approvalId, 'approve')
    await ask(toolset)
    expect((await gate.mine.approvals.list({ status: 'approved' })).approvals).toHaveLength(1)
  })

  it('are listed oldest first, page by page', async () => {
    const gate = await openGate()
    const toolset = await gate.toolset()
    const ids: string[] = []
    for (let n = 0; n < 5; n++) {
      ids.push((await ask(toolset, { id: String(n), text: 'x' })).approvalId)
      await gate.runtime.advance(1)
    }
    const first = await gate.mine.approvals.list({ status: 'pending', limit: 3 })
    const second = await gate.mine.approvals.list({ status: 'pending', limit: 3, after: first.next! })
    expect([...first.approvals, ...second.approvals].map(({ approvalId }) => approvalId)).toEqual(ids)
    expect(second.next).toBeUndefined()
  })
})

describe('a call that its caller has named', () => {
  const named = { idempotencyKey: 'sdk-7', confirm: () => 'approve' as const }

  it('is the same call when it is made again, and runs once', async () => {
    const gate = await openGate()
    const toolset = await gate.toolset()
    expect(await toolset.call(write, args, named)).toMatchObject({ type: 'completed' })
    expect(await toolset.call(write, args, named)).toMatchObject({ type: 'not_run', because: 'already_used' })
    const elsewhere = await gate.another().actingAs(ana).toolset('assistant')
    expect(await elsewhere.call(write, args, named)).toMatchObject({ type: 'not_run', because: 'already_used' })
    expect(sent(gate.server)).toEqual([args])
  })

  it('is another call with another key or other arguments', async () => {
    const gate = await openGate()
    const toolset = await gate.toolset()
    await toolset.call(write, args, named)
    expect(await toolset.call(write, args, { ...named, idempotencyKey: 'sdk-8' })).toMatchObject({ type: 'completed' })
    expect(await toolset.call(write, { ...args, text: 'other' }, named)).toMatchObject({ type: 'completed' })
    await expect(toolset.call(write, args, { idempotencyKey: '' })).rejects.toMatchObject({ code: 'invalid_input' })
    expect(sent(gate.server)).toHaveLength(3)
  })
})

describe('arguments that do not fit the tool', () => {
  it('go back to the model before a person is asked', async () => {
    const gate = await openGate()
    const confirm = vi.fn<ConfirmCallback>(() => 'approve')
    const toolset = await gate.toolset({ confirm })
    for (const [unfit, words] of [
      [{ id: '7' }, '`text` is missing'],
      [{ id: 7, text: 'x' }, '`id` doesn’t fit its schema (type string)'],
      [{ id: '7', text: 'x'.repeat(21) }, '`text` doesn’t fit its schema'],
      [{ id: '7', text: 'x', force: true }, '`force` is not a field of this tool'],
    ] as const) {
      const outcome = await toolset.call(write, unfit)
      expect(outcome).toMatchObject({ type: 'not_run', because: 'invalid_arguments' })
      expect(outcome).toHaveProperty('modelText', expect.stringContaining(words))
    }
    expect(confirm).not.toHaveBeenCalled()
    expect((await gate.mine.approvals.list()).approvals).toEqual([])
    expect((await gate.mine.audit()).entries.filter(({ action }) => action === 'call')).toHaveLength(4)
    expect(sent(gate.server)).toEqual([])
  })

  it('are found in a bounded time, however dear each field is to check', async () => {
    const doubling = Object.fromEntries(
      Array.from({ length: 30 }, (_, n) => [
        `d${n}`,
        n === 0 ? { type: 'string' } : { anyOf: [{ $ref: `#/$defs/d${n - 1}` }, { $ref: `#/$defs/d${n - 1}` }] },
      ]),
    )
    const fields = Object.fromEntries(Array.from({ length: 1_500 }, (_, n) => [`f${n}`, { $ref: '#/$defs/d29' }]))
    const gate = await openGate({
      tools: [
        {
          ...writeNote,
          inputSchema: { type: 'object', $defs: doubling, properties: { id: { type: 'string' }, ...fields } },
        },
      ],
    })
    const toolset = await gate.toolset()
    const unfit = { id: 1, ...Object.fromEntries(Object.keys(fields).map((name) => [name, 1])) }
    let outcome: unknown
    await expectCpuBelow(1_500, async () => (outcome = await toolset.call(write, unfit)))

    expect(outcome).toMatchObject({ type: 'not_run', because: 'invalid_arguments' })
    expect(outcome).toHaveProperty('modelText', expect.stringContaining('`id` doesn’t fit its schema (type string)'))
  })

  it('say so of fields whose schemas are references', async () => {
    const gate = await openGate({
      tools: [
        {
          ...writeNote,
          inputSchema: {
            type: 'object',
            $defs: { mood: { enum: ['good', 'bad'] } },
            properties: { mood: { $ref: '#/$defs/mood' }, free: { $ref: '#/$defs/mood' } },
          },
        },
      ],
    })
    const outcome = await (await gate.toolset()).call(write, { mood: 'good', free: 'so so' })
    expect(outcome).toMatchObject({ because: 'invalid_arguments', reason: '`free` doesn’t fit its schema' })
  })

  it('are shown to the person when checking them would cost too much', async () => {
    const anyOf = [...Array.from({ length: 60 }, (_, n) => ({ const: `value ${n}` })), { type: 'string' }]
    const gate = await openGate({
      tools: [
        {
          ...writeNote,
          inputSchema: { type: 'object', properties: { list: { type: 'array', items: { anyOf } } } },
        },
      ],
    })
    const list = [...Array.from({ length: 12_000 }, () => 'x'), 7]
    const outcome = await (await gate.toolset()).call(write, { list })
    expect(outcome).toMatchObject({ type: 'approval_required' })
  })
})
