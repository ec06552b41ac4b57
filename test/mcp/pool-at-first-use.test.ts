import { describe, expect, it } from 'vitest'
import type { Connection } from '../../src/mcp/connection.js'
import { poolAtFirstUse } from '../../src/mcp/pool-at-first-use.js'
import { manualRuntime } from '../../src/testing/manual-runtime.js'
import { testServer } from '../../src/testing/mcp-server.js'
import { listing, open, rejectionOf, sent } from './support.js'

function given() {
  const runtime = manualRuntime()
  const server = testServer({ tools: [{ name: 'echo' }], era: 'legacy' })
  const pool = poolAtFirstUse({ runtime, concurrency: 8, idleMs: 60_000, maxConnections: 100 })
  return { pool, server, opener: () => open(server, { runtime }) }
}

const list = (connection: Connection) => connection.listTools(listing)

describe('a pool that is loaded at its first use', () => {
  it('opens one connection for all who came while it was loaded, and for later ones', async () => {
    const { pool, server, opener } = given()
    await Promise.all([pool.use('a', opener, list), pool.use('a', opener, list)])
    await pool.use('a', opener, list)
    expect(sent(server).filter((method) => method === 'initialize')).toHaveLength(1)
    await pool.close()
  })

  it.each(['retireKeys', 'closeKeys'] as const)('%s() reaches those who wait for it to be loaded', async (end) => {
    const { pool, server, opener } = given()
    const using = pool.use('a/1', opener, list).catch((error: unknown) => error)
    await pool[end]('a/')
    await using
    await pool.use('a/1', opener, list)
    expect(sent(server).filter((method) => method === 'initialize')).toHaveLength(2)
    expect(sent(server).filter((method) => method === 'DELETE')).toHaveLength(1)
    await pool.close()
  })

  it.each(['before it is used', 'while it is loaded'])('is closed %s', async (when) => {
    const { pool, server, opener } = given()
    const early = when === 'while it is loaded' ? rejectionOf(pool.use('a', opener, list)) : undefined
    await pool.close()
    expect(await (early ?? rejectionOf(pool.use('a', opener, list)))).toMatchObject({ code: 'closed' })
    expect(await rejectionOf(pool.once(opener, list))).toMatchObject({ code: 'closed' })
    expect(server.requests).toEqual([])
  })
})
