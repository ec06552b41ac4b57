import fc from 'fast-check'
import Database from 'libsql'
import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../src/model/json.js'
import type { RegistryStorage, StorageScanResult, StorageWrite } from '../../src/ports/storage.js'
import { memoryStorage } from '../../src/storage/memory.js'
import { postgresStorage } from '../../src/storage/postgres.js'
import { sqliteStorage } from '../../src/storage/sqlite.js'
import { usePostgres } from '../support/postgres-pool.js'

const postgres = usePostgres()

type Condition = 'any' | 'absent' | 'current' | 'old' | 'foreign'
type Step =
  | { readonly do: 'commit'; readonly workspace: string; readonly writes: readonly StepWrite[] }
  | {
      readonly do: 'list'
      readonly workspace: string
      readonly prefix: string
      readonly after?: string
      readonly limit: number
      readonly reverse?: boolean
    }
  | { readonly do: 'scan'; readonly prefix: string; readonly limit: number }
  | { readonly do: 'expired'; readonly limit: number }
  | { readonly do: 'wait'; readonly ms: number }
interface StepWrite {
  readonly at: { readonly key: string } | { readonly append: string }
  readonly condition: Condition
  readonly value: JsonValue | undefined
  readonly lifetime?: number
}

/** Few keys, so that steps meet each other. */
function anyStep(): fc.Arbitrary<Step> {
  const workspace = fc.constantFrom('a', 'b', 'ä%')
  const key = fc.constantFrom('k', 'k/1', 'k/2', 'k_', 'K', 'k~', '__proto__')
  const prefix = fc.constantFrom('', 'k', 'k/', 'event/', 'k_', 'none')
  const write = fc.record(
    {
      at: fc.oneof({ weight: 4, arbitrary: fc.record({ key }) }, fc.constant({ append: 'event/' })),
      condition: fc.constantFrom<Condition>('any', 'any', 'absent', 'current', 'current', 'old', 'foreign'),
      // fast-check's type of JSON values says the same as ours, in other words
      value: fc.option(fc.jsonValue() as fc.Arbitrary<JsonValue>, { nil: undefined, freq: 3 }),
      lifetime: fc.integer({ min: 0, max: 20 }),
    },
    { requiredKeys: ['at', 'condition', 'value'] },
  )
  const writes = fc.array(write, { minLength: 1, maxLength: 4 })
  const commit = fc.record({ do: fc.constant('commit' as const), workspace, writes })
  return fc.oneof(
    { weight: 6, arbitrary: commit },
    fc.record(
      {
        do: fc.constant('list' as const),
        workspace,
        prefix,
        after: key,
        limit: fc.integer({ min: 1, max: 5 }),
        reverse: fc.boolean(),
      },
      { requiredKeys: ['do', 'workspace', 'prefix', 'limit'] },
    ),
    fc.record({
      do: fc.constant('scan' as const),
      prefix,
      limit: fc.integer({ min: 1, max: 9 }),
    }),
    fc.record({ do: fc.constant('expired' as const), limit: fc.integer({ min: 1, max: 9 }) }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 15 }) }),
  )
}

describe('memory, SQLite and PostgreSQL', () => {
  it('give the same answers to any sequence of operations', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep(), { minLength: 1, maxLength: 25 }), async (steps) => {
        const clock = { time: 1000 }
        const now = () => clock.time
        const storages = [
          memoryStorage({ now }),
          sqliteStorage({ now, database: new Database(':memory:') }),
          postgresStorage({ now, pool: postgres.pool, schema: postgres.schema }),
        ]
        await postgresIsEmpty(storages[2]!)
        const [memory, ...others] = storages.map((storage) => new Session(storage))
        for (const one of steps) {
          if (one.do === 'wait') clock.time += one.ms
          const expected = await memory!.answer(one, clock.time)
          for (const other of others) expect(await other.answer(one, clock.time)).toEqual(expected)
        }
      }),
      { numRuns: 60 },
    )
  })
})

async function postgresIsEmpty(storage: RegistryStorage): Promise<void> {
  await storage.read('a', [])
  await postgres.pool.query(`TRUNCATE ${postgres.schema}.records, ${postgres.schema}.counters`)
}

/** Runs steps on one storage, and names its versions by the order in which they were given. */
class Session {
  readonly #storage: RegistryStorage
  readonly #names = new Map<string, string>()
  readonly #given = new Map<string, string[]>()

  constructor(storage: RegistryStorage) {
    this.#storage = storage
  }

  async answer(step: Step, time: number): Promise<unknown> {
    if (step.do === 'wait') return undefined
    if (step.do === 'list') {
      const { do: _list, workspace: workspaceId, ...query } = step
      return this.#named(await this.#storage.list({ workspaceId, ...query }))
    }
    if (step.do === 'scan') {
      const { prefix, limit } = step
      return await this.#walked((after) => this.#storage.scan({ prefix, limit, after }))
    }
    if (step.do === 'expired') return await this.#walked((after) => this.#storage.expired({ limit: step.limit, after }))
    const keys = new Set<string>()
    const writes = step.writes.flatMap((write): StorageWrite[] => {
      const expiry = write.lifetime === undefined ? {} : { expiresAt: time + write.lifetime }
      if ('append' in write.at) return [{ ...write.at, value: write.value ?? null, ...expiry }]
      if (keys.has(write.at.key)) return []
      keys.add(write.at.key)
      return [
        {
          ...write.at,
          ...this.#condition(step.workspace, write.at.key, write.condition),
          value: write.value,
          ...expiry,
        },
      ]
    })
    const written = await this.#storage.commit(step.workspace, writes)
    for (const { key, version } of written || []) {
      if (version !== undefined) this.#remember(step.workspace, key, version)
    }
    return this.#named(written)
  }

  async #walked(read: (after: string | undefined) => Promise<StorageScanResult>): Promise<unknown> {
    const pages: unknown[] = []
    let after: string | undefined
    do {
      const page = await read(after)
      pages.push(this.#named(page))
      after = page.next
    } while (after !== undefined)
    return pages
  }

  #condition(workspace: string, key: string, condition: Condition): { ifVersion?: string | null } {
    const given = this.#given.get(`${workspace} ${key}`) ?? []
    if (condition === 'any') return {}
    if (condition === 'absent') return { ifVersion: null }
    if (condition === 'current') return { ifVersion: given.at(-1) ?? 'none yet' }
    if (condition === 'old') return { ifVersion: given.at(-2) ?? 'none yet' }
    return { ifVersion: 'of nobody' }
  }

  #remember(workspace: string, key: string, version: string): void {
    if (!this.#names.has(version)) this.#names.set(version, `version ${this.#names.size}`)
    const place = `${workspace} ${key}`
    this.#given.set(place, [...(this.#given.get(place) ?? []), version])
  }

  #named(answer: unknown): unknown {
    return JSON.parse(JSON.stringify(answer), (name, value: unknown) =>
      name === 'version' && typeof value === 'string' ? (this.#names.get(value) ?? value) : value,
    )
  }
}
