/**
 * A complete small host on this machine: a chat with two agents, Settings → MCP Integrations and the approvals inbox,
 * three MCP servers of other authors. `--check` plays the whole story in Chromium instead, and keeps screenshots.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { startServerProcess } from '../support/server-process.js'
import { buildChatScript } from './build-page.js'
import { playStory } from './check.js'
import { openHost } from './host.js'

const isCheck = process.argv.includes('--check')
process.once('SIGINT', () => process.exit(130))
console.log('Starting three MCP servers of other authors …')
const servers = await Promise.all([
  startServerProcess({
    script: '@modelcontextprotocol/server-everything/dist/index.js',
    args: () => ['streamableHttp'],
    env: (port) => ({ PORT: String(port) }),
  }),
  startServerProcess({
    script: '@upstash/context7-mcp/dist/index.js',
    args: (port) => ['--transport', 'http', '--port', String(port)],
  }),
  startServerProcess({
    script: '@cyanheads/git-mcp-server/dist/index.js',
    args: () => [],
    env: (port) => ({ MCP_TRANSPORT_TYPE: 'http', MCP_HTTP_PORT: String(port), MCP_HTTP_HOST: '127.0.0.1' }),
  }),
])
const [everything, context7, git] = servers.map(({ port }) => `http://127.0.0.1:${port}/mcp`) as [
  string,
  string,
  string,
]
const folder = await mkdtemp(join(tmpdir(), 'mcp-host-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

const host = openHost({
  file: join(folder, 'host.db'),
  encryptionKey: randomBytes(32).toString('base64'),
  connectors: [
    { id: 'everything', name: 'Everything', description: 'One of each kind of tool', url: everything, auth: 'none' },
    { id: 'context7', name: 'Context7', description: 'Documentation of libraries', url: context7, auth: 'none' },
  ],
  script: await buildChatScript(),
})
const server = createServer(getRequestListener(host.fetch, { overrideGlobalObjects: false })).listen(
  Number(process.env['PORT'] ?? (isCheck ? 0 : 4321)),
  '127.0.0.1',
)
await once(server, 'listening')
const url = `http://localhost:${(server.address() as AddressInfo).port}`

if (isCheck) {
  const passed = await playStory({ url, git: process.env['SKIP_GIT'] ? context7 : git })
  server.closeAllConnections()
  server.close()
  await host.close()
  await Promise.all(servers.map((one) => one.stop()))
  process.exit(passed ? 0 : 1)
}
console.log(`
Chat          ${url}
Integrations  ${url}/mcp
A custom server to connect: ${git}

Ctrl+C ends everything; nothing is kept.`)
