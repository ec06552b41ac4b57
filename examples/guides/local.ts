import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encryptedCredentials, IntegrationRegistry, memoryStorage } from 'mcp-integrations'
import { stdioServer } from 'mcp-integrations/stdio'
import { expect } from './host.js'

export async function localServers(): Promise<void> {
  // #region server
  // npm install @modelcontextprotocol/server-filesystem
  const folder = await mkdtemp(join(tmpdir(), 'mcp-files-'))
  await writeFile(join(folder, 'hello.txt'), 'hello')
  const program = createRequire(import.meta.url).resolve('@modelcontextprotocol/server-filesystem/dist/index.js')
  // #endregion
  // #region local
  const files = stdioServer({ command: process.execPath, args: [program, folder] })
  const registry = new IntegrationRegistry({
    storage: memoryStorage(),
    credentials: encryptedCredentials({ keys: [{ id: '2026-01', secret: new Uint8Array(32).fill(1) }] }), // yours
    agents: ['assistant'],
    connectors: [{ id: 'files', name: 'Files', local: files, auth: 'none' }],
  })
  const mine = registry.actingAs({ workspaceId: 'acme', userId: 'ana' })
  await mine.connect({ connector: 'files', agents: ['assistant'] })
  // #endregion
  const toolset = await mine.toolset('assistant', { confirm: () => 'approve' })
  const outcome = await toolset.call('files__read_text_file', { path: join(folder, 'hello.txt') })
  expect('it reads the file', outcome.type === 'completed' && outcome.result.isError !== true)
  await registry.close()
  await rm(folder, { recursive: true, force: true })
}
