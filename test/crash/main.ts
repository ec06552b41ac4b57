// A process is killed (-9) before or after each commit of connect, of an approved call, of a decision, of a key rotation
// and of a removal; a new one must find exactly what had happened. On SQLite and PostgreSQL.
// node scripts/run.mjs test/crash/main.ts [--short] [postgres] [sqlite]
import { strict as assert } from 'node:assert'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Approval } from '../../src/model/approval.js'
import type { ToolCallOutcome } from '../../src/model/outcome.js'
import type { ResealReport } from '../../src/registry/operations/reseal.js'
import { type HostInput, makeHost, openPlace, type Place, serveHost } from '../support/host.js'
import { startHost } from '../support/hosts.js'
import { startMcpServer } from '../support/mcp-server.js'
import { startPostgres } from '../support/postgres.js'

if (process.send !== undefined) {
  serveHost(JSON.parse(process.argv[2]!) as HostInput)
} else {
  const short = process.argv.includes('--short')
  const asked = (['sqlite', 'postgres'] as const).filter((kind) => process.argv.includes(kind))
  for (const kind of asked.length > 0 ? asked : (['sqlite', 'postgres'] as const))
    await crash(kind, short ? { times: 5, decisions: 50 } : { times: 100, decisions: 1000 })
}

async function crash(kind: 'sqlite' | 'postgres', { times, decisions }: { times: number; decisions: number }) {
  const directory = await mkdtemp(join(tmpdir(), 'crash-'))
  const postgres = kind === 'postgres' ? await startPostgres() : undefined
  const place: Place =
    postgres === undefined
      ? { file: join(directory, 'registry.db') }
      : { url: postgres.url, schema: `crash_${process.pid}` }
  const server = await startMcpServer()
  const [old, current] = ['old', 'current'].map((id) => ({ id, secret: randomBytes(32).toString('base64') }))
  const keys = [current!, old!]
  const program = [process.argv[1]!] as const
  const here = makeHost(place, keys)
  const mine = here.registry.actingAs({ workspaceId: 'acme', userId: 'ana' })
  const probe = openPlace(place)
  const wall = performance.now()

  /** Lets a new process do something and die of it. @returns its answer, if it lived */
  async function dying(request: Parameters<Awaited<ReturnType<typeof startHost>>['ask']>[0], given = keys) {
    const host = await startHost(program, { place, keys: given })
    const answers = await host.ask(request)
    await host.kill()
    return answers
  }
  const connectInput = (name: string) => ({
    url: server.url,
    name,
    agents: ['assistant' as const],
    headers: { 'X-Api-Key': 'k' },
  })
  const connected = async (name: string) => (await mine.connect(connectInput(name))).integration
  const toolset = () => mine.toolset('assistant')
  async function pending(handle: string): Promise<Approval> {
    const outcome = await (await toolset()).call(`${handle}__write_note`, { id: '1', text: 'x' })
    assert.equal(outcome.type, 'approval_required')
    return (outcome as { approval: Approval }).approval
  }
  const sent = (): number => server.calls('write_note').length
  const keysUnder = async (prefix: string): Promise<string[]> =>
    (await probe.storage.list({ workspaceId: 'acme', prefix, limit: 1000 })).records.map(({ key }) => key)

  const steps: Record<string, (n: number) => Promise<void>> = {
    'connect, before its commit: nothing': async (n) => {
      const before = (await keysUnder('')).length
      const name = `Never ${n}`
      assert.equal(
        await dying({
          on: 'mine',
          method: 'connect',
          args: [connectInput(name)],
          dieAt: { commit: 1, when: 'before' },
        }),
        undefined,
      )
      assert.equal((await keysUnder('')).length, before)
    },
    'connect, after its commit: connected, and its tools are there': async (n) => {
      const name = `Kept ${n}`
      assert.equal(
        await dying({ on: 'mine', method: 'connect', args: [connectInput(name)], dieAt: { commit: 1, when: 'after' } }),
        undefined,
      )
      const found = (await mine.list()).find((integration) => integration.name === name)
      assert.equal(found?.status, 'connected')
      assert.equal(found.tools.total, 2)
      await mine.remove(found.id)
    },
    'a call, after its approval is stored: pending, decided and run once': async () => {
      const before = (await mine.approvals.list({ status: 'pending' })).approvals.length
      const { handle } = shared
      const request = {
        on: 'toolset',
        method: 'call',
        args: [`${handle}__write_note`, { id: '1', text: 'x' }],
      } as const
      assert.equal(await dying({ ...request, dieAt: { commit: 1, when: 'after' } }), undefined)
      const waiting = (await mine.approvals.list({ status: 'pending' })).approvals
      assert.equal(waiting.length, before + 1)
      const { approvalId } = waiting.at(-1)!
      await mine.approvals.decide(approvalId, 'approve')
      await runsOnce(approvalId)
    },
    'a decision, before its commit: still pending': async () => {
      const { approvalId } = await pending(shared.handle)
      const request = { on: 'approvals', method: 'decide', args: [approvalId, 'approve'] } as const
      assert.equal(await dying({ ...request, dieAt: { commit: 1, when: 'before' } }), undefined)
      assert.equal((await mine.approvals.get(approvalId)).status, 'pending')
      await mine.approvals.decide(approvalId, 'deny')
    },
    'a decision, after its commit: approved, and runs once': async () => {
      const { approvalId } = await pending(shared.handle)
      const request = { on: 'approvals', method: 'decide', args: [approvalId, 'approve'] } as const
      assert.equal(await dying({ ...request, dieAt: { commit: 1, when: 'after' } }), undefined)
      await runsOnce(approvalId)
    },
    'an approved call, before it is marked as sent: approved, and runs once': async () => {
      const approvalId = await approvedOne()
      const before = sent()
      assert.equal(
        await dying({ on: 'toolset', method: 'resume', args: [approvalId], dieAt: { commit: 1, when: 'before' } }),
        undefined,
      )
      assert.equal(sent(), before)
      await runsOnce(approvalId)
    },
    'an approved call, marked as sent and not sent: never sent again': async () => {
      const approvalId = await approvedOne()
      const before = sent()
      assert.equal(
        await dying({ on: 'toolset', method: 'resume', args: [approvalId], dieAt: { commit: 1, when: 'after' } }),
        undefined,
      )
      assert.equal(sent(), before)
      await neverAgain(approvalId)
    },
    'an approved call, answered and not filed: never sent again, its result not invented': async () => {
      const approvalId = await approvedOne()
      const before = sent()
      assert.equal(
        await dying({ on: 'toolset', method: 'resume', args: [approvalId], dieAt: { commit: 2, when: 'before' } }),
        undefined,
      )
      assert.equal(sent(), before + 1)
      await neverAgain(approvalId)
    },
    'an approved call, filed: finished': async () => {
      const approvalId = await approvedOne()
      assert.equal(
        await dying({ on: 'toolset', method: 'resume', args: [approvalId], dieAt: { commit: 2, when: 'after' } }),
        undefined,
      )
      assert.equal((await mine.approvals.get(approvalId)).status, 'finished')
      assert.equal(((await (await toolset()).resume(approvalId)) as { because?: string }).because, 'already_used')
    },
    'a key rotation, half way: both keys are read, and it goes on where it was': async (n) => {
      const before = makeHost(place, [old!, current!])
      const ids: string[] = []
      for (let one = 0; one < 3; one++)
        ids.push(
          (
            await before.registry
              .actingAs({ workspaceId: 'acme', userId: 'ana' })
              .connect(connectInput(`Sealed ${n} ${one}`))
          ).integration.id,
        )
      await before.close()
      const commit = 1 + (n % 3)
      assert.equal(
        await dying({ on: 'registry', method: 'resealAll', dieAt: { commit, when: n % 2 ? 'before' : 'after' } }),
        undefined,
      )
      for (const id of ids) assert.equal((await mine.validate(id)).type, 'connected')
      const report: ResealReport = await here.registry.resealAll()
      assert.equal(report.unreadable, 0)
      assert.equal((await here.registry.keyUsage())['old'], undefined)
      for (const id of ids) await mine.remove(id)
    },
    'a removal, before its commit: nothing has happened': async (n) => {
      const { id } = await connected(`Stays ${n}`)
      assert.equal(
        await dying({ on: 'mine', method: 'remove', args: [id], dieAt: { commit: 1, when: 'before' } }),
        undefined,
      )
      assert.equal((await mine.validate(id)).type, 'connected')
      await mine.remove(id)
    },
    'a removal, at any commit after: gone at once, and a sweep erases the rest': async (n) => {
      const { id, handle } = await connected(`Goes ${n}`)
      const { approvalId } = await pending(handle)
      await mine.approvals.decide(approvalId, 'approve')
      const before = sent()
      await dying({ on: 'mine', method: 'remove', args: [id], dieAt: { commit: 1 + (n % 6), when: 'after' } })
      await assert.rejects(mine.get(id), { code: 'not_found' })
      const outcome = await (await toolset()).resume(approvalId).catch((error: { code: string }) => error.code)
      assert.ok(typeof outcome === 'string' || outcome.type === 'not_run', JSON.stringify(outcome))
      assert.equal(sent(), before)
      await here.registry.sweep()
      const kinds = (await keysUnder('')).filter((key) => key.includes(id)).map((key) => key.split('/')[0])
      assert.deepEqual(kinds, [])
    },
  }

  const shared = await connected('Shared')
  async function approvedOne(): Promise<string> {
    const { approvalId } = await pending(shared.handle)
    await mine.approvals.decide(approvalId, 'approve')
    return approvalId
  }
  async function runsOnce(approvalId: string): Promise<void> {
    const before = sent()
    const ran = await Promise.all([1, 2, 3].map(async () => (await toolset()).resume(approvalId)))
    assert.equal(ran.filter(({ type }) => type === 'completed').length, 1)
    assert.equal(sent(), before + 1)
  }
  async function neverAgain(approvalId: string): Promise<void> {
    const before = sent()
    const outcome: ToolCallOutcome = await (await toolset()).resume(approvalId)
    assert.equal(outcome.type, 'not_run')
    assert.equal((outcome as { because: string }).because, 'already_used')
    assert.ok(['dispatched', 'unknown'].includes((await mine.approvals.get(approvalId)).status))
    assert.equal(sent(), before)
  }

  console.log(`\n${kind}, ${times} times a step`)
  for (const [name, step] of Object.entries(steps)) {
    for (let n = 0; n < times; n++) {
      try {
        await step(n)
      } catch (error) {
        console.error(`  FAILED  ${name} (${n})`)
        throw error
      }
    }
    console.log(`  ${String(times).padStart(4)} × ${name}`)
  }

  let acknowledged = 0
  while (acknowledged < decisions) {
    const waiting = await Promise.all(Array.from({ length: 20 }, () => pending(shared.handle)))
    const host = await startHost(program, { place, keys })
    const until = 1 + Math.floor(Math.random() * waiting.length)
    const told: string[] = []
    const all = waiting.map(async ({ approvalId }, n) => {
      const answer = await host.ask({
        on: 'approvals',
        method: 'decide',
        args: [approvalId, n % 2 ? 'approve' : 'deny'],
      })
      if (answer !== undefined) told.push(approvalId)
      if (told.length === until) await host.kill()
    })
    await Promise.all(all)
    for (const { approvalId } of waiting) {
      const { status } = await mine.approvals.get(approvalId)
      assert.ok(told.includes(approvalId) ? status !== 'pending' : true, `an acknowledged decision was lost: ${status}`)
      if (status === 'pending') await mine.approvals.decide(approvalId, 'deny')
    }
    acknowledged += told.length
  }
  console.log(
    `  ${acknowledged} acknowledged decisions, none lost; ${((performance.now() - wall) / 1000).toFixed(0)} s`,
  )

  await here.close()
  await probe.close()
  await server.close()
  await postgres?.stop()
  await rm(directory, { recursive: true, force: true })
}
