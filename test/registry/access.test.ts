import { frontOf } from '../http/support.js'
import Database from 'libsql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  memoryStorage,
  type Actor,
  type ActorIntegrations,
  type Approval,
  type IntegrationRegistry,
} from 'mcp-integrations'
import { postgresStorage } from 'mcp-integrations/postgres'
import { sqliteStorage } from 'mcp-integrations/sqlite'
import type { RegistryStorage } from '../../src/ports/storage.js'
import { startMcpServer, type TestMcpServer } from '../support/mcp-server.js'
import { accessRows as rows, columns, people } from '../support/access-table.js'
import { usePostgres } from '../support/postgres-pool.js'
import { ana, dump, makeRegistry, outsider, type TestAgent } from '../support/registry.js'

type Mine = ActorIntegrations<TestAgent>
const cy = { workspaceId: 'acme', userId: 'cy' }

let worlds = 0
let server: TestMcpServer
let other: TestMcpServer
const postgres = usePostgres()
beforeAll(async () => {
  server = await startMcpServer()
  other = await startMcpServer()
})
afterAll(async () => {
  await server.close()
  await other.close()
})

type Registry = IntegrationRegistry<TestAgent>

/** How people reach a registry. Calls are made where the agent runs, whichever way the rest goes. */
const ways: Record<string, (registry: Registry, actor: Actor) => Mine> = {
  directly: (registry, actor) => registry.actingAs(actor),
  'through HTTP': (registry, actor) => {
    const mine = registry.actingAs(actor)
    const { explain: _explain, listen: _listen, ...client } = frontOf(registry).person(actor)
    return { ...mine, ...client, toolset: mine.toolset } as Mine
  },
}

const storages: Record<string, () => RegistryStorage> = {
  memory: () => memoryStorage(),
  SQLite: () => sqliteStorage({ database: new Database(':memory:') }),
  PostgreSQL: () => postgresStorage({ pool: postgres.pool, schema: postgres.schema }),
}

/** What an operation needs to be tried: made anew wherever somebody may really do it. */
interface World {
  readonly visibility: 'private' | 'workspace'
  readonly actor: Actor
  /** What that person can do, in a workspace of this world's own. */
  as(actor: Actor): Mine
}

/** Makes what the operation is about, and gives back how to do it with that or with another id. */
type Operation = (world: World) => Promise<{ readonly id: string; attempt(id: string): Promise<unknown> }>

async function connect({ as, visibility }: World, more: object = {}): Promise<string> {
  const { integration } = await as(ana).connect({
    url: server.url,
    name: 'Notes',
    agents: ['assistant'],
    visibility,
    ...more,
  })
  return integration.id
}

const onIntegration =
  (act: (mine: Mine, id: string) => Promise<unknown>, more: object = {}): Operation =>
  async (world) => ({ id: await connect(world, more), attempt: (id) => act(world.as(world.actor), id) })

/** An approval of `whose`, on an integration that everybody could use when it was asked for. */
async function ask(world: World, whose: Actor): Promise<{ id: string; approval: Approval }> {
  const id = await connect(world, { visibility: 'workspace' })
  const { handle } = await world.as(ana).get(id)
  const toolset = await world.as(whose).toolset('assistant')
  const outcome = await toolset.call(`${handle}__read_note`, { id: '1' })
  if (outcome.type !== 'approval_required') throw new Error(outcome.type)
  if (world.visibility === 'private') await world.as(ana).update(id, { visibility: 'private' })
  return { id, approval: outcome.approval }
}

/** The person of another workspace has nothing of their own here: they try with what is Ana's. */
const insider = (actor: Actor): Actor => (actor === outsider ? ana : actor)

const withApproval =
  (whose: (actor: Actor) => Actor, act: (mine: Mine, id: string) => Promise<unknown>): Operation =>
  async (world) => ({
    id: (await ask(world, whose(world.actor))).approval.approvalId,
    attempt: (id) => act(world.as(world.actor), id),
  })

const withGrant =
  (whose: (actor: Actor) => Actor): Operation =>
  async (world) => {
    const owner = world.as(whose(world.actor))
    const { approval } = await ask(world, whose(world.actor))
    await owner.approvals.decide(approval.approvalId, { decision: 'approve', remember: { for: 'tool' } })
    const [grant] = await owner.grants.list()
    return { id: grant!.id, attempt: (id) => world.as(world.actor).grants.revoke(id) }
  }

const operations: Record<string, Operation> = {
  get: onIntegration((mine, id) => mine.get(id)),
  'update the name': onIntegration((mine, id) => mine.update(id, { name: 'Other' })),
  'update the agents': onIntegration((mine, id) => mine.update(id, { agents: ['builder'] })),
  'update the visibility': async (world) => ({
    id: await connect(world),
    attempt: (id) =>
      world.as(world.actor).update(id, { visibility: world.visibility === 'private' ? 'workspace' : 'private' }),
  }),
  enable: onIntegration((mine, id) => mine.enable(id), { enabled: false }),
  'set headers': onIntegration((mine, id) => mine.update(id, { headers: { 'X-Api-Key': 'k' } })),
  'set the URL': onIntegration((mine, id) => mine.update(id, { url: other.url })),
  'set the credentials mode': onIntegration((mine, id) => mine.update(id, { credentials: 'per_user' })),
  validate: onIntegration((mine, id) => mine.validate(id)),
  'refresh tools': onIntegration((mine, id) => mine.refreshTools(id)),
  reconnect: onIntegration((mine, id) => mine.reconnect(id)),
  "give one's own credential": onIntegration((mine, id) => mine.authorize(id, { headers: { 'X-Api-Key': 'own' } }), {
    credentials: 'per_user',
  }),
  "drop one's own credential": onIntegration((mine, id) => mine.signOut(id), { credentials: 'per_user' }),
  disable: onIntegration((mine, id) => mine.disable(id)),
  remove: onIntegration((mine, id) => mine.remove(id)),
  'list its tools': onIntegration((mine, id) => mine.tools(id)),
  'configure a tool': onIntegration((mine, id) => mine.configureTools(id, { read_note: { enabled: false } })),
  'accept a changed tool': async (world) => {
    const id = await connect(world)
    const { tools } = await world.as(ana).tools(id)
    const seen = { read_note: tools.find(({ name }) => name === 'read_note')!.definitionHash }
    return { id, attempt: (which) => world.as(world.actor).acceptTools(which, seen) }
  },
  'mark as trusted': onIntegration((mine, id) => mine.trust(id, true)),
  'transfer ownership': onIntegration((mine, id) => mine.transferOwner(id, 'cy')),
  'call a tool': async (world) => {
    const { handle } = await world.as(ana).get(await connect(world))
    const toolset = await world.as(world.actor).toolset('assistant', { confirm: () => 'approve' })
    return { id: handle, attempt: (prefix) => toolset.call(`${prefix}__read_note`, { id: '1' }) }
  },
  "get an approval of one's own": withApproval(insider, (mine, id) => mine.approvals.get(id)),
  "decide an approval of one's own": async (world) => {
    // Where the integration became private meanwhile, only its owner's approval is still open.
    const { approval } = await ask(world, insider(world.actor))
    return { id: approval.approvalId, attempt: (id) => world.as(world.actor).approvals.decide(id, 'deny') }
  },
  "decide another's approval": withApproval(
    () => cy,
    (mine, id) => mine.approvals.decide(id, 'deny'),
  ),
  "revoke a grant of one's own": withGrant(insider),
  "revoke another's grant": async (world) => withGrant(() => (world.visibility === 'private' ? ana : cy))(world),
}

const fault = async (attempt: Promise<unknown>): Promise<Error> =>
  attempt.then(
    () => new Error('it was allowed'),
    (error: Error) => error,
  )
/** What somebody could tell two refusals apart by. */
const shapeOf = (error: Error, id: string): object => ({
  message: error.message.replaceAll(id, '<id>'),
  ...Object.fromEntries(Object.entries(error).map(([name, value]) => [name, value === id ? '<id>' : value])),
})

const trials = Object.entries(ways).flatMap(([way, reach]) =>
  Object.entries(storages).flatMap(([name, make]) =>
    way === 'directly' || name === 'memory' ? [{ way, name, reach, make }] : [],
  ),
)

describe.each(trials)('access $way, on $name', ({ reach, make: makeStorage }) => {
  let storage: RegistryStorage
  let registry: IntegrationRegistry<TestAgent>
  beforeAll(() => {
    storage = makeStorage()
    registry = makeRegistry({ storage })
  })
  afterAll(async () => await registry?.close())

  for (const row of rows)
    for (const visibility of ['private', 'workspace'] as const)
      it(`${row.operation}, ${visibility === 'private' ? 'private' : 'shared'}: ${row[visibility].join(' ')}`, async () => {
        expect(row[visibility]).toHaveLength(columns.length)
        for (const [n, column] of columns.entries()) {
          const verdict = row[visibility][n]!
          if (verdict === '–') continue
          const actor = people[column]
          const suffix = ++worlds
          const world: World = {
            visibility,
            actor,
            as: (whose) => reach(registry, { ...whose, workspaceId: whose.workspaceId + suffix }),
          }
          const { id, attempt } = await operations[row.operation]!(world)
          if (verdict === 'A') {
            await attempt(id)
            continue
          }
          const before = await dump(storage, `acme${suffix}`)
          const refused = await fault(attempt(id))
          expect(await dump(storage, `acme${suffix}`), `${column} changed something`).toEqual(before)
          if (verdict === 'D') {
            expect(refused, column).toMatchObject({
              name: expect.stringMatching(/^(Integration|Problem)Error$/) as unknown,
              code: 'forbidden',
            })
          } else {
            const nobodys = id.replace(/./g, 'x')
            const missing = await fault(attempt(nobodys))
            expect(missing).toMatchObject({ code: row.operation === 'call a tool' ? 'tool_not_found' : 'not_found' })
            expect(shapeOf(refused, id), column).toEqual(shapeOf(missing, nobodys))
          }
        }
      })
})
