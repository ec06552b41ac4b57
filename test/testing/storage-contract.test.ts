import { describe, expect, it } from 'vitest'
import type { StorageListQuery, RegistryStorage, StorageRecord } from '../../src/ports/storage.js'
import { memoryStorage } from '../../src/storage/memory.js'
import { describeStorageContract, type MakeStorage } from '../../src/testing/storage-contract.js'

type Flaw = (sound: RegistryStorage) => Partial<RegistryStorage>

/** What is wrong with each of these storages is the only thing that is. */
const flaws: Record<string, Flaw> = {
  'gives what it keeps instead of copies': (sound) => {
    const kept = new Map<string, StorageRecord>()
    return {
      async read(workspaceId, keys) {
        const answer = await sound.read(workspaceId, keys)
        const records = answer.records.map((record) => {
          if (record === undefined) return undefined
          const known = kept.get(record.version + record.key) ?? structuredClone(record)
          kept.set(record.version + record.key, known)
          return known
        })
        return { ...answer, records }
      },
    }
  },
  'writes some of a commit that it refuses': (sound) => ({
    async commit(workspaceId, writes) {
      const [first, ...rest] = writes
      const written = await sound.commit(workspaceId, writes)
      if (written === false && first && rest.length > 0) await sound.commit(workspaceId, [first])
      return written
    },
  }),
  'compares versions before it writes, and not while it does': (sound) => ({
    async commit(workspaceId, writes) {
      for (const write of writes) {
        if ('append' in write || write.ifVersion === undefined) continue
        const [record] = (await sound.read(workspaceId, [write.key])).records
        if ((record?.version ?? null) !== write.ifVersion) return false
      }
      const unconditional = writes.map((write) =>
        'append' in write || 'check' in write ? write : withoutCondition(write),
      )
      return await sound.commit(workspaceId, unconditional)
    },
  }),
  'counts versions from the start when a record is made again': (sound) => {
    const versions = new Map<string, Map<string, string>>()
    return {
      async commit(workspaceId, writes) {
        const written = await sound.commit(workspaceId, writes)
        if (written === false) return false
        return written.map(({ key, version }) => {
          const known = versions.get(key) ?? new Map<string, string>()
          if (version === undefined) known.clear()
          else known.set(version, String(known.size + 1))
          versions.set(key, known)
          return { key, version: version && known.get(version) }
        })
      },
    }
  },
  'numbers what is appended for all workspaces together': (sound) => ({
    commit: async (workspaceId, writes) => {
      const written = await sound.commit(
        'all',
        writes.filter((write) => 'append' in write),
      )
      const numbers = (written || []).map(({ key }) => key)
      return await sound.commit(
        workspaceId,
        writes.map((write) =>
          'append' in write ? { key: numbers.shift()!, value: write.value, ...expiryOf(write) } : write,
        ),
      )
    },
  }),
  'takes a prefix for a pattern': (sound) => ({
    list: (query) => matching(sound, query, (key) => likePattern(query.prefix).test(key)),
  }),
  'lists in the order of a language': (sound) => ({
    async list(query) {
      const answer = await sound.list(query)
      return { ...answer, records: answer.records.toSorted((a, b) => a.key.localeCompare(b.key, 'en')) }
    },
  }),
  'ends before the last page': (sound) => ({
    async list(query) {
      const { next: _next, ...answer } = await sound.list(query)
      return answer
    },
  }),
  'begins a page with the cursor itself': (sound) => ({
    list: async ({ after, ...query }) =>
      await sound.list({
        ...query,
        ...(after
          ? { after: after.slice(0, -1) + String.fromCharCode(after.charCodeAt(after.length - 1) - 1) + '~' }
          : {}),
      }),
  }),
  'writes what was only to be checked': (sound) => ({
    commit: (workspaceId, writes) =>
      sound.commit(
        workspaceId,
        writes.map((write) => ('check' in write ? { key: write.key, ifVersion: write.ifVersion, value: 1 } : write)),
      ),
  }),
  'passes over checks': (sound) => ({
    async commit(workspaceId, writes) {
      const written = await sound.commit(
        workspaceId,
        writes.filter((write) => !('check' in write)),
      )
      if (written === false) return false
      const rest = [...written]
      return writes.map((write) => ('check' in write ? { key: write.key, version: write.ifVersion } : rest.shift()!))
    },
  }),
  'lists in one direction only': (sound) => ({
    list: ({ reverse: _reverse, ...query }) => sound.list(query),
  }),
  'shows what has expired': (sound) => ({
    list: (query) => matching(sound, query, (key) => key.startsWith(query.prefix)),
  }),
  'hides what has expired from a sweep': () => ({
    expired: async () => ({ records: [], now: 0 }),
  }),
  'takes what expires later for expired': (sound) => ({
    expired: async (query) => {
      const { records } = await sound.scan({ prefix: '', limit: 1000 })
      const later = records.filter(({ expiresAt }) => expiresAt !== undefined)
      const answer = await sound.expired(query)
      return { ...answer, records: [...answer.records, ...later] }
    },
  }),
  'forgets to end an expiry that was written anew': (sound) => {
    const old: (StorageRecord & { readonly workspaceId: string })[] = []
    return {
      async commit(workspaceId, writes) {
        const before = await sound.read(
          workspaceId,
          writes.flatMap((write) => ('key' in write ? [write.key] : [])),
        )
        old.push(
          ...before.records.flatMap((record) => (record?.expiresAt === undefined ? [] : [{ ...record, workspaceId }])),
        )
        return sound.commit(workspaceId, writes)
      },
      async expired(query) {
        const { records, ...answer } = await sound.expired(query)
        const stale = old.filter(({ expiresAt }) => expiresAt! <= answer.now)
        return { ...answer, records: [...stale, ...records].slice(0, query.limit) }
      },
    }
  },
  'lets one workspace see into another': (sound) => ({
    read: async (workspaceId, keys) => {
      const answer = await sound.read(workspaceId, keys)
      const beside = await sound.read(workspaceId.replace(/\/b$/, ''), keys)
      return { ...answer, records: answer.records.map((record, index) => record ?? beside.records[index]) }
    },
  }),
  'changes half surrogate pairs': (sound) => ({
    commit: (workspaceId, writes) =>
      sound.commit(
        workspaceId,
        JSON.parse(JSON.stringify(writes).replaceAll(/\\ud[89a-f]../gi, '\ufffd')) as typeof writes,
      ),
  }),
  'cuts long values': (sound) => ({
    async commit(workspaceId, writes) {
      const cut = writes.map((write) =>
        typeof write.value === 'string' ? { ...write, value: write.value.slice(0, 65_535) } : write,
      )
      return await sound.commit(workspaceId, cut)
    },
  }),
  'keeps an expiry that a new value does not have': (sound) => ({
    async commit(workspaceId, writes) {
      const kept = await Promise.all(
        writes.map(async (write) => {
          if ('append' in write || write.value === undefined || write.expiresAt !== undefined) return write
          const [record] = (await sound.read(workspaceId, [write.key])).records
          return record?.expiresAt === undefined ? write : { ...write, expiresAt: record.expiresAt }
        }),
      )
      return await sound.commit(workspaceId, kept)
    },
  }),
  'stops telling when a listener throws': (sound) => {
    let broken = false
    return {
      watch: (listener) =>
        sound.watch!((change) => {
          if (broken) return
          try {
            listener(change)
          } catch {
            broken = true
          }
        }),
    }
  },
}

describe('describeStorageContract', () => {
  it('accepts a sound storage', async () => {
    expect(await failures((options) => memoryStorage(options))).toEqual([])
  })

  it.each(Object.keys(flaws))('notices a storage that %s', async (name) => {
    const make: MakeStorage = (options) => {
      const sound = memoryStorage(options)
      return { ...sound, ...flaws[name]!(sound) }
    }
    expect(await failures(make)).not.toEqual([])
  })

  it('notices a storage that takes anything', async () => {
    const failed = await failures((options) => {
      const sound = memoryStorage(options)
      const list: RegistryStorage['list'] = (query) =>
        sound.list({ ...query, limit: Math.min(1000, Math.max(1, Math.floor(query.limit) || 1)) })
      return { ...sound, list }
    })
    expect(failed).toEqual(['refuses input beyond the limits, and writes nothing'])
  })

  it('closes what it was given', async () => {
    let open = 0
    await failures((options) => {
      open++
      return { ...memoryStorage(options), close: async () => void open-- }
    })
    expect(open).toBe(0)
  })
})

/** Runs the contract as a test runner would. @returns the names of the tests that failed. */
async function failures(make: MakeStorage): Promise<string[]> {
  const tests: { name: string; body: () => Promise<void> }[] = []
  const runner = {
    describe: (_: string, body: () => void) => body(),
    it: (name: string, body: () => Promise<void>) => tests.push({ name, body }),
  }
  describeStorageContract(runner, make)
  const failed: string[] = []
  for (const { name, body } of tests) {
    const lost = new Promise<void>((_, reject) => setTimeout(() => reject(new Error('hangs')), 5_000).unref())
    await Promise.race([body(), lost]).catch(() => failed.push(name))
  }
  return failed
}

async function matching(sound: RegistryStorage, query: StorageListQuery, fits: (key: string) => boolean) {
  const { records: present, now } = await sound.scan({ prefix: '', limit: 1000 })
  const records = [...present, ...(await sound.expired({ limit: 1000 })).records].toSorted((a, b) =>
    a.key < b.key ? -1 : 1,
  )
  const after = query.after ?? ''
  const found = records.filter(({ key, workspaceId }) => workspaceId === query.workspaceId && key > after && fits(key))
  const page = found.slice(0, query.limit).map(({ workspaceId: _workspaceId, ...record }) => record)
  const last = page.at(-1)
  return { records: page, ...(found.length > query.limit && last ? { next: last.key } : {}), now }
}

function likePattern(prefix: string): RegExp {
  const escaped = prefix.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(`^${escaped.replaceAll('%', '.*').replaceAll('_', '.')}`)
}

function withoutCondition<W extends { readonly ifVersion?: string | null }>({ ifVersion: _ifVersion, ...write }: W) {
  return write
}

function expiryOf({ expiresAt }: { readonly expiresAt?: number }) {
  return expiresAt === undefined ? {} : { expiresAt }
}
