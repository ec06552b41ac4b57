import { describe, expect, it } from 'vitest'
import { memoryStorage, type Connector, type ConnectResult, type RegistryStorage } from 'mcp-integrations'
import { later } from '../../support/gate.js'
import { ana } from '../../support/registry.js'
import { back, redirectUrl, startWorld, type World } from './support.js'

const query = (url: string) => new URL(url, 'http://localhost').searchParams

/** A second MCP server, whose authorization server sends people on to the first one's. */
async function attacker(victim: World): Promise<World> {
  const evil = await startWorld()
  evil.atAs.set('/authorize', ({ url }) => {
    const honest = new URL(`${victim.as.origin}/authorize`)
    for (const [name, value] of query(url)) honest.searchParams.set(name, value)
    return { status: 302, headers: { location: honest.href } }
  })
  return evil
}

/** Holds the commits of records under a prefix back until there are two. */
function whenBothCommit(storage: RegistryStorage, prefix: string): RegistryStorage {
  const both = later()
  let commits = 0
  return {
    ...storage,
    async commit(workspaceId, writes) {
      if (writes.some((write) => 'key' in write && write.key.startsWith(prefix) && write.ifVersion === null)) {
        if (++commits === 2) both.resolve()
        await both.promise
      }
      return storage.commit(workspaceId, writes)
    },
  }
}

describe('an authorization server that forwards the response of another (RFC 9700 4.4)', () => {
  it('gets no code: by default each has a separate redirect URI', async () => {
    const victim = await startWorld()
    const evil = await attacker(victim)
    const honest = await victim.mine.connect({ url: victim.url, name: 'Notes', agents: ['assistant'] })
    const begun = await victim.mine.connect({ url: evil.url, name: 'Evil', agents: ['assistant'] })
    if (begun.type !== 'authorization_required' || honest.type !== 'authorization_required')
      throw new Error('no sign-in')
    const uri = (of: { authorizationUrl: string }) => query(of.authorizationUrl).get('redirect_uri')
    expect(uri(begun)).not.toBe(uri(honest))
    // The honest server sends people only to the URI that was registered with it.
    const state = query(begun.authorizationUrl).get('state') ?? ''
    const answer = `${uri(honest)}&code=honest-code&state=${state}`
    await expect(victim.mine.finishConnect(answer)).rejects.toMatchObject({ reason: 'issuer_mismatch' })
    expect(evil.tokenRequests()).toEqual([])
  })

  it('the plain redirect URI is refused for a flow with a separate one', async () => {
    const world = await startWorld()
    world.atAs.set('/authorize', ({ url }) => {
      const asked = query(url)
      asked.set('redirect_uri', (asked.get('redirect_uri') ?? '').split('?')[0] ?? '')
      return { status: 302, headers: { location: back(asked, { code: 'x' }) } }
    })
    await expect(world.connected()).rejects.toMatchObject({ reason: 'issuer_mismatch' })
    expect(world.tokenRequests()).toEqual([])
  })
})

describe('our metadata document, which has one plain redirect URI', () => {
  const document = { oauth: { redirectUrl, clientName: 'x', clientMetadataUrl: 'https://app.example/client.json' } }
  const uriOf = (result: ConnectResult) =>
    result.type === 'authorization_required' ? query(result.authorizationUrl).get('redirect_uri') : undefined
  const worlds = async (): Promise<readonly [World, World]> => {
    const found = [await startWorld(), await startWorld()] as const
    for (const world of found) world.metadata['client_id_metadata_document_supported'] = true
    return found
  }

  it('serves one authorization server that does not send iss; the next one gets a separate URI', async () => {
    const [one, two] = await worlds()
    const mine = one.another(document).actingAs(ana)
    const connect = ({ url }: World) => mine.connect({ url, name: 'x', agents: ['assistant'] })
    expect(uriOf(await connect(one))).toBe(redirectUrl)
    expect(uriOf(await connect(one))).toBe(redirectUrl)
    expect(uriOf(await connect(two))).toMatch(`${redirectUrl}?mcp_as=`)
    two.metadata['registration_endpoint'] = undefined
    await expect(connect(two)).rejects.toMatchObject({ reason: 'redirect_uri_shared' })
    two.metadata['authorization_response_iss_parameter_supported'] = true
    expect(uriOf(await connect(two))).toBe(redirectUrl)
  })

  it('gives no code to one of two that begin at the same moment, and the other finishes', async () => {
    const [one, two] = await worlds()
    // They only have the document: neither registers clients.
    for (const world of [one, two]) world.metadata['registration_endpoint'] = undefined
    const storage = whenBothCommit(memoryStorage(), 'flow/')
    const mine = one.another({ ...document, storage }).actingAs(ana)
    const connect = ({ url }: World) => mine.connect({ url, name: 'x', agents: ['assistant'] })
    const begun = await Promise.all([connect(one), connect(two)])
    expect(begun.map(uriOf)).toEqual([redirectUrl, redirectUrl])
    const callbacks = [await one.browse(begun[0]), await two.browse(begun[1])] as const
    const refused = { reason: 'redirect_uri_shared' }
    await expect(mine.finishConnect(callbacks[0])).rejects.toMatchObject(refused)
    expect(one.tokenRequests()).toEqual([])
    // The same callback is no more accepted once the other has the URI for itself.
    await expect(mine.finishConnect(callbacks[0])).rejects.toMatchObject({ code: 'not_found' })
    expect(await mine.finishConnect(callbacks[1])).toMatchObject({ type: 'connected' })
    await expect(mine.reconnect(begun[0].integration.id)).rejects.toMatchObject(refused)
    expect(one.tokenRequests()).toEqual([])
  })

  it('is for all servers of the catalogue', async () => {
    const [one, two] = await worlds()
    const connectors = [one, two].map(({ url }, n): Connector => ({ id: `c${n}`, name: 'x', url, auth: 'oauth' }))
    const mine = one.another({ ...document, connectors }).actingAs(ana)
    for (const connector of ['c0', 'c1'])
      expect(uriOf(await mine.connect({ connector, agents: ['assistant'] }))).toBe(redirectUrl)
  })
})

describe('clients that were configured at one plain redirect URI', () => {
  const given = (world: World, name: string) => ({
    url: world.url,
    name,
    agents: ['assistant'] as const,
    oauth: { clientId: `client-of-${name}` },
  })

  it('keep it exactly, and are refused for a second issuer that does not say iss', async () => {
    const [one, two] = [await startWorld(), await startWorld()]
    const first = await one.mine.connect(given(one, 'one'))
    expect(first).toMatchObject({
      authorizationUrl: expect.stringContaining(encodeURIComponent('127.0.0.1:34567/callback&').slice(0, -3)),
    })
    await one.mine.connect({ ...given(one, 'again') })
    await expect(one.mine.connect(given(two, 'two'))).rejects.toMatchObject({
      reason: 'redirect_uri_shared',
      message: expect.stringContaining('{issuer}'),
    })
    two.metadata['authorization_response_iss_parameter_supported'] = true
    expect(await one.mine.connect(given(two, 'two'))).toMatchObject({ type: 'authorization_required' })
  })

  it('are fine where the host has {issuer} in its URL, and where its catalogue configured both', async () => {
    const [one, two] = [await startWorld(), await startWorld()]
    const perIssuer = one.another({
      oauth: { redirectUrl: 'http://127.0.0.1:34567/callback/{issuer}', clientName: 'x' },
    })
    const mine = perIssuer.actingAs({ workspaceId: 'other', userId: 'ana' })
    for (const world of [one, two])
      expect(await mine.connect(given(world, 'x'))).toMatchObject({ type: 'authorization_required' })
    const connector = (id: string, url: string): Connector => ({
      id,
      name: id,
      url,
      auth: { type: 'oauth', clientId: id },
    })
    const catalogue = one.another({ connectors: [connector('one', one.url), connector('two', two.url)] })
    for (const id of ['one', 'two'])
      expect(
        await catalogue
          .actingAs({ workspaceId: 'third', userId: 'ana' })
          .connect({ connector: id, agents: ['assistant'] }),
      ).toMatchObject({
        type: 'authorization_required',
      })
  })
})
