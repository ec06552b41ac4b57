/**
 * A toolset of 50 integrations with 20 tools each, no two with the same list, on storages that tell of changes and on one that does not: warm, after a
 * change, with a host policy, and in a new process. No server is ever asked. Times are held to their bars by the fastest
 * tenth, which is what the work costs on a machine that is busy with something else; the median is printed.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { memoryStorage, type ApprovalOptions, type RegistryStorage } from 'mcp-integrations'
import { sqliteStorage } from 'mcp-integrations/sqlite'
import { median, quantile, timesOf } from './support/figures.js'
import { actor, hostRegistry } from './support/host.js'
import { serve } from './support/serving.js'

const server = await serve()
const folder = mkdtempSync(join(tmpdir(), 'bench-'))
const missed: string[] = []
try {
  await measure('memory', 5, restartable(memoryStorage()))
  await measure('SQLite', 5, () => sqliteStorage({ database: new Database(join(folder, 'bench.db')) }))
  await measureNewProcess(join(folder, 'bench.db'))
  await measure('no watch', 60, restartable({ ...memoryStorage(), watch: undefined }))
} finally {
  server.close()
  rmSync(folder, { recursive: true })
}
for (const what of missed) console.log(`MISSED ${what}`)
process.exitCode = missed.length > 0 ? 1 : 0

async function measure(title: string, warmBar: number, open: () => RegistryStorage): Promise<void> {
  const registry = hostRegistry(open(), server.url)
  const mine = registry.actingAs(actor)
  const ids: string[] = []
  for (let number = 0; number < 50; number++) {
    const url = `${server.url}?n=${number}`
    const { integration } = await mine.connect({ url, agents: ['assistant'], name: `Bench ${number}` })
    ids.push(integration.id)
  }
  const connected = await server.requests()
  // Warms up what runs for every toolset.
  await timesOf(1_000, () => mine.toolset('assistant'))
  gate(`${title}: warm`, warmBar, await timesOf(2_000, () => mine.toolset('assistant')))

  const afterChange: number[] = []
  for (let number = 0; number < 1_000; number++) {
    await mine.configureTools(ids[number % 50]!, { read_0: { enabled: number % 2 === 0 } })
    afterChange.push(...(await timesOf(1, () => mine.toolset('assistant'))))
  }
  gate(`${title}: after a change of settings`, 100, afterChange.slice(400))
  await registry.close()

  await measureWithPolicy(title, open())
  await measureCold(title, open)
  if ((await server.requests()) > connected) missed.push(`${title}: a toolset asked a server`)
}

async function measureWithPolicy(title: string, storage: RegistryStorage): Promise<void> {
  const policy: ApprovalOptions['policy'] = () => ({ mode: 'ask', rule: 'house' })
  const registry = hostRegistry(storage, server.url, { approvals: { policy } })
  const mine = registry.actingAs(actor)
  await timesOf(1_000, () => mine.toolset('assistant'))
  gate(`${title}: with a policy`, 100, await timesOf(1_000, () => mine.toolset('assistant')))
  await registry.close()
}

/** As after a restart: what the first toolset of a registry costs that finds everything stored. */
async function measureCold(title: string, open: () => RegistryStorage): Promise<void> {
  const times: number[] = []
  for (let number = 0; number < 10; number++) {
    const registry = hostRegistry(open(), server.url)
    times.push(...(await timesOf(1, () => registry.actingAs(actor).toolset('assistant'))))
    await registry.close()
  }
  gate(`${title}: new registry`, 20_000, times)
}

/** The same in a process that has run nothing of it yet: nothing is compiled. Loading the program is not counted. */
async function measureNewProcess(path: string): Promise<void> {
  // Builds the program, which then runs without what builds it, and loads what the package would load.
  const [code] = (await once(fork('scripts/run.mjs', ['--split', 'bench/support/first-toolset.ts']), 'exit')) as [
    number,
  ]
  if (code !== 0) throw new Error('The program of the new process could not be built.')
  const times: number[] = []
  for (let number = 0; number < 10; number++) {
    const child = fork('temp/run/bench/support/first-toolset.mjs', [path, server.url])
    const [{ time }] = (await once(child, 'message')) as [{ time: number }]
    times.push(time)
    await once(child, 'exit')
  }
  gate('SQLite: new process', 20_000, times)
}

function gate(what: string, bar: number, times: readonly number[]): void {
  const [fast, middle, slow] = [quantile(times, 0.1), median(times), quantile(times, 0.99)]
  console.log(
    `${what.padEnd(36)} p10 ${fast.toFixed(1)} µs, p50 ${middle.toFixed(1)} µs, p99 ${slow.toFixed(1)} µs (bar ${bar})`,
  )
  if (middle > bar) missed.push(`${what}: ${middle.toFixed(1)} µs instead of ${bar}`)
}

/** Memory outlives a registry here, as a database does. */
function restartable(storage: RegistryStorage): () => RegistryStorage {
  return () => storage
}
