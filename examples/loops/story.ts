/**
 * One story for every loop: the agent reads a note and wants to write two; the process ends; in a second one, on the same
 * database, the person allows one and denies the other, and the conversation goes on for two turns. The database is a
 * SQLite file, or the PostgreSQL at `DATABASE_URL`.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { encryptedCredentials, IntegrationRegistry, type Toolset } from 'mcp-integrations'
import { postgresStorage } from 'mcp-integrations/postgres'
import { sqliteStorage } from 'mcp-integrations/sqlite'
import pg from 'pg'
import { startMcpServer } from '../../test/support/mcp-server.js'
import type { Step } from '../../test/bridges/bench.js'

/** An agent's loop, cut where it waits for the person. */
export interface Loop {
  /** Who asks: our approvals, which are decided before the loop goes on, or the framework. */
  readonly asks: 'ours' | 'framework'
  /** What the model may read of a call that was denied in place of the person's words. */
  readonly denied?: string
  /** Runs until nothing goes on without the person, and returns what another process needs. */
  begin(toolset: Toolset, model: readonly Step[], folder: string): Promise<unknown>
  /** Goes on in that process, and returns everything that the model read of tools. */
  goOn(
    toolset: Toolset,
    stored: never,
    model: readonly Step[],
    folder: string,
    decided: readonly string[],
  ): Promise<readonly string[]>
}

const denial = 'That stays between us.'

/** What the person says about a call. */
export function decide(args: unknown): { readonly approved: boolean; readonly reason: string } {
  return { approved: !JSON.stringify(args).includes('secret'), reason: denial }
}

const write = (text: string, id: string) => ({ toolName: 'notes__write_note', input: { id: '1', text }, id })
const firstSteps: readonly Step[] = [
  [{ toolName: 'notes__read_note', input: { id: '1' }, id: 'call_read_1' }],
  [write('for all', 'call_write_1'), write('secret', 'call_write_2')],
]
const laterSteps: readonly Step[] = [
  'One is written.',
  [{ toolName: 'notes__read_note', input: { id: '2' }, id: 'call_read_2' }],
  'Done.',
]

/** Tells the story with one loop; ends this program with an error where it goes otherwise. */
export async function tell(name: string, loop: Loop): Promise<void> {
  if (process.send === undefined) return first(name, loop)
  if (process.argv[2] === name) return second(loop, JSON.parse(process.argv[3]!) as Handover)
}

interface Handover {
  readonly place: Place
  readonly stored: unknown
}

/** Where the two processes of a story keep things. */
interface Place {
  readonly folder: string
  /** The PostgreSQL schema; each story has its own. */
  readonly schema: string
}

async function first(name: string, loop: Loop): Promise<void> {
  const server = await startMcpServer()
  const folder = await mkdtemp(join(tmpdir(), 'loop-'))
  const place = { folder, schema: `loop_${crypto.randomUUID().replaceAll('-', '')}` }
  try {
    const { mine, close } = open(place)
    const { integration } = await mine.connect({ name: 'Notes', url: server.url, agents: ['assistant'] })
    await mine.configureTools(integration.id, { read_note: { approval: 'auto' } })
    const stored = await loop.begin(await mine.toolset('assistant', chat), firstSteps, folder)
    await close()
    expect('reads, and writes nothing without the person', server.calls('write_note').length === 0)
    const child = fork(process.argv[1]!, [name, JSON.stringify({ place, stored } satisfies Handover)])
    const [code] = (await once(child, 'exit')) as [number]
    expect('the second process goes on', code === 0)
    const written = server.calls('write_note').map(({ body }) => body)
    expect('what was allowed is written once', written.length === 1 && written[0]!.includes('for all'))
    expect('the conversation goes on', server.calls('read_note').length === 2)
    console.log(`✓ ${name}, on ${databaseUrl === undefined ? 'SQLite' : 'PostgreSQL'}`)
  } finally {
    await server.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function second(loop: Loop, { place, stored }: Handover): Promise<void> {
  const { mine, close } = open(place)
  const { approvals } = await mine.approvals.list({ status: 'pending' })
  if (loop.asks === 'ours')
    for (const { approvalId, arguments: args } of approvals) {
      const { approved, reason } = decide(args)
      await mine.approvals.decide(approvalId, approved ? 'approve' : { decision: 'deny', reason })
    }
  const read = await loop.goOn(
    await mine.toolset('assistant', chat),
    stored as never,
    laterSteps,
    place.folder,
    approvals.map(({ approvalId }) => approvalId),
  )
  await close()
  const { denied = denial } = loop
  for (const texts of [['note 1'], ['wrote 1: for all'], [denial, denied], ['note 2']])
    expect(
      `the model reads "${texts[0]}"`,
      read.some((one) => texts.some((text) => one.includes(text))),
    )
  process.exit()
}

const { DATABASE_URL: databaseUrl } = process.env

/** Ana's integrations, in this process. */
function open({ folder, schema }: Place) {
  const pool = databaseUrl === undefined ? undefined : new pg.Pool({ connectionString: databaseUrl })
  const registry = new IntegrationRegistry({
    storage:
      pool === undefined
        ? sqliteStorage({ database: new Database(join(folder, 'integrations.db')) })
        : postgresStorage({ pool, schema }),
    credentials: encryptedCredentials({ keys: [{ id: '1', secret: Buffer.alloc(32, 7).toString('base64') }] }),
    agents: ['assistant'],
    egress: { allowLoopback: true },
  })
  return {
    mine: registry.actingAs({ workspaceId: 'acme', userId: 'ana' }),
    async close() {
      await registry.close()
      await pool?.end()
    },
  }
}

const chat = { conversationId: 'chat-1' }

function expect(what: string, holds: boolean): void {
  if (holds) return
  console.error(`✗ ${what}`)
  process.exit(1)
}
