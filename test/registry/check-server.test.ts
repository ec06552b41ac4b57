import { describe, expect, it } from 'vitest'
import { openGate } from '../support/gate.js'
import { bo, dump } from '../support/registry.js'

describe('check', () => {
  it('says what a server needs and offers, and stores nothing', async () => {
    const { mine, server, storage } = await openGate()
    const before = await dump(storage)
    expect(await mine.check({ url: server.url })).toMatchObject({
      auth: 'none',
      origin: 'https://notes.example',
      server: { name: 'test-server' },
      tools: [{ name: 'read_note' }, { name: 'write_note' }],
    })
    expect(await mine.check({ url: server.url, headers: { 'X-Api-Key': 'k' } })).toMatchObject({ auth: 'header' })
    expect(await dump(storage)).toEqual(before)
  })

  it('returns the same result for every reason an address is not reachable', async () => {
    const refusal = (cause: object) => Object.assign(new TypeError('fetch failed'), { cause })
    const { mine } = await openGate({
      fetch: (own) => async (input, init) => {
        const { host } = new URL(input instanceof Request ? input.url : input)
        if (host === 'closed.example') throw refusal({ code: 'ECONNREFUSED' })
        if (host === 'unknown.example') throw refusal({ code: 'ENOTFOUND' })
        if (host === 'inside.example') return Response.redirect('http://10.0.0.1/', 302)
        return own(input, init)
      },
    })
    const faults = []
    for (const host of ['closed.example', 'unknown.example', 'inside.example']) {
      const fault = (await mine.check({ url: `https://${host}/mcp` }).catch((error: unknown) => error)) as Error
      faults.push(JSON.stringify(fault).replaceAll(host, '<host>'))
    }
    expect(faults[0]).toContain('"code":"unreachable"')
    expect(new Set(faults).size).toBe(1)
  })

  it('refuses an invalid URL, and says what is wrong', async () => {
    const { mine } = await openGate()
    await expect(mine.check({ url: 'not a url' })).rejects.toMatchObject({
      code: expect.stringMatching(/invalid_input|url_refused/) as unknown,
    })
    await expect(mine.check({} as never)).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(mine.check({ connector: 'nobody' })).rejects.toMatchObject({ code: 'not_found' })
  })

  it('is bounded for each person, and free again after a minute', async () => {
    const { mine, as, server, runtime } = await openGate()
    for (let n = 0; n < 30; n++) await mine.check({ url: server.url })
    await expect(mine.check({ url: server.url })).rejects.toMatchObject({ code: 'limit_reached', retryAfterMs: 60_000 })
    await as(bo).check({ url: server.url })
    await runtime.advance(60_000)
    await mine.check({ url: server.url })
  })
})
