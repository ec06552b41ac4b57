import { ToolMessage } from '@langchain/core/messages'
import { describe, expect, it } from 'vitest'
import { langchainTools, type LangChainToolsOptions } from 'mcp-integrations/langchain'
import { bench, person, readNote, type Bench } from './bench.js'

/** What a graph makes of one call. */
async function messageOf(host: Bench, name: string, args: object, options: LangChainToolsOptions = {}) {
  const toolset = await host.mine.toolset('assistant', { confirm: person('deny') })
  const tool = langchainTools(toolset, options).find((one) => one.name === name)!
  const message: unknown = await tool.invoke({ type: 'tool_call', id: 'call_1', name, args } as never)
  if (!ToolMessage.isInstance(message)) throw new Error('It should be a message.')
  return message
}

describe('a toolset as tools of LangChain', () => {
  it('runs a tool, with the outcome as the artifact', async () => {
    await using host = await bench()
    for (let run = 0; run < 2; run++) {
      const message = await messageOf(host, 'notes__read_note', { id: 'a' })
      expect(message).toMatchObject({ content: 'note a', artifact: { type: 'completed' } })
      expect(message.status).not.toBe('error')
    }
  })

  it('marks failed and denied calls as failed', async () => {
    await using host = await bench([
      { ...readNote, run: () => ({ content: [{ type: 'text', text: 'no such note' }], isError: true }) },
      { name: 'write_note' },
    ])
    expect(await messageOf(host, 'notes__read_note', {})).toMatchObject({ status: 'error', content: 'no such note' })
    expect(await messageOf(host, 'notes__write_note', {})).toMatchObject({
      status: 'error',
      artifact: { type: 'not_run', because: 'denied' },
    })
    expect(host.server.calls.has('write_note')).toBe(false)
  })

  it('leaves the check of arguments to the gate, which runs no regular expression of a server', async () => {
    const schema = { type: 'object', properties: { id: { type: 'string', pattern: '^(a+)+$' } } } as const
    await using host = await bench([{ ...readNote, inputSchema: schema }])
    const id = `${'a'.repeat(60)}!`

    expect(await messageOf(host, 'notes__read_note', { id })).toMatchObject({ content: `note ${id}` })
    const [tool] = langchainTools(await host.mine.toolset('assistant'))
    expect(tool!.schema).toEqual(schema)
  })

  it('shows audio only to a model that hears it', async () => {
    await using host = await bench([
      { ...readNote, run: () => ({ content: [{ type: 'audio', data: 'AAAA', mimeType: 'audio/wav' }] }) },
    ])
    expect((await messageOf(host, 'notes__read_note', {})).content).toBe("[audio/wav, 3 bytes: can't be shown here]")
    const { content } = await messageOf(host, 'notes__read_note', {}, { takes: () => true })
    expect(content).toEqual([{ type: 'audio', source_type: 'base64', mime_type: 'audio/wav', data: 'AAAA' }])
  })
})
