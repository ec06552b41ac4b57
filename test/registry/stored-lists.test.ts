import { describe, expect, it } from 'vitest'
import { inspect } from 'node:util'
import { memoryStorage } from 'mcp-integrations'
import { openGate, readNote, writeNote, type Gate } from '../support/gate.js'
import { ana, dump } from '../support/registry.js'
import { eventually } from '../support/eventually.js'

/** Writes to the stored list, past the registry. */
async function edit({ storage }: Gate, change: (text: string) => string): Promise<void> {
  for (const { workspaceId, key, value } of await dump(storage))
    if (key.startsWith('chunk/')) await storage.commit(workspaceId, [{ key, value: change(value as string) }])
}

const newProcess = (gate: Gate) => gate.another().actingAs(ana)

describe('a stored tool list', () => {
  it('has the same tools in the next process, whether a tool is printed, copied, sent or read', async () => {
    const gate = await openGate({
      tools: [{ ...readNote, title: 'Read', description: 'Reads\u200b a note.' }, writeNote],
    })
    const { tools } = await newProcess(gate).toolset('assistant')
    const seen = tools.map(({ integration: _integration, ...tool }) => tool)
    expect(seen).toMatchObject([
      {
        modelName: 'notes__read_note',
        name: 'read_note',
        title: 'Read',
        inputSchema: readNote.inputSchema,
        label: { value: 'read', source: 'server', believed: false },
      },
      { name: 'write_note', description: writeNote.description, inputSchema: writeNote.inputSchema },
    ])
    expect(seen[0]!.description).not.toContain('\u200b')
    const { title, description, inputSchema } = tools[0]!
    expect(JSON.parse(JSON.stringify(tools[0]))).toMatchObject({ title, description, inputSchema })
    expect(structuredClone(tools[0])).toMatchObject({ title, description, inputSchema })
    expect(inspect(tools[0], { depth: 9 })).toContain('Reads')
    expect(new Proxy(tools[0]!, {}).inputSchema).toBe(inputSchema)
    expect(Object.getPrototypeOf(tools[0])).toBe(Object.prototype)
    expect(Object.keys(tools[0]!).toSorted()).toEqual(Object.keys((await gate.toolset()).tools[0]!).toSorted())
  })

  it.each([
    ['is cut', (text: string) => text.slice(0, -1)],
    ['is longer', (text: string) => `${text}{}`],
    ['has no index', () => '[["hash",{"name":"read_note","inputSchema":{"type":"object"}}]]'],
    ['has another index', (text: string) => text.replace('"size":', '"length":')],
    ['is empty', () => ''],
  ])('that %s, because it was edited in the database, gives no tool and is listed again', async (_what, change) => {
    const gate = await openGate()
    const other = await gate.mine.connect({ url: gate.server.url, name: 'Other', agents: ['builder'] })
    await edit(gate, change)
    const mine = newProcess(gate)
    expect((await mine.toolset('assistant')).tools).toEqual([])
    await eventually(async () => expect((await mine.toolset('assistant')).tools).toHaveLength(2))
    expect((await newProcess(gate).toolset('assistant')).tools.map(({ name }) => name)).toEqual([
      'read_note',
      'write_note',
    ])
    expect((await newProcess(gate).tools(other.integration.id)).tools).toHaveLength(2)
  })

  it('with one damaged definition fails only where that definition is read', async () => {
    const gate = await openGate()
    await gate.mine.configureTools(gate.id, { read_note: { approval: 'auto' } })
    await edit(gate, (text) => text.replace('"Writes a note."', '"Writes a note.}'))
    const { tools, call } = await newProcess(gate).toolset('assistant')
    expect(tools.map(({ name }) => name)).toEqual(['read_note', 'write_note'])
    expect(tools[0]!.description).toBe('Reads a note.')
    expect(() => tools[1]!.description).toThrow(/definition of tool "write_note" can't be read/)
    expect(await call('notes__read_note', { id: '7' })).toMatchObject({ type: 'completed' })
    await expect(call('notes__write_note', { id: '7', text: 'x' })).rejects.toMatchObject({
      code: 'storage_incompatible',
    })
  })

  it('of very many characters is read with pauses while a toolset is made', async () => {
    const turnsOf = async (texts: number): Promise<number> => {
      const gate = await openGate({
        // Waiting for a database would be counted too.
        storage: memoryStorage(),
        tools: Array.from({ length: 30 }, (_, n) => ({ ...readNote, name: `t${n}`, description: 'x'.repeat(texts) })),
      })
      const mine = newProcess(gate)
      let turns = 0
      let isDone = false
      const count = (): void => {
        turns++
        if (!isDone) setImmediate(count)
      }
      setImmediate(count)
      await mine.toolset('assistant')
      isDone = true
      return turns
    }
    expect(await turnsOf(70_000)).toBeGreaterThan((await turnsOf(40_000)) + 10)
  })
})
