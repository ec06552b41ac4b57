import { randomBytes } from 'node:crypto'
import { startServerProcess } from '../support/server-process.js'
import { expect } from './host.js'

const everything = await startServerProcess({
  script: '@modelcontextprotocol/server-everything/dist/index.js',
  args: () => ['streamableHttp'],
  env: (port) => ({ PORT: String(port) }),
})
process.env['MCP_URL'] = `http://127.0.0.1:${everything.port}/mcp`
process.env['MCP_KEY'] = randomBytes(32).toString('base64')

// #region registry
import Database from 'libsql'
import { encryptedCredentials, IntegrationRegistry } from 'mcp-integrations'
import { sqliteStorage } from 'mcp-integrations/sqlite'

const registry = new IntegrationRegistry({
  storage: sqliteStorage({ database: new Database(':memory:') }), // a file's name keeps everything
  credentials: encryptedCredentials({ keys: [{ id: '2026-01', secret: process.env['MCP_KEY'] ?? '' }] }),
  agents: ['assistant', 'builder'],
  egress: { allowLoopback: true }, // for development: servers on this machine
})
// #endregion

// #region connect
const ana = { workspaceId: 'acme', userId: 'ana' } // whoever your session says
const mine = registry.actingAs(ana)
const { integration } = await mine.connect({
  url: process.env['MCP_URL'] ?? 'http://127.0.0.1:3001/mcp',
  name: 'Everything',
  agents: ['assistant', 'builder'],
})
console.log(`  ${integration.name} is ${integration.status}: ${integration.tools.total} tools`)
// #endregion
expect('it is connected', integration.status === 'connected' && integration.tools.total > 5)

// #region settings
await mine.configureTools(integration.id, {
  echo: { approval: 'auto' }, // runs without asking
  'get-sum': { approval: 'ask' }, // asks every time
  'get-env': { enabled: false }, // not needed here
  'get-tiny-image': { agents: ['builder'] }, // not for assistant
})
// #endregion

// #region call
const toolset = await mine.toolset('assistant', {
  conversationId: 'chat-1',
  confirm: ({ agentId, tool, display }) => {
    console.log(`  ${agentId} wants to run ${tool.name}: ${display.text}`) // your product asks a person here
    return 'approve'
  },
})
const echoed = await toolset.call('everything__echo', { message: 'Hello' })
const sum = await toolset.call('everything__get-sum', { a: 1, b: 2 }) // asks first
console.log(echoed.type, sum.type === 'completed' ? sum.result.content : sum.modelText)
// #endregion
expect('both ran', echoed.type === 'completed' && sum.type === 'completed')
expect(
  'what is off is missing',
  toolset.tools.every(({ name }) => name !== 'get-env' && name !== 'get-tiny-image'),
)

// #region end
await registry.close()
// #endregion
await everything.stop()
