import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { describe, expect, it } from 'vitest'
import {
  claudeAgentTools,
  type ClaudeAgentPermission,
  type ClaudeAgentToolsOptions,
} from 'mcp-integrations/claude-agent-sdk'
import { bench, person, readNote, type Bench } from './bench.js'

const call = { toolUseID: 'toolu_1', mcpServer: { name: 'tools', source: 'sdk' } }
const ask = (answer: ClaudeAgentPermission | null) => async () => answer

/** The server as the SDK's own client meets it. */
async function connected(host: Bench, options: ClaudeAgentToolsOptions = {}) {
  const toolset = await host.mine.toolset('assistant', { confirm: person('approve'), conversationId: 'chat' })
  const ours = claudeAgentTools(toolset, options)
  const [own, theirs] = InMemoryTransport.createLinkedPair()
  await ours.mcpServers.tools!.instance.connect(theirs)
  const client = new Client({ name: 'claude', version: '1.0.0' })
  await client.connect(own)
  const write = (text: string, id = 'toolu_1') =>
    client.callTool({
      name: 'notes__write_note',
      arguments: { text },
      _meta: { 'claudecode/toolUseId': id },
    })
  return { ours, client, write }
}

describe('the server for the Claude Agent SDK', () => {
  it('lists tools as their servers describe them', async () => {
    await using host = await bench()
    const { client } = await connected(host)
    const { tools } = await client.listTools()
    expect(tools).toMatchObject([
      { name: 'notes__read_note', description: 'Reads a note.', inputSchema: readNote.inputSchema },
      { name: 'notes__write_note' },
    ])
  })

  it('passes results on as they came', async () => {
    const result = { content: [{ type: 'audio', data: 'AAAA', mimeType: 'audio/wav' }], structuredContent: { a: 1 } }
    await using host = await bench([{ ...readNote, run: () => result }])
    const { client } = await connected(host)
    expect(await client.callTool({ name: 'notes__read_note' })).toMatchObject(result)
  })

  it("never runs a call without an approval, whatever a host's callback returns", async () => {
    await using host = await bench()
    const { write } = await connected(host, { approval: 'native' })
    expect(await write('x')).toMatchObject({ isError: true })
    expect(host.server.calls.size).toBe(0)
  })

  it.each<[string, ClaudeAgentPermission | null, string, boolean]>([
    ['runs what was allowed', { behavior: 'allow' }, 'x', true],
    ['runs the arguments that were allowed', { behavior: 'allow', updatedInput: { text: 'edited' } }, 'edited', true],
    ['runs no other arguments', { behavior: 'allow', updatedInput: { text: 'edited' } }, 'x', false],
    ['runs nothing that was denied', { behavior: 'deny', message: 'No.' }, 'x', false],
    ['runs nothing that is undecided', null, 'x', false],
  ])('%s', async (_what, answer, text, runs) => {
    await using host = await bench()
    const { ours, write } = await connected(host, { approval: 'native' })
    await ours.canUseTool(ask(answer))('mcp__tools__notes__write_note', { text: 'x' }, call)
    await write(text)
    expect(host.server.calls.get('write_note')).toBe(runs ? 1 : undefined)
    await write(text, 'toolu_2')
    expect(host.server.calls.get('write_note')).toBe(runs ? 1 : undefined)
  })

  it('does not ask about calls that run, and leaves other tools to the host', async () => {
    await using host = await bench()
    const { ours } = await connected(host, { approval: 'native' })
    const canUseTool = ours.canUseTool(ask({ behavior: 'deny', message: 'theirs' }))
    expect(await canUseTool('mcp__tools__notes__read_note', { id: 'a' }, call)).toMatchObject({ behavior: 'allow' })
    const foreign = { ...call, mcpServer: { name: 'tools', source: 'user' } }
    expect(await canUseTool('mcp__tools__notes__read_note', { id: 'a' }, foreign)).toMatchObject({ message: 'theirs' })
    expect(await canUseTool('Bash', { command: 'ls' }, { toolUseID: 't' })).toMatchObject({ message: 'theirs' })
  })

  it('keeps names within 64 characters together with its own, and apart', async () => {
    const long = ['a', 'b'].map((end) => ({ ...readNote, name: `${'x'.repeat(56)}${end}` }))
    await using host = await bench(long)
    const { client } = await connected(host)
    const { tools } = await client.listTools()
    expect(new Set(tools.map(({ name }) => name)).size).toBe(2)
    expect(tools.every(({ name }) => `mcp__tools__${name}`.length <= 64)).toBe(true)
    expect(await client.callTool({ name: tools[1]!.name, arguments: { id: '1' } })).toMatchObject({
      content: [{ text: 'note 1' }],
    })
    expect(host.server.calls).toEqual(new Map([[`${'x'.repeat(56)}b`, 1]]))
  })
})
