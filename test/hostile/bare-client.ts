/** The SDK's own client at one hostile server: how it ended, how long it took and what it cost. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'

const [, , url = ''] = process.argv
process.send?.('ready')
const started = performance.now()
const before = process.memoryUsage().rss
let peak = before
setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20).unref()
const outcome = await met().catch((error: unknown) => (error instanceof Error ? error.name : 'error'))
peak = Math.max(peak, process.memoryUsage().rss)
process.send?.(
  `${outcome}, ${(performance.now() - started).toFixed(0)} ms, ${((peak - before) / 1024 / 1024).toFixed(0)} MiB`,
)

async function met(): Promise<string> {
  const client = new Client({ name: 'bare', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } })
  await client.connect(new StreamableHTTPClientTransport(new URL(url)), { timeout: 3_000 })
  await client.listTools(undefined, { timeout: 3_000 })
  await client.callTool({ name: 'good', arguments: {} }, { timeout: 1_500 })
  return 'completed'
}
