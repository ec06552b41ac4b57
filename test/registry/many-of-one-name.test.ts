import { expect, it } from 'vitest'
import type { RegistryStorage } from 'mcp-integrations'
import { openGate } from '../support/gate.js'
import { ana, bo, makeStorage } from '../support/registry.js'

it('a name that is taken very often is connected as soon as another one', async () => {
  const inner = makeStorage()
  let lookedUp = 0
  const storage: RegistryStorage = {
    commit: (...args) => inner.commit(...args),
    list: (query) => inner.list(query),
    scan: (query) => inner.scan(query),
    expired: (query) => inner.expired(query),
    async read(workspaceId, keys) {
      lookedUp += keys.filter((key) => key.startsWith('handle/')).length
      return inner.read(workspaceId, keys)
    },
  }
  const { as, server } = await openGate({ storage })
  const connect = async (who = ana) =>
    (await as(who).connect({ url: server.url, name: 'GitHub', agents: ['assistant'] })).integration.handle
  expect([await connect(), await connect(), await connect()]).toEqual(['github', 'github_2', 'github_3'])
  const taken = Array.from({ length: 300 }, (_, n) => ({
    key: `handle/github_${n + 4}`,
    value: { integrationId: 'x' },
  }))
  for (let n = 0; n < taken.length; n += 100) await inner.commit('acme', taken.slice(n, n + 100))
  lookedUp = 0
  const handle = await connect(bo)
  expect(handle).toMatch(/^github_\d{3,8}$/)
  expect(await connect(bo)).not.toBe(handle)
  expect(lookedUp).toBeLessThan(60)
})
