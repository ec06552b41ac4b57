import { inspect } from 'node:util'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { ActorIntegrations, IntegrationRegistry } from 'mcp-integrations'
import type { RegistryStorage } from '../../src/ports/storage.js'
import { startMcpServer, type TestMcpServer } from '../support/mcp-server.js'
import { ana, bo, dump, makeRegistry, makeStorage, root, type TestAgent } from '../support/registry.js'

const canaries = ['cAnAry+one/1=', 'cAnAry+two/2=', 'cAnAry+own/3=', 'cAnAry+wrong/4=']
/** A secret, and every way in which it may hide. */
const forms = canaries.flatMap((secret) => [
  secret,
  encodeURIComponent(secret),
  ...[secret, `Bearer ${secret}`, `user:${secret}`].flatMap((text) => [
    Buffer.from(text).toString('base64'),
    Buffer.from(text).toString('base64url'),
    Buffer.from(text).toString('hex'),
  ]),
])

let server: TestMcpServer
let storage: RegistryStorage
let registry: IntegrationRegistry<TestAgent>
/** Everything that anybody could get to see. */
let seen: string[]
const written: string[] = []

const note = (value: unknown): void => {
  seen.push(
    inspect(value, { depth: null, showHidden: true, getters: true, maxStringLength: null, maxArrayLength: null }),
  )
  seen.push(JSON.stringify(value) ?? '')
  for (let error = value; error instanceof Error; error = error.cause)
    seen.push(`${error.message}\n${error.stack}\n${inspect(structuredClone(error), { depth: null })}`)
}
const attempt = async <T>(work: Promise<T>): Promise<T | undefined> => {
  try {
    const value = await work
    note(value)
    return value
  } catch (error) {
    expect(error).toMatchObject({ name: 'IntegrationError' })
    note(error)
    return undefined
  }
}

beforeEach(async () => {
  seen = []
  written.length = 0
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((text) => (written.push(String(text)), true))
  server = await startMcpServer()
  storage = makeStorage()
  registry = makeRegistry({
    storage,
    limits: { connectTimeoutMs: 500, callTimeoutMs: 500 },
    connectors: [
      {
        id: 'desk',
        name: 'Desk',
        url: server.url,
        auth: { type: 'header', name: 'Authorization', prefix: 'Bearer ' },
      },
    ],
  })
  for (const name of [
    'integration_connected',
    'integration_updated',
    'integration_status_changed',
    'credential_changed',
    'approval_changed',
    'call_finished',
    'call_started',
  ] as const)
    registry.on(name, note)
})
afterEach(async () => {
  vi.restoreAllMocks()
  await registry.close()
  await server.close()
})

it('reveals no secret in any flow, however it ends', async () => {
  const [one, two, own, wrong] = canaries as [string, string, string, string]
  const [mine, theirs, admin] = [ana, bo, root].map((actor) => registry.actingAs(actor)) as [
    ActorIntegrations<TestAgent>,
    ActorIntegrations<TestAgent>,
    ActorIntegrations<TestAgent>,
  ]
  const input = { url: server.url, name: 'Notes', agents: ['assistant' as const], visibility: 'workspace' as const }

  // Refused before anything is sent, and by the server.
  await attempt(mine.connect({ ...input, headers: { 'X-Api-Key': `${one}\n` } }))
  await attempt(mine.connect({ ...input, url: `https://user:${encodeURIComponent(one)}@example.com/mcp` }))
  await attempt(mine.connect({ ...input, url: `http://example.com/mcp?key=${encodeURIComponent(one)}` }))
  for (const status of [401, 403, 404, 429, 500]) {
    // Servers like to repeat what they were sent.
    server.state.intercept = async ({ headers }) => ({
      status,
      headers: { 'content-type': 'text/plain', 'www-authenticate': `Bearer error_description="${wrong}"` },
      body: `You sent ${JSON.stringify(headers)} ${wrong}`,
    })
    await attempt(mine.connect({ ...input, headers: { 'X-Api-Key': wrong } }))
  }
  server.state.intercept = undefined

  // Connected, used, edited, shared, signed in to and out of.
  const desk = (await attempt(
    mine.connect({ connector: 'desk', agents: ['assistant'], headers: { Authorization: one, 'X-Tenant': two } }),
  ))!.integration
  const shared = (await attempt(
    mine.connect({
      ...input,
      headers: { 'X-Api-Key': one, Authorization: `Basic ${Buffer.from(`user:${two}`).toString('base64')}` },
    }),
  ))!.integration
  expect(server.seen.some(({ headers }) => headers['authorization'] === `Bearer ${one}`)).toBe(true)
  const people = [mine, theirs, admin]
  const everythingReadable = async (): Promise<void> => {
    for (const who of people) {
      for (const { id } of [desk, shared]) {
        await attempt(who.get(id))
        await attempt(who.tools(id))
        await attempt(who.validate(id))
        await attempt(who.reconnect(id))
      }
      await attempt(who.list({ scope: 'all' }))
      await attempt(who.available())
      await attempt(who.audit())
      await attempt(who.approvals.list())
      const toolset = await attempt(who.toolset('assistant', { confirm: () => 'approve' }))
      await attempt(toolset!.call('notes__read_note', { id: '1' }))
      await attempt(toolset!.call('desk__read_note', { id: '1' }))
    }
  }
  await everythingReadable()
  await attempt(mine.update(desk.id, { visibility: 'workspace' }))
  await attempt(mine.update(shared.id, { headers: { 'X-Api-Key': two } }))
  await attempt(mine.update(shared.id, { credentials: 'per_user' }))
  await attempt(theirs.authorize(shared.id, { headers: { 'X-Api-Key': own } }))
  await everythingReadable()
  for (const refuse of [() => 401, () => 403, () => 500, () => 404]) {
    server.state.refuse = refuse
    await everythingReadable()
  }
  server.state.refuse = undefined
  server.state.intercept = async ({ headers }) => ({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: `{"jsonrpc":"2.0","id":0,"error":{"code":-32000,"message":${JSON.stringify(JSON.stringify(headers))}}}`,
  })
  await attempt(mine.validate(desk.id))
  await attempt((await mine.toolset('assistant', { confirm: () => 'approve' })).call('desk__read_note', { id: '1' }))
  server.state.intercept = undefined
  await attempt(theirs.signOut(shared.id))

  // Under a key that isn't there.
  const stranger = makeRegistry({
    storage,
    credentials: (await import('mcp-integrations')).encryptedCredentials({
      keys: [{ id: 'other', secret: Buffer.alloc(32, 7).toString('base64') }],
    }),
  })
  await attempt(stranger.actingAs(ana).validate(desk.id))
  await attempt(stranger.actingAs(ana).update(desk.id, { headers: { 'X-More': one } }))
  await attempt(stranger.resealAll())
  await stranger.close()

  await attempt(mine.transferOwner(desk.id, 'bo'))
  await attempt(registry.events({ workspaceId: 'acme', limit: 1000 }))
  note(await dump(storage))
  note(registry)
  note(mine)
  await attempt(mine.remove(shared.id))
  note(await dump(storage))

  expect(seen.length).toBeGreaterThan(200)
  const everything = [...seen, ...written].join('\n')
  for (const form of forms) {
    const at = everything.indexOf(form)
    expect(at < 0 ? '' : everything.slice(Math.max(0, at - 300), at + 100)).toBe('')
  }
})
