/**
 * What each verb costs as a storage grows: 1,000, 10,000 and 100,000 integrations, ten in a workspace, twenty tools each,
 * on SQLite and PostgreSQL. The rows of a real workspace are copied by bulk commits. With `--quick`, up to 10,000.
 *
 *     npm run bench:scale -- [--quick] [sqlite | postgres]
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryStorage, type RegistryStorage } from 'mcp-integrations'
import pg from 'pg'
import { startPostgres } from '../../test/support/postgres.js'
import { serve } from '../support/serving.js'
import { hostRegistry } from '../support/host.js'
import { printCurve, type Curve } from './curve.js'
import type { Figures } from './measure.js'
import { openStorage, type StorageAddress } from './storages.js'

const isQuick = process.argv.includes('--quick')
const wanted = ['sqlite', 'postgres'].filter((name) => process.argv.includes(name))
const sizes = isQuick ? [1_000, 10_000] : [1_000, 10_000, 100_000]
const integrationsOfWorkspace = 10
const processes = 8

const server = await serve('bench/support/small-server.ts')
const failures: string[] = []
if (wanted.length === 0 || wanted.includes('sqlite')) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-scale-'))
  const file = join(folder, 'scale.db')
  await measureAll('SQLite', { kind: 'sqlite', file }, async () => {
    return [file, `${file}-wal`].reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0)
  })
  rmSync(folder, { recursive: true })
}
if (wanted.length === 0 || wanted.includes('postgres')) {
  const database = await startPostgres()
  const pool = new pg.Pool({ connectionString: database.url, max: 1 })
  pool.on('error', () => {})
  await measureAll('PostgreSQL', { kind: 'postgres', url: database.url }, async () => {
    await pool.query('ANALYZE')
    const { rows } = await pool.query<{ size: string }>('SELECT pg_database_size(current_database()) AS size')
    return Number(rows[0]?.size)
  })
  await pool.end()
  await database.stop()
}
server.close()
if (failures.length > 0) console.log(`\nmissed:\n${failures.map((failure) => `  ${failure}`).join('\n')}`)
process.exitCode = failures.length > 0 ? 1 : 0

async function measureAll(title: string, address: StorageAddress, diskUse: () => Promise<number>): Promise<void> {
  const template = await templateRecords()
  const { storage, close } = openStorage(address)
  const curves: Curve[] = []
  let seeded = 0
  for (const size of sizes) {
    const workspaces = size / integrationsOfWorkspace
    const started = performance.now()
    await seed(storage, template, seeded, workspaces)
    seeded = workspaces
    const seconds = ((performance.now() - started) / 1000).toFixed(0)
    const megabytes = (await diskUse()) / 1e6
    console.log(
      `${title}: ${size} integrations seeded in ${seconds} s, ${megabytes.toFixed(0)} MB on disk, ${((megabytes * 1000) / size).toFixed(1)} kB each`,
    )
    const figures = await measureInProcess(address, 0, workspaces)
    curves.push({ size, figures })
    check(title, size, figures)
  }
  printCurve(title, curves)
  if (address.kind === 'postgres') await measureTogether(title, address, seeded)
  await close()
}

/** Everything that is stored of one workspace with real integrations. */
async function templateRecords() {
  const storage = memoryStorage()
  const registry = hostRegistry(storage, server.url)
  const mine = registry.actingAs({ workspaceId: 'template', userId: 'ana', role: 'admin' })
  for (let n = 0; n < integrationsOfWorkspace; n++)
    await mine.connect({ connector: 'bench', agents: ['assistant'], name: `Bench ${n}`, visibility: 'workspace' })
  await registry.close()
  const { records } = await storage.list({ workspaceId: 'template', prefix: '', limit: 1000 })
  return records.map(({ key, value, expiresAt }) => ({ key, value, expiresAt }))
}

async function seed(
  storage: RegistryStorage,
  template: Awaited<ReturnType<typeof templateRecords>>,
  from: number,
  to: number,
): Promise<void> {
  let next = from
  const worker = async (): Promise<void> => {
    while (next < to) {
      const workspaceId = `w${next++}`
      for (let n = 0; n < template.length; n += 100) await storage.commit(workspaceId, template.slice(n, n + 100))
    }
  }
  await Promise.all(Array.from({ length: 4 }, worker))
}

/** In a process of its own, so that its start and its heap are those of a host. */
async function measureInProcess(address: StorageAddress, first: number, workspaces: number): Promise<Figures> {
  const child = fork('scripts/run.mjs', ['bench/scale/measure.ts'], { execArgv: ['--expose-gc'] })
  child.send({ address, first, workspaces, url: server.url })
  const ended = once(child, 'exit').then(() => {
    throw new Error('A process ended before it had measured.')
  })
  const [figures] = (await Promise.race([once(child, 'message'), ended])) as [Figures]
  child.disconnect()
  return figures
}

async function measureTogether(title: string, address: StorageAddress, workspaces: number): Promise<void> {
  // Each in workspaces of its own: one must not turn off what another calls.
  const share = Math.floor(workspaces / processes)
  const all = await Promise.all(
    Array.from({ length: processes }, (_, n) => measureInProcess(address, n * share, share)),
  )
  console.log(`\n${title}, ${processes} processes at once, p50 of the slowest in ms`)
  for (const verb of Object.keys(all[0]!.verbs)) {
    const slowest = Math.max(...all.map(({ verbs }) => verbs[verb]!.p50))
    console.log(`  ${verb.padEnd(28)} ${slowest.toFixed(2)}`)
  }
}

function check(title: string, size: number, { startMs, requests, heapMb, verbs }: Figures): void {
  const bars: readonly [string, number, number][] = [
    ['start, ms', startMs, 50],
    ['requests of start and toolsets', requests, 0],
    ['cold toolset p99, ms', verbs['toolset, cold']!.p99, 25],
    ['heap with the working set, MB', heapMb, 150],
    ['sweep with nothing due, ms', verbs['sweep, nothing due']!.p50, 50],
  ]
  for (const [what, measured, bar] of bars)
    if (measured > bar) failures.push(`${title}, ${size}: ${what} ${measured.toFixed(1)} instead of ${bar}`)
}
