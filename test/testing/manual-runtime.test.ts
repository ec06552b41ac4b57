import { describe, expect, it } from 'vitest'
import { encryptedCredentials, IntegrationRegistry, memoryStorage } from 'mcp-integrations'
import { manualRuntime, testServer } from 'mcp-integrations/testing'

describe('manualRuntime', () => {
  it('moves time only by advance()', async () => {
    const runtime = manualRuntime({ now: 1000 })
    expect(runtime.now()).toBe(1000)
    await runtime.advance(250)
    expect(runtime.now()).toBe(1250)
  })

  it('fires timers in order, each at its own time', async () => {
    const runtime = manualRuntime({ now: 0 })
    const fired: [string, number][] = []
    for (const [name, ms] of [
      ['late', 30],
      ['early', 10],
      ['never', 31],
      ['also early', 10],
    ] as const)
      runtime.setTimer(() => fired.push([name, runtime.now()]), ms)
    await runtime.advance(30)
    expect(fired).toEqual([
      ['early', 10],
      ['also early', 10],
      ['late', 30],
    ])
    expect(runtime.timers).toBe(1)
  })

  it('lets promises go on before the next timer fires', async () => {
    const runtime = manualRuntime({ now: 0 })
    const order: string[] = []
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => void runtime.setTimer(resolve, ms))
    void (async () => {
      await sleep(10)
      order.push('slept 10')
      await sleep(10)
      order.push(`slept 20 at ${runtime.now()}`)
    })()
    runtime.setTimer(() => order.push('15'), 15)
    await runtime.advance(100)
    expect(order).toEqual(['slept 10', '15', 'slept 20 at 20'])
    expect(runtime.now()).toBe(100)
  })

  it('forgets a timer that is taken back', async () => {
    const runtime = manualRuntime()
    let fired = false
    const cancel = runtime.setTimer(() => (fired = true), 5)
    cancel()
    cancel()
    await runtime.advance(10)
    expect(fired).toBe(false)
    expect(runtime.timers).toBe(0)
  })

  it('counts ids up', () => {
    const runtime = manualRuntime()
    expect([runtime.randomId(), runtime.randomId()]).toEqual(['id-1', 'id-2'])
  })

  it('lets an approval expire without waiting a day', async () => {
    const runtime = manualRuntime()
    const server = testServer({ tools: [{ name: 'send' }] })
    const registry = new IntegrationRegistry({
      storage: memoryStorage({ now: runtime.now }),
      credentials: encryptedCredentials({ keys: [{ id: 'test', secret: new Uint8Array(32).fill(1) }] }),
      agents: ['assistant'],
      runtime: { ...runtime, fetch: server.fetch },
    })
    const mine = registry.actingAs({ workspaceId: 'acme', userId: 'ana' })
    await mine.connect({ url: server.url, name: 'Mail', agents: ['assistant'] })
    const toolset = await mine.toolset('assistant')
    const outcome = await toolset.call('mail__send', {})
    if (outcome.type !== 'approval_required') throw new Error(`got ${outcome.type}`)
    await runtime.advance(86_400_000)
    expect(await toolset.resume(outcome.approval.approvalId)).toMatchObject({ type: 'not_run', because: 'expired' })
    expect(server.calls.get('send')).toBeUndefined()
    await registry.close()
    expect(runtime.timers).toBe(0)
    await server.close()
  })
})
