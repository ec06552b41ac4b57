/**
 * CPU of connecting a server and listing its tools beside the plain SDK client's, with a server of each era, in rounds
 * that alternate; the plain client twice. Ours stores the integration and its 20 tools, which differ from server to
 * server. `--quick` connects less.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { memoryStorage, type RegistryStorage } from 'mcp-integrations'
import { sqliteStorage } from 'mcp-integrations/sqlite'
import { holdToBar, plainClient, roundsOf } from './support/beside-plain.js'
import { cpuOf } from './support/figures.js'
import { actor, openRegistry } from './support/host.js'
import { serve } from './support/serving.js'

// The plain client's `fetch` leaves its listeners on one signal, and Node warns of each: that would be measured too.
process.removeAllListeners('warning')

const isQuick = process.argv.includes('--quick')
const rounds = isQuick ? 3 : 7
const connects = isQuick ? 60 : 150
const servers = { '2026-07-28': 'bench/support/server.ts', 'older era': 'bench/support/stateful-server.ts' }
const directory = await mkdtemp(join(tmpdir(), 'bench-connect-'))

console.log(`Node ${process.versions.node}`)
for (const [era, program] of Object.entries(servers)) {
  const server = await serve(program)
  await measure(`${era}, memory`, server.url, memoryStorage(), 1.1)
  // A commit waits for the disk, and its part of the CPU is the system's: printed, without a bar of its own.
  const database = new Database(join(directory, `${era}.db`))
  await measure(`${era}, SQLite`, server.url, sqliteStorage({ database }), Number.POSITIVE_INFINITY)
  database.close()
  server.close()
}
await rm(directory, { recursive: true, force: true })

async function measure(what: string, url: string, storage: RegistryStorage, bar: number): Promise<void> {
  const registry = openRegistry(storage, {})
  let number = 0
  const plain = async (): Promise<void> => {
    const client = await plainClient(`${url}?n=${number++}`)
    await client.listTools()
    await client.close()
  }
  const ours = async (): Promise<void> => {
    const name = `Server ${number++}`
    const outcome = await registry.actingAs(actor).connect({ url: `${url}?n=${number}`, name, agents: ['assistant'] })
    if (outcome.type !== 'connected') throw new Error(`expected a connection, got ${outcome.type}`)
  }
  const figures = await roundsOf(rounds, {
    plain: () => cpuOf(connects, 4, plain),
    ours: () => cpuOf(connects, 4, ours),
  })
  holdToBar(what, figures, bar, 'µs of CPU')
  await registry.close()
}
