/** The SDK's own client at hostile servers, one after the other in a process that is thrown away: how it ended and what it cost. */
import { Client, SSEClientTransport, StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import type { Transport as Kind } from '../case.js'
import { measure, measureControl } from './measure.js'

/** Where the server is: a URL, or the arguments of a program. */
export type Met = { readonly url: string; readonly transport: Kind } | { readonly args: readonly string[] }

/** What came of it, in words that hold on any machine: names of behaviours, and no figures that move. */
export interface BareResult {
  readonly outcome: string
  readonly costs: readonly string[]
}

const MiB = 1024 * 1024
process.on('unhandledRejection', () => undefined)
process.on('message', (met: Met) => void report(met))
process.send?.('ready')

async function report(met: Met): Promise<void> {
  const { slowness } = await measureControl(async () => undefined)
  const { value: outcome, cost } = await measure(
    () => run(met).catch((error: unknown) => (error instanceof Error ? `throws ${error.name}` : 'throws no error')),
    async () => undefined,
  )
  const costs = [
    ...(cost.memory > 64 * MiB ? ['memory without a bound'] : []),
    ...(cost.loop > 200 * slowness ? ['stops the process'] : []),
    ...(cost.ms > 12_000 ? ['takes longer than it may'] : []),
  ]
  process.send?.({ outcome, costs } satisfies BareResult)
}

async function run(met: Met): Promise<string> {
  const client = new Client({ name: 'bare', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } })
  await client.connect(transportTo(met), { timeout: 3_000 })
  await client.listTools(undefined, { timeout: 3_000 })
  const { isError } = await client.callTool({ name: 'good', arguments: {} }, { timeout: 1_500 })
  return isError === true ? 'failed result' : 'completed'
}

function transportTo(met: Met): Transport {
  if ('args' in met)
    return new StdioClientTransport({ command: process.execPath, args: [...met.args], stderr: 'ignore' })
  const url = new URL(met.url)
  return met.transport === 'sse' ? new SSEClientTransport(url) : new StreamableHTTPClientTransport(url)
}
