/**
 * CPU of one gated call beside the plain SDK client's, at concurrency 32, in rounds that alternate. The plain client runs
 * twice in each round: how far its two figures differ is how little a difference says.
 */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { memoryStorage } from 'mcp-integrations'
import { cpuOf, median, timesOf } from './support/figures.js'
import { actor, hostRegistry } from './support/host.js'
import { serve } from './support/serving.js'

const rounds = 5
const calls = 2_000
const server = await serve()

const client = new Client({ name: 'bench', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } })
await client.connect(new StreamableHTTPClientTransport(new URL(server.url)))
await client.listTools()
const plain = () => client.callTool({ name: 'read_0', arguments: { text: 'hello' } })

const registry = hostRegistry(memoryStorage(), server.url)
await registry.actingAs(actor).connect({ connector: 'bench', agents: ['assistant'] })
const toolset = await registry.actingAs(actor).toolset('assistant')
const name = toolset.tools.find((tool) => tool.modelName.endsWith('read_0'))?.modelName ?? ''
const gated = async () => {
  const outcome = await toolset.call(name, { text: 'hello' })
  if (outcome.type !== 'completed') throw new Error(`expected a result, got ${outcome.type}`)
}

const figures: { plain: number; again: number; gated: number }[] = []
for (let round = 0; round <= rounds; round++) {
  const figure = {
    plain: await cpuOf(calls, 32, plain),
    gated: await cpuOf(calls, 32, gated),
    again: await cpuOf(calls, 32, plain),
  }
  if (round > 0) figures.push(figure)
}
const ratios = figures.map((figure) => figure.gated / ((figure.plain + figure.again) / 2))
const control = figures.map((figure) => figure.again / figure.plain)
console.log(
  `plain ${median(figures.map((f) => f.plain)).toFixed(0)} µs, gated ${median(figures.map((f) => f.gated)).toFixed(0)} µs CPU a call`,
)
console.log(`gated / plain ${median(ratios).toFixed(2)} (plain / plain ${median(control).toFixed(2)})`)
console.log(
  `alone, p50: plain ${median(await timesOf(300, plain)).toFixed(0)} µs, gated ${median(await timesOf(300, gated)).toFixed(0)} µs`,
)

await registry.close()
await client.close()
server.close()
