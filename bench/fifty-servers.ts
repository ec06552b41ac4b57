/**
 * Wall time until 50 unknown servers are usable by one agent, connected at once, beside plain SDK clients that connect
 * and list the same; servers of each era answer after 20 ms. Rounds alternate, the plain clients twice in each. `--quick`
 * runs fewer.
 */
import { memoryStorage } from 'mcp-integrations'
import { holdToBar, plainClient, roundsOf } from './support/beside-plain.js'
import { actor, openRegistry } from './support/host.js'
import { serve } from './support/serving.js'

process.removeAllListeners('warning')

const rounds = process.argv.includes('--quick') ? 3 : 9
const latencyMs = 20
const server = await serve('bench/support/both-eras-server.ts', String(latencyMs))
const { origin } = new URL(server.url)

console.log(`Node ${process.versions.node}`)
// One for all rounds, as the plain clients share the connections of the platform's `fetch`.
const registry = openRegistry(memoryStorage(), {})
let workspaces = 0
let names = 0
for (const era of ['current', 'older']) {
  const urls = (): readonly string[] => Array.from({ length: 50 }, () => `${origin}/${era}/mcp?n=${names++}`)
  const figures = await roundsOf(rounds, { plain: () => timed(plainly, urls()), ours: () => timed(gated, urls()) })
  holdToBar(`50 servers of the ${era} era`, figures, 1.1, 'ms')
}
await registry.close()
server.close()

/** Connects all, and says how long that took, in ms; closing is not counted. */
async function timed(
  connectAll: (urls: readonly string[]) => Promise<() => Promise<unknown>>,
  urls: readonly string[],
): Promise<number> {
  const started = performance.now()
  const close = await connectAll(urls)
  const ms = performance.now() - started
  await close()
  return ms
}

async function plainly(urls: readonly string[]): Promise<() => Promise<unknown>> {
  const clients = await Promise.all(
    urls.map(async (url) => {
      const client = await plainClient(url)
      await client.listTools()
      return client
    }),
  )
  return () => Promise.all(clients.map((client) => client.close()))
}

async function gated(urls: readonly string[]): Promise<() => Promise<unknown>> {
  const mine = registry.actingAs({ ...actor, workspaceId: `w${workspaces++}` })
  await Promise.all(urls.map((url, number) => mine.connect({ url, name: `s${number}`, agents: ['assistant'] })))
  const { tools } = await mine.toolset('assistant')
  if (tools.length !== urls.length * 20) throw new Error(`a toolset of ${tools.length} tools`)
  return () => Promise.resolve()
}
