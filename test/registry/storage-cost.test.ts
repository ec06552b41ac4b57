import Database from 'libsql'
import type { RegistryStorage, ToolCallOptions } from 'mcp-integrations'
import { postgresStorage } from 'mcp-integrations/postgres'
import { sqliteStorage } from 'mcp-integrations/sqlite'
import { describe, expect, it } from 'vitest'
import { openGate, type Gate } from '../support/gate.js'
import { usePostgres } from '../support/postgres-pool.js'
import { makeStorage } from '../support/registry.js'

const postgres = usePostgres()
let made = 0

/** The most that a call that asks may cost, its decision included; `npm run style` prints it. */
const mostOperations = 10

const storages: readonly [string, () => RegistryStorage][] = [
  ['memory', () => makeStorage()],
  ['SQLite', () => sqliteStorage({ database: new Database(':memory:') })],
  ['PostgreSQL', () => postgresStorage({ pool: postgres.pool, schema: `${postgres.schema}_${++made}` })],
]

/** Counts what is asked of a storage; being told of changes costs nothing. */
function counting(storage: RegistryStorage): { readonly storage: RegistryStorage; readonly asked: string[] } {
  const asked: string[] = []
  const counted = new Proxy(storage, {
    get(target, name: keyof RegistryStorage) {
      const method = target[name]
      if (typeof method !== 'function') return method
      return (...args: unknown[]): unknown => {
        if (['read', 'list', 'commit', 'scan'].includes(name)) asked.push(name)
        return Reflect.apply(method as (...given: unknown[]) => unknown, target, args)
      }
    },
  })
  return { storage: counted, asked }
}

/** A call to its outcome, after one before it has opened the connection. */
async function cost(gate: Gate, asked: string[], tool: string, args: object, options: ToolCallOptions = {}) {
  const toolset = await gate.toolset({ conversationId: 'chat' })
  // Opens the connection, and says that the server works.
  await toolset.call('notes__read_note', { id: '1' }, { confirm: () => 'approve' })
  asked.length = 0
  expect(await toolset.call(tool, args, options)).toMatchObject({ type: 'completed' })
  return [...asked]
}

describe.each(storages)('on %s', (_name, make) => {
  it(`a call that asks, its decision included, costs at most ${mostOperations} storage operations`, async () => {
    const { storage, asked } = counting(make())
    const gate = await openGate({ storage })
    const held = async (): Promise<'approve'> => {
      await new Promise((resolve) => setImmediate(resolve))
      return 'approve'
    }
    const args = { id: '7', text: 'hello' }
    const plain = await cost(gate, asked, 'notes__write_note', args, { confirm: held })
    expect(plain.length, plain.join(' ')).toBeLessThanOrEqual(mostOperations)
    const named = { confirm: held, idempotencyKey: 'step-1' }
    const withId = await cost(gate, asked, 'notes__write_note', args, named)
    expect(withId.length, withId.join(' ')).toBeLessThanOrEqual(mostOperations)
  })

  it('a call that does not ask costs 2', async () => {
    const { storage, asked } = counting(make())
    const gate = await openGate({ storage, approvals: { policy: () => ({ mode: 'auto', rule: 'house' }) } })
    expect(await cost(gate, asked, 'notes__write_note', { id: '7', text: 'hello' })).toEqual(['read', 'commit'])
  })
})
