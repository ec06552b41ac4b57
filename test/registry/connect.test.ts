import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { IntegrationRegistry } from 'mcp-integrations'
import { ana, makeRegistry, type TestAgent } from '../support/registry.js'
import { startMcpServer, type TestMcpServer } from '../support/mcp-server.js'

let server: TestMcpServer
let registry: IntegrationRegistry<TestAgent>

beforeEach(async () => {
  server = await startMcpServer()
  registry = makeRegistry()
})
afterEach(async () => {
  await registry.close()
  await server.close()
})

describe('connect', () => {
  it('connects a custom server and offers its tools to the agents named', async () => {
    const mine = registry.actingAs(ana)
    const result = await mine.connect({ url: server.url, name: 'Notes', agents: ['assistant'] })
    expect(result.type).toBe('connected')
    expect(result.integration).toMatchObject({
      name: 'Notes',
      handle: 'notes',
      status: 'connected',
      tools: { total: 2 },
      visibility: 'private',
      enabled: true,
      agents: ['assistant'],
    })
    expect(await mine.list()).toEqual([result.integration])
    const toolset = await mine.toolset('assistant')
    expect(toolset.tools.map(({ modelName }) => modelName)).toEqual(['notes__read_note', 'notes__write_note'])
    const other = await mine.toolset('builder')
    expect(other.tools).toEqual([])
    expect(other.unavailable).toEqual([
      {
        integration: { id: result.integration.id, name: 'Notes', handle: 'notes', origin: result.integration.origin },
        reason: 'agent_not_allowed',
      },
    ])
  })

  it('asks before it calls a tool of a server that is not trusted', async () => {
    const mine = registry.actingAs(ana)
    await mine.connect({ url: server.url, name: 'Notes', agents: ['assistant'] })
    const asked: string[] = []
    const toolset = await mine.toolset('assistant', {
      confirm: (request) => {
        asked.push(`${request.tool.name} ${request.rule} ${request.display.text}`)
        return 'approve'
      },
    })
    const outcome = await toolset.call('notes__read_note', { id: '7' })
    expect(outcome).toMatchObject({ type: 'completed', result: { content: [{ type: 'text', text: 'note 7' }] } })
    expect(asked).toEqual(['read_note untrusted {\n  "id": "7"\n}'])
    expect(server.calls('read_note')).toHaveLength(1)
  })
})
