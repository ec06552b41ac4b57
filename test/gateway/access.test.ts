import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gatewayHandler } from 'mcp-integrations/gateway'
import { accessRows, columns, people } from '../support/access-table.js'
import { startMcpServer, type TestMcpServer } from '../support/mcp-server.js'
import { ana, makeRegistry } from '../support/registry.js'
import { clients, textOf } from './support.js'

let server: TestMcpServer
beforeAll(async () => (server = await startMcpServer()))
afterAll(() => server.close())

const row = accessRows.find(({ operation }) => operation === 'call a tool')!

describe.each(['private', 'workspace'] as const)('a tool of a %s integration', (visibility) => {
  it.each(columns.map((column, n) => [column, row[visibility][n]!] as const))(
    'is for the %s through the gateway as the access table says: %s',
    async (column, verdict) => {
      const registry = makeRegistry()
      const gateway = gatewayHandler(registry, { agent: 'assistant', actor: () => people[column] })
      const mine = registry.actingAs(ana)
      const { integration } = await mine.connect({ url: server.url, name: 'Notes', agents: ['assistant'], visibility })
      await mine.configureTools(integration.id, { read_note: { approval: 'auto' } })
      const client = await clients['2026-07-28'](gateway)
      const { tools } = await client.listTools()
      const call = await client.callTool({ name: 'notes__read_note', arguments: { id: '1' } })
      const unknown = await client.callTool({ name: 'nothing__at_all', arguments: {} })
      const allowed = verdict === 'A'
      expect(tools.map(({ name }) => name)).toEqual(allowed ? ['notes__read_note', 'notes__write_note'] : [])
      expect(call.isError ?? false).toBe(!allowed)
      if (allowed) expect(textOf(call)).toBe('note 1')
      else if (verdict === 'N')
        expect(textOf(call).replace('notes__read_note', 'x')).toBe(textOf(unknown).replace('nothing__at_all', 'x'))
      await gateway.close()
      await registry.close()
    },
  )
})
