/**
 * CPU of one gated call beside the plain SDK client's, at concurrency 32, in rounds that alternate: on memory and on
 * SQLite, with a server of each era. The plain client runs twice in each round: how far its two figures differ is how
 * little a difference says. `--quick` makes fewer calls.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import Database from 'libsql'
import { memoryStorage, type RegistryStorage } from 'mcp-integrations'
import { sqliteStorage } from 'mcp-integrations/sqlite'
import { cpuOf, median, timesOf } from './support/figures.js'
import { actor, hostRegistry } from './support/host.js'
import { serve } from './support/serving.js'

// The plain client's `fetch` leaves its listeners on one signal, and Node warns of each: that would be measured too.
process.removeAllListeners('warning')

const isQuick = process.argv.includes('--quick')
const rounds = isQuick ? 3 : 5
const calls = isQuick ? 1_000 : 2_000
const servers = { '2026-07-28': 'bench/support/server.ts', 'older era': 'bench/support/older-server.ts' }
const directory = await mkdtemp(join(tmpdir(), 'bench-call-'))

console.log(`Node ${process.versions.node}`)
for (const [era, program] of Object.entries(servers)) await measure(era, program)
await rm(directory, { recursive: true, force: true })

async function measure(era: string, program: string): Promise<void> {
  const server = await serve(program)
  const client = new Client({ name: 'bench', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } })
  await client.connect(new StreamableHTTPClientTransport(new URL(server.url)))
  await client.listTools()
  const plain = () => client.callTool({ name: 'read_0', arguments: { text: 'hello' } })
  const memory = await gated(memoryStorage(), server.url)
  const sqlite = await gated(sqliteStorage({ database: new Database(join(directory, `${era}.db`)) }), server.url)

  const figures: { plain: number; again: number; memory: number; sqlite: number }[] = []
  for (let round = 0; round <= rounds; round++) {
    const figure = {
      plain: await cpuOf(calls, 32, plain),
      memory: await cpuOf(calls, 32, memory.call),
      again: await cpuOf(calls, 32, plain),
      sqlite: await cpuOf(calls, 32, sqlite.call),
    }
    if (round > 0) figures.push(figure)
  }
  const of = (figure: (typeof figures)[number]): number => (figure.plain + figure.again) / 2
  const ratio = (what: 'memory' | 'sqlite'): string => median(figures.map((one) => one[what] / of(one))).toFixed(2)
  const micros = (what: keyof (typeof figures)[number]): string => median(figures.map((one) => one[what])).toFixed(0)
  const control = median(figures.map((one) => one.again / one.plain)).toFixed(2)
  console.log(
    `${era}: µs of CPU a call: plain ${micros('plain')}, memory ${micros('memory')}, SQLite ${micros('sqlite')}`,
  )
  console.log(`${era}: of the plain client: memory ${ratio('memory')}, SQLite ${ratio('sqlite')}, itself ${control}`)
  const alone = { plain: median(await timesOf(300, plain)), memory: median(await timesOf(300, memory.call)) }
  console.log(
    `${era}: one after the other, p50: plain ${alone.plain.toFixed(0)} µs, memory ${alone.memory.toFixed(0)} µs`,
  )

  await memory.close()
  await sqlite.close()
  await client.close()
  server.close()
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
