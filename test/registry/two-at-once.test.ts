import { afterEach, describe, expect, it } from 'vitest'
import type { ActorIntegrations, IntegrationRegistry } from 'mcp-integrations'
import { ask, openGate, type Gate } from '../support/gate.js'
import { heldStorage, writing, type HeldStorage } from '../support/held-storage.js'
import { startOAuthBench, type OAuthBench } from '../support/oauth-registry.js'
import { ana, bo, dump, type TestAgent } from '../support/registry.js'

/** What two processes do at the same moment: one is held before one of its operations on the storage. */

type Registry = IntegrationRegistry<TestAgent>

/** Settings with which the account of a sign-in is known. */
const openid = { oauth: { scopes: ['openid', 'mcp:read'] } }
/** More operations than any verb has. */
const many = 60

let bench: OAuthBench | undefined
afterEach(async () => {
  await bench?.close()
  bench = undefined
})

/** Another process, and what holds it. */
function heldProcess(of: OAuthBench): HeldStorage & { readonly registry: Registry } {
  const held = heldStorage(of.storage)
  return { ...held, registry: of.another({ storage: held.storage }) }
}

const kept = async (of: OAuthBench, what: RegExp): Promise<readonly string[]> =>
  (await dump(of.storage)).map(({ key }) => key).filter((key) => what.test(key))

/**
 * Begins one verb, which is held, runs the other up to its n-th operation, and ends both: the first one first.
 *
 * @returns whether the other one ended before it came to that operation
 */
async function interleaved(
  first: { readonly process: HeldStorage; readonly at: Parameters<HeldStorage['holdBefore']>[0] },
  verb: () => Promise<unknown>,
  second: HeldStorage,
  n: number,
  other: () => Promise<unknown>,
): Promise<boolean> {
  const one = first.process.holdBefore(first.at)
  const begun = verb().catch((error: unknown) => error)
  await Promise.race([
    one.reached,
    begun.then((ended) => Promise.reject(new Error(`ended too early: ${String(ended)}`))),
  ])
  const two = second.holdBefore(({ number }) => number === n)
  const running = other()
  const wasWhole = await Promise.race([two.reached.then(() => false), running.then(() => true)])
  one.release()
  await begun
  two.release()
  await running
  return wasWhole
}

describe('a sign-in that is being finished, whenever the tokens are stored', () => {
  it.each<[string, (registry: Registry, id: string) => Promise<unknown>]>([
    ['signs out', (registry, id) => registry.actingAs(bo).signOut(id)],
    ['is forgotten', (registry) => registry.forgetUser(bo)],
  ])('leaves no tokens of a person who %s meanwhile', async (_what, leave) => {
    const its = (bench = await startOAuthBench())
    const id = await its.connected({ visibility: 'workspace', credentials: 'per_user' })
    const [finishing, leaving] = [heldProcess(its), heldProcess(its)]
    let wasWhole = false
    for (let n = 0; !wasWhole && n < many; n++) {
      const mine = finishing.registry.actingAs(bo)
      const callback = await its.signIn(await mine.authorize(id))
      wasWhole = await interleaved(
        { process: finishing, at: writing('credential/') },
        () => mine.finishConnect(callback),
        leaving,
        n,
        () => leave(leaving.registry, id),
      )
      expect(await kept(its, /^(?:credential|unrevoked)\/.*\/bo/), `at operation ${n}`).toEqual([])
    }
    expect(wasWhole).toBe(true)
  })

  it('leaves none, either, of a person who is forgotten while it begins and ends', async () => {
    const its = (bench = await startOAuthBench())
    const id = await its.connected({ visibility: 'workspace', credentials: 'per_user' })
    const leaving = heldProcess(its)
    const mine = its.registry.actingAs(bo)
    let wasWhole = false
    for (let n = 0; !wasWhole && n < many; n++) {
      const callback = await its.signIn(await mine.authorize(id))
      const at = leaving.holdBefore(({ number }) => number === n)
      const running = leaving.registry.forgetUser(bo)
      wasWhole = await Promise.race([at.reached.then(() => false), running.then(() => true)])
      await mine.finishConnect(callback).catch((error: unknown) => expect(error).toMatchObject({ code: 'not_found' }))
      at.release()
      await running
      expect(await kept(its, /^credential\/.*\/bo/), `at operation ${n}`).toEqual([])
    }
    expect(wasWhole).toBe(true)
  })
})

describe('two sign-ins of one integration at the same moment', () => {
  it('with different accounts end the approvals of the account between', async () => {
    const its = (bench = await startOAuthBench({ registry: { confirm: undefined } }))
    const id = await its.connected(openid)
    const mine = its.registry.actingAs(ana)
    const late = heldProcess(its)
    // The account that is signed in, from another tab.
    const same = await its.signIn(await mine.reconnect(id))
    its.authorizationServer.person.account = 'another'
    const other = await its.signIn(await mine.reconnect(id))

    const held = late.holdBefore(writing('credential/'))
    const finishing = late.registry.actingAs(ana).finishConnect(same)
    await held.reached
    await mine.finishConnect(other)
    const toolset = await mine.toolset('assistant')
    const approval = await ask(toolset, { id: '7', text: 'x' })
    await mine.approvals.decide(approval.approvalId, { decision: 'approve' })
    held.release()
    await finishing
    expect(await toolset.resume(approval.approvalId)).toMatchObject({ type: 'not_run', because: 'superseded' })
  })
})

describe('an approval that is asked for while the person signs out', () => {
  it('is not used with the next account', async () => {
    const its = (bench = await startOAuthBench({ registry: { confirm: undefined } }))
    const id = await its.connected({ ...openid, visibility: 'workspace', credentials: 'per_user' })
    const mine = its.registry.actingAs(ana)
    const leaving = heldProcess(its)
    const toolset = await mine.toolset('assistant')
    const held = leaving.holdBefore(writing('status/'))
    const signingOut = leaving.registry.actingAs(ana).signOut(id)
    await held.reached
    const approval = await ask(toolset, { id: '7', text: 'x' })
    held.release()
    await signingOut
    await mine.approvals.decide(approval.approvalId, { decision: 'approve' })
    its.authorizationServer.person.account = 'another'
    await mine.finishConnect(await its.signIn(await mine.authorize(id)))
    expect(await toolset.resume(approval.approvalId)).toMatchObject({ type: 'not_run', because: 'superseded' })
    expect(its.server.seen.filter(({ rpc }) => rpc === 'tools/call')).toEqual([])
  })
})

const machine = {
  client_id: 'machine',
  client_secret: 'a-secret-of-the-host-0123456789-0123456789',
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: ['client_credentials'],
  response_types: [],
  redirect_uris: [],
  scope: 'mcp:read',
}

describe('a reconnect while the integration is transferred', () => {
  it.each([
    [
      'with a grant of the machine',
      { clientId: 'machine', clientSecret: machine.client_secret, grant: { type: 'client_credentials' } },
    ],
    ['with a person', undefined],
  ])('%s gives the new owner nothing of the former one', async (_how, oauth) => {
    const its = (bench = await startOAuthBench({ authorizationServer: { clients: [machine] } }))
    const id = await its.connected({ oauth })
    const reconnecting = heldProcess(its)
    const held = reconnecting.holdBefore(writing(oauth === undefined ? 'flow/' : 'credential/'))
    const begun = reconnecting.registry.actingAs(ana).reconnect(id)
    await Promise.race([held.reached, begun])
    await its.registry.actingAs(ana).transferOwner(id, 'bo')
    held.release()
    await expect(begun).rejects.toMatchObject({ code: 'not_found' })
    expect(await kept(its, /^(?:credential|client|flow|status)\//)).toEqual([])
  })
})

describe('a verb that is held before its commit', () => {
  /** An integration in which each person has their own header values, and a process that is held. */
  async function shared(connect: object = { visibility: 'workspace', credentials: 'per_user' }) {
    const gate = await openGate({ connect })
    const held = heldStorage(gate.storage)
    const other = gate.another({ storage: held.storage })
    return { gate, held, other, id: gate.id }
  }
  type Edit = (mine: ActorIntegrations<TestAgent>, id: string) => Promise<unknown>
  it.each<[string, Edit, string]>([
    ['private', (mine, id) => mine.update(id, { visibility: 'private' }), 'not_found'],
    ['called with one credential', (mine, id) => mine.update(id, { credentials: 'shared' }), 'invalid_input'],
    ['removed', (mine, id) => mine.remove(id), 'not_found'],
    ['at another server', (mine, id) => mine.update(id, { url: 'https://elsewhere.example/mcp' }), 'conflict'],
  ])('stores no header values of a person for an integration that is %s now', async (_what, edit, code) => {
    const { gate, held, other, id } = await shared()
    const at = held.holdBefore(writing('headers/'))
    const setting = other.actingAs(bo).authorize(id, { headers: { 'X-Api-Key': 'of bo' } })
    await at.reached
    await edit(gate.mine, id)
    at.release()
    await expect(setting).rejects.toMatchObject({ code })
    expect((await dump(gate.storage)).filter(({ key }) => key.startsWith('headers/'))).toEqual([])
  })

  it.each<[string, Edit, string]>([
    ['header values', (mine, id) => mine.update(id, { headers: { 'X-Api-Key': 'for notes' } }), 'headers/'],
    [
      'OAuth settings',
      (mine, id) => mine.reconnect(id, { oauth: { clientId: 'host', clientSecret: 'for notes' } }),
      'oauth-settings/',
    ],
  ])('takes %s to no other server than the one that they were given for', async (_what, give, record) => {
    const { gate, held, other, id } = await shared({})
    const at = held.holdBefore(writing(record))
    const giving = give(other.actingAs(ana), id)
    await at.reached
    await gate.mine.update(id, { url: 'https://elsewhere.example/mcp' })
    at.release()
    await expect(giving).rejects.toMatchObject({ code: 'conflict' })
    expect((await dump(gate.storage)).filter(({ key }) => key.startsWith(record))).toEqual([])
  })

  it.each<[string, (gate: Gate) => Promise<unknown>]>([
    ['person is', ({ registry }) => registry.forgetUser(ana)],
    ['workspace is', ({ registry }) => registry.forgetWorkspace('acme')],
  ])('connects nothing if its %s forgotten meanwhile, and does afterwards', async (_what, forget) => {
    const { gate, held, other } = await shared({})
    const input = {
      url: gate.server.url,
      name: 'New',
      agents: ['assistant'] as const,
      headers: { 'X-Api-Key': 'mine' },
    }
    const at = held.holdBefore(writing('integration/'))
    const connecting = other.actingAs(ana).connect(input)
    await at.reached
    await forget(gate)
    at.release()
    await expect(connecting).rejects.toMatchObject({ code: 'conflict' })
    expect(
      (await dump(gate.storage)).filter(({ key }) => /^(?:integration|handle|headers|visible)\//.test(key)),
    ).toEqual([])
    expect(await gate.mine.connect(input)).toMatchObject({ type: 'connected' })
  })

  it('stores no header values of a person who is forgotten meanwhile', async () => {
    const { gate, held, other, id } = await shared()
    const at = held.holdBefore(writing('headers/'))
    const setting = other.actingAs(bo).authorize(id, { headers: { 'X-Api-Key': 'of bo' } })
    await at.reached
    await gate.registry.forgetUser(bo)
    at.release()
    await expect(setting).rejects.toMatchObject({ code: 'conflict' })
    expect((await dump(gate.storage)).filter(({ key }) => key.startsWith('headers/'))).toEqual([])
  })

  it.each<[string, Edit]>([
    ['changes no tools', (mine, id) => mine.configureTools(id, { write_note: { approval: 'auto' } })],
    [
      'accepts no tools',
      async (mine, id) => {
        const { tools } = await mine.tools(id)
        return mine.acceptTools(id, Object.fromEntries(tools.map((tool) => [tool.name, tool.definitionHash])))
      },
    ],
  ])('%s of an integration that belongs to somebody else now', async (_what, edit) => {
    const { gate, held, other, id } = await shared({})
    const settings = async () => (await gate.storage.read('acme', [`settings/${id}`])).records[0]
    const before = await settings()
    const at = held.holdBefore(writing('settings/'))
    const changing = edit(other.actingAs(ana), id)
    await at.reached
    await gate.mine.transferOwner(id, 'bo')
    at.release()
    await expect(changing).rejects.toMatchObject({ code: 'not_found' })
    expect(await settings()).toEqual(before)
  })
})
