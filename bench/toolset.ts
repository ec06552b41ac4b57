/** A toolset of 50 integrations with 20 tools each: what it costs warm and after a restart, and that it asks no server. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { memoryStorage, type RegistryStorage } from 'mcp-integrations'
import { sqliteStorage } from 'mcp-integrations/sqlite'
import { median, quantile, timesOf } from './support/figures.js'
import { actor, hostRegistry } from './support/host.js'
import { serve } from './support/serving.js'

const server = await serve()
const folder = mkdtempSync(join(tmpdir(), 'bench-'))
try {
  await measure('memory', restartable(memoryStorage()))
  await measure('SQLite', () => sqliteStorage({ database: new Database(join(folder, 'bench.db')) }))
} finally {
  server.close()
  rmSync(folder, { recursive: true })
}

async function measure(title: string, open: () => RegistryStorage): Promise<void> {
  const first = hostRegistry(open(), server.url)
  const mine = first.actingAs(actor)
  for (let number = 0; number < 50; number++)
    await mine.connect({ connector: 'bench', agents: ['assistant'], name: `Bench ${number}` })
  const connected = await server.requests()
  const size = (await mine.toolset('assistant')).tools.length
  const warm = await timesOf(500, () => mine.toolset('assistant'))
  await first.close()

  const restarted = hostRegistry(open(), server.url)
  const [cold = Number.NaN] = await timesOf(1, () => restarted.actingAs(actor).toolset('assistant'))
  const requests = (await server.requests()) - connected
  await restarted.close()

  console.log(
    `${title}: ${size} tools, warm p50 ${median(warm).toFixed(0)} µs, p99 ${quantile(warm, 0.99).toFixed(0)} µs, after a restart ${(cold / 1000).toFixed(1)} ms, ${requests} requests`,
  )
  if (requests > 0) throw new Error('a toolset must ask no server')
}

/** Memory outlives a registry here, as a database does. */
function restartable(storage: RegistryStorage): () => RegistryStorage {
  return () => storage
}
