// Three hosts, each a separate process, on one PostgreSQL: what one asks, another approves and a third runs; and the
// master switch that one flips ends the call that another is waiting for.
// node scripts/run.mjs examples/many-processes/main.ts        (DATABASE_URL, or a PostgreSQL that it starts)
import { fork } from 'node:child_process'
import { strict as assert } from 'node:assert'
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import type { ConnectResult, IntegrationError, ToolCallOutcome } from 'mcp-integrations'
import { startMcpServer } from '../../test/support/mcp-server.js'
import { startPostgres } from '../../test/support/postgres.js'
import { type HostSettings, runHost } from './host.js'

if (process.send !== undefined) runHost(JSON.parse(process.argv[2]!) as HostSettings)
else await main()

async function main(): Promise<void> {
  const postgres = await startPostgres()
  const server = await startMcpServer()
  const settings: HostSettings = {
    databaseUrl: postgres.url,
    schema: `example_${process.pid}`,
    secret: randomBytes(32).toString('base64'),
  }
  const [one, two, three] = [startHost(settings), startHost(settings), startHost(settings)]
  say('3 processes, one PostgreSQL', 'nothing that one of them needs is only in another')

  const connected = (await one.do('connect', server.url)) as ConnectResult
  say('one connects a server', `"${connected.integration.name}", ${connected.integration.tools.total} tools`)

  const asked = (await two.do('call', 'notes__write_note', { id: '1', text: 'hello' })) as ToolCallOutcome
  assert.equal(asked.type, 'approval_required')
  const { approvalId } = (asked as Extract<ToolCallOutcome, { type: 'approval_required' }>).approval
  say('two is asked to write', 'the approval is stored, nobody waits')

  await three.do('approve', approvalId)
  const ran = await Promise.all(
    [one, two, three].map((host) => host.do('resume', approvalId) as Promise<ToolCallOutcome>),
  )
  say(
    'three approves, all resume',
    ran.map((outcome) => ('because' in outcome ? outcome.because : outcome.type)).join(', '),
  )
  assert.equal(ran.filter(({ type }) => type === 'completed').length, 1)
  assert.equal(server.calls('write_note').length, 1)

  const arrived = new Promise<void>((resolve) => {
    server.state.hold = new Promise(() => {})
    server.state.intercept = async ({ rpc }) => void (rpc === 'tools/call' && resolve()) as undefined
  })
  const underWay = two.do('callNow', 'notes__read_note', { id: '1' }).catch((error: IntegrationError) => error)
  await arrived
  const flipped = performance.now()
  await one.do('disable', connected.integration.id)
  const ended = (await underWay) as IntegrationError
  const afterMs = performance.now() - flipped
  say('one turns it off', `the call under way in two ends after ${afterMs.toFixed(0)} ms: ${ended.code}`)
  assert.equal(ended.code, 'integration_disabled')

  const refused = (await three
    .do('call', 'notes__read_note', { id: '2' })
    .catch((error: unknown) => error)) as IntegrationError
  say('the next call in three', `is refused: ${refused.code}`)
  assert.equal(refused.code, 'integration_disabled')
  assert.equal(server.calls().length, 2)

  const codes = await Promise.all([one, two, three].map((host) => host.close()))
  say('all close', `and end by themselves: ${codes.join(', ')}`)
  assert.deepEqual(codes, [0, 0, 0])

  const client = new pg.Client(postgres.url)
  await client.connect()
  await client.query(`DROP SCHEMA "${settings.schema}" CASCADE`)
  await client.end()
  await server.close()
  await postgres.stop()
}

function say(what: string, how: string): void {
  console.log(`  ${what.padEnd(32)} ${how}`)
}

/** A host process: it runs the commands it receives, and returns the results. */
function startHost(settings: HostSettings) {
  const child = fork(process.argv[1]!, [JSON.stringify(settings)])
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>()
  let count = 0
  child.on('message', ({ id, value, error }: { id: number; value?: unknown; error?: unknown }) => {
    if (error === undefined) waiting.get(id)?.resolve(value)
    else waiting.get(id)?.reject(error)
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  return {
    do: (verb: string, ...args: unknown[]): Promise<unknown> =>
      new Promise((resolve, reject) => {
        waiting.set(++count, { resolve, reject })
        child.send({ id: count, verb, args })
      }),
    async close() {
      child.send({ id: 0, verb: 'close', args: [] })
      return ended
    },
  }
}
