import { describe, expect, it } from 'vitest'
import { acceptNow, openGate, readNote, writeNote } from '../support/gate.js'
import { ana } from '../support/registry.js'

describe('the counts of an integration', () => {
  it('say how many tools there are, are on, and ask', async () => {
    const { mine, id, as } = await openGate({ connect: { visibility: 'workspace' } })
    expect((await mine.get(id)).tools).toEqual({ total: 2, enabled: 2, ask: 2, changed: 0, held: 0 })
    await mine.configureTools(id, { read_note: { approval: 'auto' }, write_note: { enabled: false } })
    expect((await mine.get(id)).tools).toEqual({ total: 2, enabled: 1, ask: 0, changed: 0, held: 0 })
    await mine.configureTools(id, { read_note: { approval: 'default' } })
    await as({ ...ana, userId: 'root', role: 'admin' }).trust(id, true)
    expect((await mine.get(id)).tools).toMatchObject({ enabled: 1, ask: 0 })
  })

  it.each([
    ['ask', 0],
    ['hold', 1],
  ] as const)('count what is to be reviewed where changes %s', async (onToolChange, held) => {
    const { mine, id, server } = await openGate({ approvals: { onToolChange } })
    await server.setTools([readNote, { ...writeNote, description: 'Another.', inputSchema: { type: 'object' } }])
    await mine.refreshTools(id)
    expect((await mine.list())[0]!.tools).toMatchObject({ total: 2, changed: 1, held })
    expect(await mine.list({ attention: true })).toHaveLength(1)
    await acceptNow(mine, id, ['write_note'])
    expect((await mine.get(id)).tools).toMatchObject({ changed: 0, held: 0 })
    expect(await mine.list({ attention: true })).toEqual([])
  })

  it.each(['modern', 'legacy'] as const)('come with what a %s server says of itself', async (era) => {
    const { mine, id } = await openGate({ era })
    const server = { name: 'test-server', version: '1.0.0' }
    expect((await mine.get(id)).server).toEqual(server)
    await mine.validate(id)
    expect((await mine.list())[0]!.server).toEqual(server)
  })
})
