import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ConnectResult, RegistryEventPage, ToolCallOutcome } from 'mcp-integrations'
import type { HostAnswer } from '../support/host.js'
import { startHost, type Host } from '../support/hosts.js'
import { startMcpServer, type TestMcpServer } from '../support/mcp-server.js'
import { usePostgres } from '../support/postgres-pool.js'
import { compile } from '../support/processes.js'

const postgres = usePostgres()
const directory = fileURLToPath(new URL(`../../node_modules/.cache/hosts-${process.pid}`, import.meta.url))
const keys = [{ id: 'test', secret: randomBytes(32).toString('base64') }]
let server: TestMcpServer
let hosts: Host[] = []
beforeAll(() => compile('host', fileURLToPath(new URL('../support/host.program.ts', import.meta.url)), directory))
afterAll(() => rm(directory, { recursive: true, force: true }))
beforeEach(async () => void (server = await startMcpServer()))
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.kill()))
  await server.close()
})

async function start(count: number): Promise<Host[]> {
  const place = { url: postgres.server.url, schema: postgres.schema }
  hosts = await Promise.all(
    Array.from({ length: count }, () => startHost([join(directory, 'host.mjs')], { place, keys })),
  )
  return hosts
}

const connect = (host: Host, name: string) =>
  host.value<ConnectResult>({
    on: 'mine',
    method: 'connect',
    args: [{ url: server.url, name, agents: ['assistant'], visibility: 'workspace' }],
  })

describe('many processes on one PostgreSQL', () => {
  it('send an approved call once, however many resume it at the same moment', async () => {
    const [first, ...others] = await start(8)
    const { integration } = await connect(first!, 'Once')
    const name = `${integration.handle}__write_note`
    const asked = await first!.value<ToolCallOutcome>({
      on: 'toolset',
      method: 'call',
      args: [name, { id: '1', text: 'x' }],
    })
    if (asked.type !== 'approval_required') throw new Error(asked.type)
    const { approvalId } = asked.approval
    await others[0]!.value({ on: 'approvals', method: 'decide', args: [approvalId, 'approve'] })
    const answers = await Promise.all(
      hosts.map((host) => host.ask({ on: 'toolset', method: 'resume', args: [approvalId], times: 50 })),
    )
    const outcomes = answers.flatMap((each) => each ?? []).map(nameOf)
    expect(outcomes).toHaveLength(400)
    expect(server.calls('write_note')).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome === 'completed')).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome === 'already_used')).toHaveLength(399)
  })

  it('obey the master switch that one of them flips: next calls, and calls in flight within a second', async () => {
    const [first, ...others] = await start(4)
    const { integration } = await connect(first!, 'Switch')
    await first!.value({
      on: 'mine',
      method: 'configureTools',
      args: [integration.id, { read_note: { approval: 'auto' } }],
    })
    const call = { on: 'toolset', method: 'call', args: [`${integration.handle}__read_note`, { id: '1' }] } as const
    for (const host of others) await host.value(call)
    const took: number[] = []
    for (let n = 0; n < 5; n++) {
      let release = (): void => {}
      server.state.hold = new Promise((resolve) => (release = resolve))
      const arrived = new Promise<void>((resolve) => {
        let calls = 0
        server.state.intercept = async ({ rpc }) =>
          void (rpc === 'tools/call' && ++calls === others.length && resolve()) as undefined
      })
      const underWay = others.map((host) => host.ask(call))
      await arrived
      const flipped = performance.now()
      await first!.value({ on: 'mine', method: 'disable', args: [integration.id] })
      for (const answer of await Promise.all(underWay))
        expect(answer).toEqual([{ error: { code: 'integration_disabled', mayHaveRun: true } }])
      took.push(performance.now() - flipped)
      release()
      for (const host of hosts)
        expect(await host.ask(call)).toEqual([{ error: { code: 'integration_disabled', mayHaveRun: false } }])
      await first!.value({ on: 'mine', method: 'enable', args: [integration.id] })
    }
    // The machine may be busy now and then; a wait for the next look would show in each.
    expect(Math.min(...took)).toBeLessThan(1000)
  })

  it('tell of every change once and in order, while four of them write', async () => {
    const [first, ...others] = await start(5)
    const { integration } = await connect(first!, 'Busy')
    const read = (limit: number, after?: string) =>
      first!.value<RegistryEventPage>({
        on: 'registry',
        method: 'events',
        args: [{ workspaceId: 'acme', limit, ...(after === undefined ? {} : { after }) }],
      })
    const seen: RegistryEventPage['events'][number][] = []
    let writing = true
    const writers = Promise.all(
      others.map(async (host) => {
        for (let n = 0; n < 15; n++)
          for (const method of ['disable', 'enable']) await host.ask({ on: 'mine', method, args: [integration.id] })
      }),
    ).then(() => (writing = false))
    for (let after: string | undefined, more = true; more;) {
      const last = !writing
      const page = await read(10, after)
      seen.push(...page.events)
      after = page.after
      more = !last || page.events.length > 0
    }
    await writers
    // Now that nobody writes: nothing that is there was passed over while it was on its way.
    const all = await read(1_000)
    expect(seen.map(({ id }) => id)).toEqual(all.events.map(({ id }) => id))
    expect(seen.map(({ id }) => Number(id))).toEqual(seen.map(({ id }) => Number(id)).toSorted((a, b) => a - b))
    const switches = seen
      .filter((event) => 'integrationId' in event && event.integrationId === integration.id)
      .map(({ type }) => type)
    // On and off take turns: what is told is what was committed, in its order.
    const flips = switches.filter((type) => type.endsWith('abled'))
    expect(flips.length).toBeGreaterThan(10)
    for (const [n, type] of flips.entries())
      expect(type).toBe(n % 2 === 0 ? 'integration_disabled' : 'integration_enabled')
  })
})

function nameOf(answer: HostAnswer): string {
  if ('error' in answer) return answer.error.code
  const outcome = answer.value as ToolCallOutcome
  return outcome.type === 'not_run' ? outcome.because : outcome.type
}
