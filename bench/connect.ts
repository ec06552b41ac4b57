/**
 * CPU of connecting a server and listing its tools beside the plain SDK client's, with a server of each era, in rounds
 * that alternate; the plain client twice. Ours stores the integration and its 20 tools on memory. `--quick` connects less.
 */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { memoryStorage } from 'mcp-integrations'
import { cpuOf, median } from './support/figures.js'
import { actor, openRegistry } from './support/host.js'
import { serve } from './support/serving.js'

const isQuick = process.argv.includes('--quick')
const rounds = isQuick ? 3 : 5
const connects = isQuick ? 20 : 50
const servers = { '2026-07-28': 'bench/support/server.ts', 'older era': 'bench/support/older-server.ts' }

for (const [era, program] of Object.entries(servers)) {
  const server = await serve(program)
  const registry = openRegistry(memoryStorage(), {})
  let number = 0
  const plain = async () => {
    const client = new Client({ name: 'bench', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } })
    await client.connect(new StreamableHTTPClientTransport(new URL(server.url)))
    await client.listTools()
    await client.close()
  }
  const ours = async () => {
    const url = `${server.url}?n=${number++}`
    const outcome = await registry.actingAs(actor).connect({ url, name: `Server ${number}`, agents: ['assistant'] })
    if (outcome.type !== 'connected') throw new Error(`expected a connection, got ${outcome.type}`)
  }
  const figures: { plain: number; again: number; ours: number }[] = []
  for (let round = 0; round <= rounds; round++) {
    const figure = {
      plain: await cpuOf(connects, 4, plain),
      ours: await cpuOf(connects, 4, ours),
      again: await cpuOf(connects, 4, plain),
    }
    if (round > 0) figures.push(figure)
  }
  const ratio = median(figures.map((one) => one.ours / ((one.plain + one.again) / 2)))
  const control = median(figures.map((one) => one.again / one.plain))
  const micros = (what: 'plain' | 'ours'): string => median(figures.map((one) => one[what])).toFixed(0)
  console.log(`${era}: µs of CPU a connect: plain ${micros('plain')}, ours ${micros('ours')}`)
  console.log(`${era}: of the plain client ${ratio.toFixed(2)} (itself ${control.toFixed(2)})`)
  await registry.close()
  server.close()
}
