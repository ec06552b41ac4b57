import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { IntegrationRegistry } from 'mcp-integrations'
import { manualRuntime, type ManualRuntime } from 'mcp-integrations/testing'
import type { RegistryStorage } from '../../src/ports/storage.js'
import { startMcpServer, type TestMcpServer } from '../support/mcp-server.js'
import { compile } from '../support/processes.js'
import { ana, dump, makeRegistry, makeStorage, type TestAgent } from '../support/registry.js'

let server: TestMcpServer
let runtime: ManualRuntime
let storage: RegistryStorage
let registry: IntegrationRegistry<TestAgent>
beforeEach(async () => {
  server = await startMcpServer()
  runtime = manualRuntime({ now: Date.now() })
  storage = makeStorage({ now: () => runtime.now() })
  registry = makeRegistry({ storage, runtime })
})
afterEach(async () => {
  await registry.close({ graceMs: 1 })
  await server.close()
})

const approved = { confirm: () => 'approve' as const }
const input = { name: 'Notes', agents: ['assistant' as const] }

/** A call that has reached its server and waits there. */
async function underWay() {
  const mine = registry.actingAs(ana)
  await mine.connect({ ...input, url: server.url })
  const toolset = await mine.toolset('assistant', approved)
  let answer = (): void => {}
  server.state.hold = new Promise((resolve) => (answer = resolve))
  const arrived = new Promise<void>((resolve) => {
    server.state.intercept = async ({ rpc }) => void (rpc === 'tools/call' && resolve()) as undefined
  })
  const call = toolset.call('notes__read_note', { id: '1' }).catch((error: unknown) => error)
  await arrived
  return { call, answer, toolset, mine }
}

describe('close', () => {
  it('takes nothing new, and lets what is under way finish', async () => {
    const { call, answer, toolset, mine } = await underWay()
    const closing = registry.close()
    for (const attempt of [
      () => registry.actingAs(ana),
      () => mine.list(),
      () => mine.connect({ ...input, url: server.url }),
      () => toolset.call('notes__read_note', { id: '2' }),
      () => toolset.resume('any'),
      () => registry.events({ workspaceId: 'acme' }),
      () => registry.sweep(),
    ])
      await expect((async () => attempt())()).rejects.toMatchObject({ code: 'closed' })
    answer()
    expect(await call).toMatchObject({ type: 'completed' })
    await closing
    await registry.close()
    expect(server.calls()).toHaveLength(1)
    expect(runtime.timers).toBe(0)
    expect((await dump(storage)).find(({ key }) => key.startsWith('approval/'))?.value).toMatchObject({
      status: 'finished',
    })
  })

  it('ends what takes longer than the grace, and says that it may have run', async () => {
    const { call } = await underWay()
    const closing = registry.close({ graceMs: 1000 })
    await runtime.advance(999)
    await runtime.advance(2)
    expect(await call).toMatchObject({ code: 'closed', mayHaveRun: true })
    await runtime.advance(60_000)
    await closing
    expect(runtime.timers).toBe(0)
    expect((await dump(storage)).find(({ key }) => key.startsWith('approval/'))?.value).toMatchObject({
      status: 'unknown',
    })
  })

  it('leaves an approval open that a call was waiting for', async () => {
    const mine = registry.actingAs(ana)
    await mine.connect({ ...input, url: server.url })
    let asked = (): void => {}
    const wasAsked = new Promise<void>((resolve) => (asked = resolve))
    const toolset = await mine.toolset('assistant', { confirm: () => (asked(), new Promise(() => {})) })
    const call = toolset.call('notes__read_note', { id: '1' })
    await wasAsked
    await registry.close()
    const outcome = await call
    if (outcome.type !== 'approval_required') throw new Error(outcome.type)
    const next = makeRegistry({ storage, runtime })
    await next.actingAs(ana).approvals.decide(outcome.approval.approvalId, 'approve')
    expect(await (await next.actingAs(ana).toolset('assistant')).resume(outcome.approval.approvalId)).toMatchObject({
      type: 'completed',
    })
    await next.close()
  })

  it('gives up on a server that hangs during connect', async () => {
    let arrive = (): void => {}
    const arrived = new Promise<void>((resolve) => (arrive = resolve))
    server.state.intercept = () => (arrive(), new Promise(() => {}))
    const connecting = registry
      .actingAs(ana)
      .connect({ ...input, url: server.url })
      .catch((error: unknown) => error)
    await arrived
    const closing = registry.close({ graceMs: 1000 })
    await runtime.advance(1001)
    expect(await connecting).toMatchObject({ code: 'closed' })
    await runtime.advance(60_000)
    await closing
    expect(await dump(storage)).toEqual([])
    expect(runtime.timers).toBe(0)
  })

  it('leaves a process nothing to stay alive for', async () => {
    const directory = await mkdtemp(
      join(fileURLToPath(new URL('../../node_modules', import.meta.url)), '.cache-close-'),
    )
    const data = await mkdtemp(join(tmpdir(), 'close-'))
    try {
      await compile('closing', fileURLToPath(new URL('closing.program.ts', import.meta.url)), directory)
      const child = fork(join(directory, 'closing.mjs'), [
        JSON.stringify({ url: server.url, file: join(data, 'r.db') }),
      ])
      const [[resources], [code]] = await Promise.all([once(child, 'message'), once(child, 'exit')])
      expect(code).toBe(0)
      expect(resources).toEqual([])
    } finally {
      await rm(directory, { recursive: true, force: true })
      await rm(data, { recursive: true, force: true })
    }
  })
})

describe('a storage that fails', () => {
  it('ends everything typed within five seconds, and works again when it does', async () => {
    let mode: 'works' | 'fails' | 'hangs' = 'works'
    const shaky = Object.fromEntries(
      (['read', 'list', 'commit', 'scan', 'expired'] as const).map((name) => [
        name,
        (...args: unknown[]) =>
          mode === 'fails'
            ? Promise.reject(new Error('connect ECONNREFUSED postgres://user:s3cret@db'))
            : mode === 'hangs'
              ? new Promise(() => {})
              : (storage[name] as (...given: unknown[]) => unknown)(...args),
      ]),
    ) as unknown as RegistryStorage
    const host = makeRegistry({ storage: shaky, runtime, limits: { storageTimeoutMs: 5000 } })
    const mine = host.actingAs(ana)
    const { integration } = await mine.connect({ ...input, url: server.url })
    await mine.configureTools(integration.id, { read_note: { approval: 'auto' } })
    const toolset = await mine.toolset('assistant')
    await toolset.call('notes__read_note', { id: '1' })
    const attempts = () => [
      mine.list(),
      mine.get(integration.id),
      mine.update(integration.id, { name: 'New' }),
      mine.toolset('assistant'),
      toolset.call('notes__read_note', { id: '2' }),
      mine.approvals.list(),
      mine.audit(),
      host.sweep(),
      host.events({ workspaceId: 'acme' }),
    ]
    for (mode of ['fails', 'hangs'] as const) {
      const all = Promise.allSettled(attempts())
      await runtime.advance(5000)
      for (const { status, reason } of (await all) as PromiseRejectedResult[]) {
        expect(status).toBe('rejected')
        expect(reason).toMatchObject({ name: 'IntegrationError', code: 'storage_unavailable', mayHaveRun: false })
        expect(String((reason as Error).stack)).not.toContain('s3cret')
      }
    }
    mode = 'works'
    for (const { status } of await Promise.allSettled(attempts())) expect(status).toBe('fulfilled')
    expect(server.calls()).toHaveLength(2)
    await host.close()
  })
})
