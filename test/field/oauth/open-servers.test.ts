import { describe, expect, it } from 'vitest'
import { noteOf, startWorld } from './support.js'

const open = async () => {
  const world = await startWorld()
  world.wants = 'calls'
  return world
}
const where = (world: { url: string }) => ({ url: world.url, name: 'Notes', agents: ['assistant'] as const })

describe('a server that is open at first (nsflow#245, dify#36230)', () => {
  it.each([{}, { clientId: 'mine' }, { scopes: ['read'] }])('is signed in to by who asks for it: %j', async (oauth) => {
    const world = await open()
    await world.connected({ oauth })
    expect(await world.call()).toMatchObject(noteOf('ana'))
  })

  it('is signed in to by reconnect, before and after a call has failed', async () => {
    const world = await open()
    const { integration } = await world.mine.connect({ ...where(world) })
    expect(integration.status).toBe('connected')
    const early = await world.mine.reconnect(integration.id, { scopes: ['read'] })
    expect(early).toMatchObject({ type: 'authorization_required' })
    await world.mine.finishConnect(await world.browse(early))
    expect(await world.call()).toMatchObject(noteOf('ana'))
  })

  it('stays as a call has found it, whatever a check of the list says', async () => {
    const world = await open()
    const { integration } = await world.mine.connect({ ...where(world) })
    expect(await world.call()).toMatchObject({ type: 'authorization_required' })
    expect(await world.mine.validate(integration.id)).toMatchObject({ integration: { status: 'reconnect_required' } })
    expect(
      await world.another().actingAs({ workspaceId: 'acme', userId: 'ana' }).validate(integration.id),
    ).toMatchObject({
      integration: { status: 'reconnect_required', statusDetail: { action: 'reconnect' } },
    })
    await world.mine.finishConnect(await world.browse(await world.mine.reconnect(integration.id)))
    expect(await world.mine.validate(integration.id)).toMatchObject({ integration: { status: 'connected' } })
  })

  it('connects without a sign-in when it publishes no metadata and requires none', async () => {
    const world = await startWorld()
    world.wants = 'none'
    world.named = undefined
    const { integration, type } = await world.mine.connect({ ...where(world), oauth: {} })
    expect({ type, status: integration.status }).toEqual({ type: 'connected', status: 'connected' })
    expect(await world.mine.reconnect(integration.id)).toMatchObject({ type: 'connected' })
    expect(await world.call()).toMatchObject(noteOf('nobody'))
  })
})

describe('headers together with OAuth (pi-mcp-adapter#530)', () => {
  it.each(['CF-Access-Client-Secret', 'X-Tenant-Key', 'X-Auth-Hint'])(
    '%s is sent, and so is the token',
    async (name) => {
      const world = await startWorld()
      const begun = await world.mine.connect({ ...where(world), headers: { [name]: 'x' }, oauth: {} })
      await world.mine.finishConnect(await world.browse(begun))
      expect(await world.call()).toMatchObject(noteOf('ana'))
      const sent = world.mcp.requests.filter(({ body }) => body.includes('tools/call'))
      expect(sent.map(({ headers }) => headers[name.toLowerCase()])).toEqual(['x'])
      expect(sent[0]!.headers.authorization).toMatch(/^Bearer at-/)
    },
  )

  it('Authorization wins, and is never replaced by a sign-in', async () => {
    const world = await startWorld()
    const refused = world.mine.connect({ ...where(world), headers: { Authorization: 'Basic x' }, oauth: {} })
    await expect(refused).rejects.toMatchObject({ reason: 'credential_rejected' })
    world.wants = 'none'
    const kept = await world.mine.connect({ ...where(world), headers: { Authorization: 'Basic x' }, oauth: {} })
    expect(kept).toMatchObject({ type: 'connected', integration: { auth: 'header' } })
  })

  it('a key stands for the credential where nothing else is asked for', async () => {
    const world = await startWorld()
    const refused = world.mine.connect({ ...where(world), headers: { 'X-Api-Key': 'x' } })
    await expect(refused).rejects.toMatchObject({ reason: 'credential_rejected' })
  })
})
