/**
 * CPU of one gated call beside the plain SDK client's, at concurrency 32, in rounds that alternate: on memory and on
 * SQLite, with a server of each era. The plain client runs twice in each round: how far its two figures differ is how
 * little a difference says. Our own part is what a gated call costs above the SDK's bare client over our `fetch`.
 * Everything is called some thousands of times before, until it is compiled. `--quick` makes fewer calls.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, StreamableHTTPClientTransport, type FetchLike } from '@modelcontextprotocol/client'
import Database from 'libsql'
import { memoryStorage, type RegistryStorage } from 'mcp-integrations'
import { sqliteStorage } from 'mcp-integrations/sqlite'
import { createGuardedFetch } from '../src/egress/guarded-fetch.js'
import { runtimeFrom } from '../src/registry/state/default-runtime.js'
import { cpuOf, median, timesOf } from './support/figures.js'
import { actor, hostRegistry } from './support/host.js'
import { serve } from './support/serving.js'

// The plain client's `fetch` leaves its listeners on one signal, and Node warns of each: that would be measured too.
process.removeAllListeners('warning')

const isQuick = process.argv.includes('--quick')
const rounds = isQuick ? 3 : 7
const calls = isQuick ? 1_500 : 2_000
const warmUp = isQuick ? 4_000 : 10_000
/** Microseconds of CPU that deciding and recording a call may take. */
const mostOwn = 30
const eras = [
  { era: '2026-07-28', program: 'bench/support/server.ts', bars: { memory: 0.65, sqlite: 0.9 } },
  { era: 'older era', program: 'bench/support/older-server.ts', bars: { memory: 0.55, sqlite: 0.9 } },
]
const directory = await mkdtemp(join(tmpdir(), 'bench-call-'))

console.log(`Node ${process.versions.node}`)
for (const each of eras) await measure(each)
await rm(directory, { recursive: true, force: true })

type Subject = 'plain' | 'bare' | 'memory' | 'sqlite'
type Round = Readonly<Record<Subject | 'again', number>>

async function measure({ era, program, bars }: (typeof eras)[number]): Promise<void> {
  const server = await serve(program)
  const egress = createGuardedFetch({
    egress: { allowLoopback: true },
    maxResponseBytes: 8 * 1024 * 1024,
    runtime: runtimeFrom(),
  })
  const subjects = {
    plain: await ofSdk(server.url),
    bare: await ofSdk(server.url, (url, init) => egress.fetch(url, init)),
    memory: await gated(memoryStorage(), server.url),
    sqlite: await gated(sqliteStorage({ database: new Database(join(directory, `${era}.db`)) }), server.url),
  }
  for (const { call } of Object.values(subjects)) await cpuOf(warmUp, 32, call)
  const measured: Round[] = []
  for (let round = 0; round < rounds; round++)
    measured.push({
      plain: await cpuOf(calls, 32, subjects.plain.call),
      memory: await cpuOf(calls, 32, subjects.memory.call),
      again: await cpuOf(calls, 32, subjects.plain.call),
      sqlite: await cpuOf(calls, 32, subjects.sqlite.call),
      bare: await cpuOf(calls, 32, subjects.bare.call),
    })

  const of = (figure: (one: Round) => number): number => median(measured.map(figure))
  const micros = (what: Subject): string => of((one) => one[what]).toFixed(0)
  const spread = Math.max(...measured.map(({ plain, again }) => Math.max(plain / again, again / plain)))
  console.log(
    `${era}: µs of CPU a call: plain ${micros('plain')}, the same over our fetch ${micros('bare')}, memory ${micros('memory')}, SQLite ${micros('sqlite')}`,
  )
  for (const what of ['memory', 'sqlite'] as const) {
    const share = of((one) => one[what] / ((one.plain + one.again) / 2))
    hold(`${era}, ${what}, of the plain client`, share, bars[what], bars[what] * spread)
  }
  const unsure = Math.max(...measured.map(({ plain, again }) => Math.abs(plain - again)))
  hold(
    `${era}, our own part in µs`,
    of((one) => one.memory - one.bare),
    mostOwn,
    mostOwn + unsure,
  )

  const alone = {
    plain: median(await timesOf(300, subjects.plain.call)),
    memory: median(await timesOf(300, subjects.memory.call)),
  }
  console.log(
    `${era}: one after the other, p50: plain ${alone.plain.toFixed(0)} µs, memory ${alone.memory.toFixed(0)} µs`,
  )
  for (const { close } of Object.values(subjects)) await close()
  await egress.close()
  server.close()
}

/** Prints a figure beside its bar. Beyond what the plain client differs from itself by, a miss fails: on Node 24. */
function hold(what: string, figure: number, bar: number, surelyMissed: number): void {
  const finding = figure <= bar ? 'met' : figure <= surelyMissed ? 'not established' : 'MISSED'
  console.log(`${what}: ${figure.toFixed(2)} (bar ${bar}, up to ${surelyMissed.toFixed(2)} says nothing): ${finding}`)
  if (finding === 'MISSED' && process.versions.node.startsWith('24.')) process.exitCode = 1
}

/** A call with the SDK's client, as its guide says. */
async function ofSdk(url: string, fetch?: FetchLike) {
  const client = new Client({ name: 'bench', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } })
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { fetch }))
  await client.listTools()
  return {
    call: () => client.callTool({ name: 'read_0', arguments: { text: 'hello' } }),
    close: () => client.close(),
  }
}

/** A host's registry with one integration, and a call of one of its tools. */
async function gated(storage: RegistryStorage, url: string) {
  const registry = hostRegistry(storage, url)
  await registry.actingAs(actor).connect({ connector: 'bench', agents: ['assistant'] })
  const toolset = await registry.actingAs(actor).toolset('assistant')
  const name = toolset.tools.find((tool) => tool.modelName.endsWith('read_0'))?.modelName ?? ''
  return {
    async call() {
      const outcome = await toolset.call(name, { text: 'hello' })
      if (outcome.type !== 'completed') throw new Error(`expected a result, got ${outcome.type}`)
    },
    close: () => registry.close(),
  }
}
