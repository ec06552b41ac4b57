/**
 * Heap of a live connection: everything that a toolset of 200 integrations and one call of each, its output checked, add to
 * a registry that knows them. Then their sockets, and those that are left after the idle limit. Beside it plain SDK
 * clients that have listed and called the same. `--quick` has fewer.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import Database from 'libsql'
import { memoryStorage, type RegistryStorage } from 'mcp-integrations'
import { sqliteStorage } from 'mcp-integrations/sqlite'
import { plainClient } from './support/beside-plain.js'
import { actor, openRegistry } from './support/host.js'
import { serve } from './support/serving.js'

process.removeAllListeners('warning')
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const connections = process.argv.includes('--quick') ? 50 : 200
const idleMs = 1_500
const bars = { heap: 60, sockets: 1 }
const directory = await mkdtemp(join(tmpdir(), 'bench-heap-'))

console.log(`Node ${process.versions.node}, ${connections} connections`)
for (const era of ['current', 'older']) {
  const server = await serve('bench/support/both-eras-server.ts', '0', String(connections))
  const urls = server.origins.map((origin, number) => `${origin}/${era}/mcp?n=${number}`)
  await measure(`${era} era, memory`, memoryStorage())
  await measure(`${era} era, SQLite`, sqliteStorage({ database: new Database(join(directory, `${era}.db`)) }))
  // The last, because the platform's `fetch` keeps its connections longer than we do.
  console.log(`${era} era, plain client: ${(await plainly(urls)).toFixed(1)} KB a connection`)
  server.close()

  async function measure(what: string, storage: RegistryStorage): Promise<void> {
    await connectAll(storage, urls)
    await leftAfter(20_000, server.sockets)
    const registry = openRegistry(storage, { idleConnectionMs: idleMs })
    const before = await heap()
    const toolset = await registry.actingAs(actor).toolset('assistant')
    const held = (await heap()) - before
    const reading = toolset.tools.filter(({ name }) => name === 'read_0')
    for (const { modelName } of reading) {
      const outcome = await toolset.call(modelName, { text: 'hello' })
      if (outcome.type !== 'completed' || outcome.result.structuredContent === undefined)
        throw new Error(`expected a result, got ${outcome.type}`)
    }
    const sockets = (await server.sockets()) / connections
    const each = ((await heap()) - before) / 1024 / connections
    const left = await leftAfter(20_000, server.sockets)
    console.log(
      `${what}: ${each.toFixed(1)} KB a connection (bar ${bars.heap}), of which the toolset ${(held / 1024 / connections).toFixed(1)}; ${sockets} sockets (bar ${bars.sockets}), ${left} left after the idle limit`,
    )
    if (each > bars.heap || sockets > bars.sockets || left > 0) {
      console.log(`MISSED ${what}`)
      process.exitCode = 1
    }
    await registry.close()
  }
}
await rm(directory, { recursive: true, force: true })

async function connectAll(storage: RegistryStorage, urls: readonly string[]): Promise<void> {
  const registry = openRegistry(storage, {})
  const mine = registry.actingAs(actor)
  for (const [number, url] of urls.entries()) {
    const given = { url, name: `s${number}`, agents: ['assistant'] as const }
    const { integration } = await mine.connect(given)
    await mine.configureTools(integration.id, { read_0: { approval: 'auto' } })
  }
  await registry.close()
}

/** @returns KB a connection */
async function plainly(urls: readonly string[]): Promise<number> {
  const warm = await plainClient(urls[0]!)
  await warm.close()
  const before = await heap()
  const clients = []
  for (const url of urls) {
    const client = await plainClient(url)
    await client.listTools()
    await client.callTool({ name: 'read_0', arguments: { text: 'hello' } })
    clients.push(client)
  }
  const each = ((await heap()) - before) / 1024 / connections
  for (const client of clients) await client.close()
  return each
}

/** Bytes in use once everything that is over has been given up. */
async function heap(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    await pause(50)
    collect()
  }
  return process.memoryUsage().heapUsed
}

/** Waits until nothing is left. @returns how much is, when the time is up */
async function leftAfter(ms: number, count: () => Promise<number>): Promise<number> {
  const until = performance.now() + ms
  for (;;) {
    const left = await count()
    if (left <= 0 || performance.now() > until) return left
    await pause(100)
  }
}
