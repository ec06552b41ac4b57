/**
 * CPU of one gated call beside the plain SDK client's, at concurrency 32, on memory and on SQLite, with a server of each
 * era. Short blocks of calls take turns, in an order that moves on with each round, so that whatever else the machine
 * does hits all of them. A figure is the median over all rounds with its 95 % interval: each round gives one share, of the
 * two blocks of the plain client beside it, and one difference to the SDK's bare client over our `fetch`, which is our own
 * part of a call. The plain client's second block against its first says what the method can't tell apart.
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
import { cpuOf, intervalOf, median, timesOf, type Interval } from './support/figures.js'
import { actor, hostRegistry } from './support/host.js'
import { serve } from './support/serving.js'

// The plain client's `fetch` leaves its listeners on one signal, and Node warns of each: that would be measured too.
process.removeAllListeners('warning')

const isQuick = process.argv.includes('--quick')
const rounds = isQuick ? 20 : 60
const block = 3 * 32
const warmUp = isQuick ? 1_000 : 6_000
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
  const blocks = [
    ['plain', subjects.plain],
    ['memory', subjects.memory],
    ['bare', subjects.bare],
    ['again', subjects.plain],
    ['sqlite', subjects.sqlite],
  ] as const
  const measured: Round[] = []
  for (let round = 0; round < rounds; round++) {
    const figures: Partial<Record<Subject | 'again', number>> = {}
    for (let turn = 0; turn < blocks.length; turn++) {
      const [what, { call }] = blocks[(round + turn) % blocks.length]!
      figures[what] = await cpuOf(block, 32, call)
    }
    measured.push(figures as Round)
  }

  const of = (figure: (one: Round) => number): Interval => intervalOf(measured.map(figure))
  const micros = (what: Subject): string => of((one) => one[what]).middle.toFixed(0)
  console.log(
    `${era}: µs of CPU a call: plain ${micros('plain')}, the same over our fetch ${micros('bare')}, memory ${micros('memory')}, SQLite ${micros('sqlite')}`,
  )
  const plainOf = ({ plain, again }: Round): number => (plain + again) / 2
  for (const what of ['memory', 'sqlite'] as const)
    hold(`${era}, ${what}, of the plain client`, { figure: of((one) => one[what] / plainOf(one)), bar: bars[what] })
  print(
    `${era}, the plain client of itself`,
    of(({ plain, again }) => again / plain),
  )
  hold(`${era}, our own part in µs`, { figure: of(({ memory, bare }) => memory - bare), bar: mostOwn })
  print(
    `${era}, the plain client above itself in µs`,
    of(({ plain, again }) => again - plain),
  )

  const alone = {
    plain: median(await timesOf(100, subjects.plain.call)),
    memory: median(await timesOf(100, subjects.memory.call)),
  }
  console.log(
    `${era}: one after the other, p50: plain ${alone.plain.toFixed(0)} µs, memory ${alone.memory.toFixed(0)} µs`,
  )
  for (const { close } of Object.values(subjects)) await close()
  await egress.close()
  server.close()
}

/** Prints a figure beside its bar. One that is surely above it fails: on Node 24. */
function hold(what: string, { figure, bar }: { readonly figure: Interval; readonly bar: number }): void {
  const finding = figure.high <= bar ? 'met' : figure.low <= bar ? 'not established' : 'MISSED'
  print(what, figure, `, bar ${bar}: ${finding}`)
  if (finding === 'MISSED' && process.versions.node.startsWith('24.')) process.exitCode = 1
}

function print(what: string, { low, middle, high }: Interval, finding = ''): void {
  console.log(`${what}: ${middle.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})${finding}`)
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
