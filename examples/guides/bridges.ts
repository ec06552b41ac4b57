import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from './host.js'

const before = process.cwd()
process.chdir(mkdtempSync(join(tmpdir(), 'bridges-')))
process.env.CREDENTIALS_KEY = 'A'.repeat(43)

// #region setup
import Database from 'libsql'
import { encryptedCredentials, IntegrationRegistry } from 'mcp-integrations'
import { sqliteStorage } from 'mcp-integrations/sqlite'

const registry = new IntegrationRegistry({
  storage: sqliteStorage({ database: new Database('integrations.db') }),
  credentials: encryptedCredentials({ keys: [{ id: '2026-01', secret: process.env.CREDENTIALS_KEY! }] }), // openssl rand -base64 32
  agents: ['assistant'],
})
const mine = registry.actingAs({ workspaceId: 'acme', userId: 'ana' }) // whom your sign-in says
const toolset = await mine.toolset('assistant', { conversationId: 'chat-1' })
// #endregion

expect('nothing is connected yet', toolset.tools.length === 0)
await registry.close()
process.chdir(before)
