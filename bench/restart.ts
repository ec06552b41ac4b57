/**
 * The first call after a restart, with 50 servers known: from a process that has loaded everything and run nothing, to
 * the call's result. Beside it the same with the plain SDK client, given by hand what it needs to send one request. Each
 * call has a process of its own, in rounds that alternate; servers answer after 20 ms. `--quick` runs fewer.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import Database from 'libsql'
import { sqliteStorage } from 'mcp-integrations/sqlite'
import { holdToBar, plainClient, roundsOf } from './support/beside-plain.js'
import { actor, openRegistry } from './support/host.js'
import { serve } from './support/serving.js'

const rounds = process.argv.includes('--quick') ? 3 : 9
const server = await serve('bench/support/both-eras-server.ts', '20')
const { origin } = new URL(server.url)
const directory = await mkdtemp(join(tmpdir(), 'bench-restart-'))

// Builds the program, which then runs without what builds it.
await once(fork('scripts/run.mjs', ['bench/support/first-call.ts']), 'exit')

console.log(`Node ${process.versions.node}`)
for (const era of ['current', 'older']) {
  const path = join(directory, `${era}.db`)
  const url = `${origin}/${era}/mcp`
  await connectFifty(path, url)
  const known = await knownOf(url)
  const requests = new Set<number>()
  /** @returns how long it took, in ms */
  const first = async (...given: readonly string[]): Promise<number> => {
    const before = await server.requests()
    const child = fork('temp/run/bench/support/first-call.mjs', [...given])
    const [{ ms }] = (await once(child, 'message')) as [{ ms: number }]
    await once(child, 'exit')
    requests.add((await server.requests()) - before)
    return ms
  }
  const figures = await roundsOf(rounds, {
    plain: () => first('plain', url, JSON.stringify(known)),
    ours: () => first('ours', path),
  })
  holdToBar(`first call after a restart, ${era} era, SQLite`, figures, 0.6, 'ms')
  if (requests.size !== 1 || !requests.has(1)) {
    console.log(`MISSED one request: ${[...requests].join(', ')}`)
    process.exitCode = 1
  }
}
server.close()
await rm(directory, { recursive: true, force: true })

async function connectFifty(path: string, url: string): Promise<void> {
  const database = new Database(path)
  const registry = openRegistry(sqliteStorage({ database }), {})
  const mine = registry.actingAs(actor)
  for (let number = 0; number < 50; number++) {
    const given = { url: `${url}?n=${number}`, name: `s${number}`, agents: ['assistant'] as const }
    const { integration } = await mine.connect(given)
    await mine.configureTools(integration.id, { read_0: { approval: 'auto' } })
  }
  await registry.close()
  database.close()
}

/** What a host could have kept of a plain client, to spare the next process every request but the call. */
async function knownOf(url: string): Promise<object> {
  const client = await plainClient(url)
  const { tools } = await client.listTools()
  const { sessionId, protocolVersion } = client.transport as StreamableHTTPClientTransport
  const known = { tool: tools[0], discover: client.getDiscoverResult(), sessionId, protocolVersion }
  await client.close()
  return known
}
