import {
  appendedKey,
  checkExpired,
  checkList,
  checkRead,
  checkScan,
  checkWrites,
  expiredCursor,
  scanCursor,
} from 'mcp-integrations/storage'

/**
 * A registry storage over a plain key-value store, which can only `get(name)` and `putIfVersion(name, value, version)`:
 * the records of a workspace are one value of it, and so a commit is one compare-and-set.
 */
export function ownStorage({ store, now = Date.now }) {
  const isPresent = (record) => record !== undefined && (record.expiresAt ?? Infinity) > now()

  async function load(name) {
    const stored = await store.get(name)
    return { last: 0, records: [], ids: [], ...(stored && JSON.parse(stored.value)), version: stored?.version }
  }

  async function select(workspaceId, { prefix = '', after, reverse = false }) {
    const { records } = await load(`workspace/${workspaceId}`)
    const found = records.filter((record) => record.key.startsWith(prefix) && isPresent(record))
    const isBefore = (a, b) => (reverse ? a > b : a < b)
    return found
      .filter(({ key }) => after === undefined || isBefore(after, key))
      .toSorted((a, b) => (isBefore(a.key, b.key) ? -1 : 1))
  }

  async function remember(workspaceId) {
    for (;;) {
      const { ids, version } = await load('workspaces')
      const all = { ids: [...ids, workspaceId].toSorted() }
      if (ids.includes(workspaceId) || (await store.putIfVersion('workspaces', JSON.stringify(all), version))) return
    }
  }

  function page(found, limit, cursorOf) {
    const records = found.slice(0, limit)
    return { records, ...(found.length > limit && { next: cursorOf(records.at(-1)) }), now: now() }
  }

  return {
    async read(workspaceId, keys) {
      checkRead(workspaceId, keys)
      const byKey = new Map((await select(workspaceId, {})).map((record) => [record.key, record]))
      return { records: keys.map((key) => byKey.get(key)), now: now() }
    },
    async list(query) {
      checkList(query)
      return page(await select(query.workspaceId, query), query.limit, (last) => last.key)
    },
    async commit(workspaceId, writes) {
      const values = checkWrites(workspaceId, writes)
      await remember(workspaceId)
      for (;;) {
        const { last, records, version } = await load(`workspace/${workspaceId}`)
        const byKey = new Map(records.map((record) => [record.key, record]))
        for (const { key, ifVersion } of writes) {
          if (ifVersion === null && isPresent(byKey.get(key))) return false
          if (typeof ifVersion === 'string' && byKey.get(key)?.version !== ifVersion) return false
        }
        let number = last
        const written = writes.map(({ append, key = appendedKey(append, ++number), expiresAt, ...write }, index) => {
          if (write.check) return { key, version: write.ifVersion } // holds the commit to a version, writes nothing
          byKey.delete(key)
          if (values[index] === undefined) return { key, version: undefined }
          const record = { key, version: crypto.randomUUID(), value: JSON.parse(values[index]), expiresAt }
          byKey.set(key, record)
          return { key, version: record.version }
        })
        const value = JSON.stringify({ last: number, records: [...byKey.values()] })
        if (await store.putIfVersion(`workspace/${workspaceId}`, value, version)) return written
      }
    },
    async scan(query) {
      const from = checkScan(query)
      const found = []
      for (const workspaceId of (await load('workspaces')).ids.filter((id) => id >= from.workspaceId)) {
        const after = workspaceId === from.workspaceId ? from.key : ''
        const records = await select(workspaceId, { ...query, after })
        found.push(...records.map((record) => ({ ...record, workspaceId })))
      }
      return page(found, query.limit, scanCursor)
    },
    // Here it reads everything, as one value holds a whole workspace. A database needs an index on `expiresAt`.
    async expired(query) {
      const from = checkExpired(query)
      const found = []
      for (const workspaceId of (await load('workspaces')).ids)
        for (const record of (await load(`workspace/${workspaceId}`)).records)
          if (!isPresent(record) && isAfter(from, { ...record, workspaceId })) found.push({ ...record, workspaceId })
      return page(
        found.toSorted((a, b) => (isAfter(a, b) ? -1 : 1)),
        query.limit,
        expiredCursor,
      )
    },
  }
}

/** Whether `b` comes after `a` in order of expiry, workspace and key. */
function isAfter(a, b) {
  if (a.expiresAt !== b.expiresAt) return a.expiresAt < b.expiresAt
  if (a.workspaceId !== b.workspaceId) return a.workspaceId < b.workspaceId
  return a.key < b.key
}
