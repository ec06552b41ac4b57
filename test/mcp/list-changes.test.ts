import { afterEach, describe, expect, it } from 'vitest'
import { manualRuntime } from '../../src/testing/manual-runtime.js'
import { testServer, type TestServer } from '../../src/testing/mcp-server.js'
import { listing, open, sent } from './support.js'

const servers: TestServer[] = []

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

function serve(era: 'modern' | 'legacy'): TestServer {
  const server = testServer({ tools: [{ name: 'a' }], era })
  servers.push(server)
  return server
}

const opensStream = { modern: 'subscriptions/listen', legacy: 'GET' }

describe.each(['modern', 'legacy'] as const)('changes of the tools of a %s server', (era) => {
  it('are reported to an open connection', async () => {
    const runtime = manualRuntime()
    const server = serve(era)
    let told = false
    const connection = await open(server, { runtime, onToolsChanged: () => (told = true) })
    expect(sent(server)).not.toContain(opensStream[era])
    await runtime.advance(5_000)
    await until(() => sent(server).includes(opensStream[era]))
    await settled()
    await server.setTools([{ name: 'a' }, { name: 'b' }])
    await until(() => told)
    expect((await connection.listTools(listing)).tools).toHaveLength(2)
    await connection.close()
    await settled()
    expect(runtime.timers).toBe(0)
  })

  it('are told at a pace that slows down, however often they happen, and the last one always', async () => {
    const runtime = manualRuntime()
    const server = serve(era)
    let told = 0
    const connection = await open(server, { runtime, onToolsChanged: () => void told++ })
    await runtime.advance(5_000)
    await until(() => sent(server).includes(opensStream[era]))
    await settled()
    for (let n = 0; n < 50; n++) await server.setTools([{ name: 'a', description: `${n % 2}` }])
    await until(() => told >= 2)
    await settled()
    // The first, and what completes it.
    expect(told).toBe(2)
    for (const [seconds, times] of [
      [5, 3],
      [9, 3],
      [1, 4],
    ] as const) {
      await runtime.advance(seconds * 1_000)
      await until(() => told >= times)
      await settled()
      expect(told).toBe(times)
      for (let n = 0; n < 20; n++) await server.setTools([{ name: 'a', description: `${n % 2}` }])
      await settled()
    }
    await connection.close()
  })

  it('cost nothing without a listener', async () => {
    const runtime = manualRuntime()
    const server = serve(era)
    const connection = await open(server, { runtime })
    await runtime.advance(60_000)
    expect(sent(server)).not.toContain(opensStream[era])
    await connection.close()
  })

  it('are listened for again after the stream ends and a pause, and are assumed in between', async () => {
    const runtime = manualRuntime()
    const server = serve(era)
    let told = 0
    let streams = 0
    const fetch = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
      const opens = init?.method === 'GET' || String(init?.body).includes('subscriptions/listen')
      if (!opens) return server.fetch(url, init)
      streams++
      return new Response('', { headers: { 'content-type': 'text/event-stream' } })
    }
    const connection = await open({ url: server.url, fetch }, { runtime, onToolsChanged: () => void told++ })
    await runtime.advance(5_000)
    await until(() => streams === 1)
    await settled()
    await runtime.advance(400)
    expect([streams, told]).toEqual([1, 0])
    await runtime.advance(600)
    await until(() => streams === 2)
    await connection.close()
    await settled()
    await runtime.advance(600_000)
    expect(streams).toBe(2)
    if (era === 'legacy') expect(told).toBe(1)
  })
})

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await settled()
}

/** Lets everything that is ready run. */
async function settled(): Promise<void> {
  for (let n = 0; n < 20; n++) await new Promise((resolve) => setImmediate(resolve))
}
