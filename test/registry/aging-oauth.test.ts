import { afterEach, describe, expect, it, vi } from 'vitest'
import { eventually } from '../support/eventually.js'
import { startOAuthBench, lifetimeMs, type OAuthBench } from '../support/oauth-registry.js'
import { ana } from '../support/registry.js'

let bench: OAuthBench
afterEach(() => bench.close())

/** Tool calls that reached the server. */
const calls = (): number => bench.server.seen.filter(({ rpc }) => rpc === 'tools/call').length

/** Holds answers to token requests until told. @returns how to let them go, and how many wait */
function held(): { readonly waiting: number; release(): void } {
  let waiting = 0
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  bench.authorizationServer.intercept = async ({ path }) => {
    if (path !== '/token') return false
    waiting++
    await released
    return false
  }
  return {
    get waiting() {
      return waiting
    },
    release,
  }
}

describe('a call that waits for its token', () => {
  it.each<[string, (id: string) => Promise<unknown>, object]>([
    [
      'a tool is turned off',
      (id) => bench.registry.actingAs(ana).configureTools(id, { read_note: { enabled: false } }),
      { code: 'tool_disabled' },
    ],
    [
      'a tool is set to ask',
      (id) => bench.registry.actingAs(ana).configureTools(id, { read_note: { approval: 'ask' } }),
      { type: 'approval_required' },
    ],
    [
      'its agent is unbound',
      (id) => bench.registry.actingAs(ana).update(id, { agents: ['builder'] }),
      { code: 'agent_not_allowed' },
    ],
  ])('is not sent when meanwhile %s', async (_what, change, end) => {
    bench = await startOAuthBench({ registry: { confirm: undefined } })
    const id = await bench.connected()
    const toolset = await bench.registry.actingAs(ana).toolset('assistant')
    bench.time.now += lifetimeMs + 1
    const tokens = held()
    const outcome = toolset.call('notes__read_note', { id: '7' }).catch((error: unknown) => error)
    await vi.waitFor(() => expect(tokens.waiting).toBe(1), 20_000)
    await change(id)
    tokens.release()
    expect(await outcome).toMatchObject(end)
    expect(calls()).toBe(0)
  })

  it.each<[string, (id: string) => Promise<unknown>, string]>([
    ['disabled', (id) => bench.registry.actingAs(ana).disable(id), 'integration_disabled'],
    ['removed', (id) => bench.registry.actingAs(ana).remove(id), 'not_found'],
    ['erased with its workspace', () => bench.registry.forgetWorkspace('acme'), 'not_found'],
  ])('has not run when meanwhile its integration is %s', async (_what, end, code) => {
    bench = await startOAuthBench({ registry: { confirm: undefined } })
    const id = await bench.connected()
    const toolset = await bench.registry.actingAs(ana).toolset('assistant')
    bench.time.now += lifetimeMs + 1
    const tokens = held()
    const outcome = toolset.call('notes__read_note', { id: '7' }).catch((error: unknown) => error)
    await vi.waitFor(() => expect(tokens.waiting).toBe(1), 20_000)
    const ending = end(id)
    expect(await outcome).toMatchObject({ code, mayHaveRun: false })
    tokens.release()
    await ending
    expect(calls()).toBe(0)
  })
})

describe('a call that is given up while it waits has not run:', () => {
  it.each([
    ['aborted', 'its first token'],
    ['timeout', 'its first token'],
    ['aborted', 'another token, because the server refused the first'],
  ])('%s, for %s', async (code, what) => {
    const isTimeout = code === 'timeout'
    const limits = { callTimeoutMs: isTimeout ? 500 : 60_000 }
    bench = await startOAuthBench({ registry: { confirm: undefined, limits } })
    await bench.connected()
    const toolset = await bench.registry.actingAs(ana).toolset('assistant')
    if (what === 'its first token') bench.time.now += lifetimeMs + 1
    else bench.server.revoked.add(bench.server.presented.at(-1)!)
    const tokens = held()
    const giving = new AbortController()
    const outcome = toolset
      .call('notes__read_note', { id: '7' }, { signal: giving.signal })
      .catch((error: unknown) => error)
    if (!isTimeout) {
      await eventually(() => expect(tokens.waiting).toBe(1))
      giving.abort()
    }
    expect(await outcome).toMatchObject({ code, mayHaveRun: false })
    tokens.release()
  })
})

describe('an approved call that was refused for its token', () => {
  it.each<[string, boolean]>([
    ['is sent again when nothing changed', false],
    ['is not when something it was approved by changes until it leaves', true],
  ])('%s', async (_what, changes) => {
    let onRead = (): Promise<unknown> => Promise.resolve()
    bench = await startOAuthBench({ registry: { confirm: undefined } })
    const id = await bench.connected()
    const { storage } = bench
    // The moment between the second look and the second sending.
    const registry = bench.another({
      storage: {
        ...storage,
        commit: async (workspaceId, writes) => {
          if (writes.every((write) => 'check' in write)) await onRead()
          return storage.commit(workspaceId, writes)
        },
      },
    })
    const mine = registry.actingAs(ana)
    await mine.configureTools(id, { read_note: { approval: 'ask' } })
    const toolset = await mine.toolset('assistant')
    const asked = await toolset.call('notes__read_note', { id: '7' })
    if (asked.type !== 'approval_required') throw new Error(asked.type)
    await mine.approvals.decide(asked.approval.approvalId, 'approve')
    bench.server.revoked.add(bench.server.presented.at(-1)!)
    if (changes)
      onRead = async () => {
        onRead = () => Promise.resolve()
        await bench.registry.actingAs(ana).configureTools(id, { read_note: { enabled: false } })
      }
    const outcome = await toolset.resume(asked.approval.approvalId).catch((error: unknown) => error)
    expect(outcome).toMatchObject(changes ? { code: 'tool_disabled' } : { type: 'completed' })
    expect(calls()).toBe(changes ? 1 : 2)
  })
})
