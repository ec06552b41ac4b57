import { describe, expect, it } from 'vitest'
import { openGate, readNote, writeNote } from '../support/gate.js'
import { ana } from '../support/registry.js'

describe('what was looked at', () => {
  it('refuses tool settings that were based on an outdated revision', async () => {
    const { mine, id } = await openGate()
    const { revision } = await mine.tools(id)
    await mine.configureTools(id, { read_note: { enabled: false } }, { ifRevision: revision })
    await expect(
      mine.configureTools(id, { read_note: { enabled: true } }, { ifRevision: revision }),
    ).rejects.toMatchObject({ code: 'conflict' })
    expect((await mine.tools(id)).tools.find(({ name }) => name === 'read_note')).toMatchObject({ enabled: false })
  })

  it('refuses a label for a definition that the person has not seen', async () => {
    const { mine, id, server } = await openGate()
    const { revision } = await mine.tools(id)
    await server.setTools([readNote, { ...writeNote, description: 'Writes, and tells everybody.' }])
    await mine.refreshTools(id)
    await expect(
      mine.configureTools(id, { write_note: { label: 'read' } }, { ifRevision: revision }),
    ).rejects.toMatchObject({ code: 'conflict' })
  })

  it('stays the same while nothing changes', async () => {
    const { mine, id } = await openGate()
    const { revision } = await mine.tools(id)
    expect((await mine.refreshTools(id)).revision).toBe(revision)
  })

  it('keeps trust from an integration that was edited meanwhile', async () => {
    const { mine, id, as } = await openGate({ connect: { visibility: 'workspace' } })
    const admin = as({ ...ana, userId: 'root', role: 'admin' })
    const { revision } = await admin.get(id)
    await mine.update(id, { name: 'Others' })
    await expect(admin.trust(id, true, { ifRevision: revision })).rejects.toMatchObject({ code: 'conflict' })
    expect(await admin.trust(id, true, { ifRevision: revision + 1 })).toMatchObject({ trusted: true })
  })
})

describe('the list of integrations', () => {
  it('finds by words of name, handle and origin, and goes on after a page', async () => {
    const { mine, server } = await openGate()
    for (const name of ['Mail of Ana', 'Mail of Bo', 'Calendar'])
      await mine.connect({ url: server.url, name, agents: ['assistant'] })
    const names = async (options: Parameters<typeof mine.list>[0]) => (await mine.list(options)).map(({ name }) => name)
    expect(await names({ search: 'MAIL' })).toEqual(['Mail of Ana', 'Mail of Bo'])
    expect(await names({ search: 'bo mail' })).toEqual(['Mail of Bo'])
    const [first] = await mine.list({ limit: 1 })
    expect(await names({ limit: 2, after: first!.id })).toEqual(['Mail of Ana', 'Mail of Bo'])
    await expect(mine.list({ after: 'unknown' })).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(mine.list({ limit: 0 })).rejects.toMatchObject({ code: 'invalid_input' })
  })

  it('shows what needs attention', async () => {
    const { mine, id, server } = await openGate()
    expect(await mine.list({ attention: true })).toEqual([])
    server.respondWith(() => new Response(null, { status: 503 }))
    await mine.validate(id)
    expect(await mine.list({ attention: true })).toMatchObject([{ id, status: 'error' }])
    await mine.disable(id)
    expect(await mine.list({ attention: true })).toEqual([])
  })

  it('names the agents', async () => {
    const { mine } = await openGate()
    expect(await mine.agents()).toEqual([{ id: 'assistant' }, { id: 'builder' }])
  })
})
