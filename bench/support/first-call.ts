/** A process of its own that makes one call, as after a restart: how long that takes, in ms. Loading is not counted. */
import { Client, StreamableHTTPClientTransport, type DiscoverResult, type Tool } from '@modelcontextprotocol/client'
import Database from 'libsql'
import { sqliteStorage } from 'mcp-integrations/sqlite'
import { actor, openRegistry } from './host.js'

const [who, where = '', known = '{}'] = process.argv.slice(2)
// What the library loads with the first call that needs it. Node's `fetch`, which the plain client uses, is part of Node.
process.getBuiltinModule('node:http')
process.getBuiltinModule('node:crypto')
await Promise.all([
  import('../../src/egress/connect.node.js'),
  import('../../src/egress/guarded-fetch.js'),
  import('../../src/mcp/connection-pool.js'),
  import('../../src/mcp/live-connection.js'),
  import('../../src/registry/gate/call.js'),
])
if (who !== undefined) {
  const started = performance.now()
  await (who === 'plain' ? plainly() : gated())
  process.send?.({ ms: performance.now() - started })
  process.disconnect()
}
// The plain client's sockets would keep the process for a while.
setImmediate(() => process.exit())

async function plainly(): Promise<void> {
  const { tool, discover, sessionId, protocolVersion } = JSON.parse(known) as {
    readonly tool: Tool
    readonly discover?: DiscoverResult
    readonly sessionId?: string
    readonly protocolVersion?: string
  }
  const client = new Client({ name: 'bench', version: '1.0.0' })
  const transport = new StreamableHTTPClientTransport(new URL(where), { sessionId, protocolVersion })
  await client.connect(transport, {
    prior: discover === undefined ? { kind: 'legacy' } : { kind: 'modern', discover },
  })
  const { content } = await client.callTool({ name: 'read_0', arguments: { text: 'hello' } }, { toolDefinition: tool })
  expectAnswer(content)
}

async function gated(): Promise<void> {
  const registry = openRegistry(sqliteStorage({ database: new Database(where) }), {})
  const toolset = await registry.actingAs(actor).toolset('assistant')
  const { modelName } = toolset.tools.find(({ name, integration }) => name === 'read_0' && integration.name === 's7')!
  const outcome = await toolset.call(modelName, { text: 'hello' })
  if (outcome.type !== 'completed') throw new Error(`expected a result, got ${outcome.type}`)
  expectAnswer(outcome.result.content)
}

function expectAnswer(content: unknown): void {
  if (!JSON.stringify(content).includes('hello')) throw new Error('expected what was sent')
}
