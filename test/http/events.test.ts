import type { ActorEvent } from 'mcp-integrations'
import { describe, expect, it } from 'vitest'
import { ana, bo } from '../support/registry.js'
import { openFront, type Front } from './support.js'
import { eventually } from '../support/eventually.js'

interface Frame {
  readonly id?: string | undefined
  readonly event?: string | undefined
  readonly data?: ActorEvent | undefined
  readonly comment?: true | undefined
}

interface Reader {
  readonly response: Response
  /** The next frame; `undefined`: the stream has ended. */
  next(): Promise<Frame | undefined>
  close(): Promise<void>
}

async function open(front: Front, headers: Record<string, string> = {}, as = ana): Promise<Reader> {
  const response = await front.request('/events', { headers: { accept: 'text/event-stream', ...headers }, as })
  if (response.status !== 200) return { response, next: async () => undefined, close: async () => {} }
  const reader = response.body!.getReader()
  const decoder = new TextDecoder()
  const frames: string[] = []
  return {
    response,
    async next() {
      while (frames.length === 0) {
        const { done, value } = await reader.read()
        if (done) return undefined
        frames.push(...decoder.decode(value).split('\n\n').slice(0, -1))
      }
      const frame = frames.shift()!
      if (frame === ':') return { comment: true }
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(frame)?.[1]
      return { id: field('id'), event: field('event'), data: JSON.parse(field('data')!) as ActorEvent }
    },
    close: () => reader.cancel(),
  }
}

describe('the event stream', () => {
  it('starts at the end of the feed, and sends only events that this person can see', async () => {
    const front = await openFront()
    const mine = await open(front)
    const bos = await open(front, {}, bo)
    expect(mine.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(mine.response.headers.get('cache-control')).toBe('no-store, no-transform')
    expect(mine.response.headers.get('x-accel-buffering')).toBe('no')
    const { after } = await front.mine.events({ after: 'latest' })
    expect(await mine.next()).toMatchObject({ event: 'open', id: after })
    await bos.next()
    await front.mine.disable(front.id)
    expect(await mine.next()).toMatchObject({ data: { type: 'integration_disabled', integrationId: front.id } })
    await front.mine.update(front.id, { visibility: 'workspace' })
    expect(await bos.next()).toMatchObject({ data: { type: 'integration_updated' } })
    await mine.close()
    await bos.close()
  })

  it('continues after Last-Event-ID without gaps or duplicates', async () => {
    const front = await openFront()
    const first = await open(front)
    const { id } = (await first.next())!
    await first.close()
    await front.mine.disable(front.id)
    await front.mine.enable(front.id)
    const second = await open(front, { 'last-event-id': id! })
    expect(await second.next()).toMatchObject({ event: 'open' })
    expect(await second.next()).toMatchObject({ data: { type: 'integration_disabled' } })
    const enabled = await second.next()
    expect(enabled).toMatchObject({ data: { type: 'integration_enabled' } })
    await front.mine.disable(front.id)
    expect(await second.next()).toMatchObject({ data: { type: 'integration_disabled' } })
    await second.close()
    const third = await open(front, { 'last-event-id': enabled!.id! })
    await third.next()
    expect(await third.next()).toMatchObject({ data: { type: 'integration_disabled' } })
    await third.close()
  })

  it.each([
    ['is of another feed', '0000000000099999'],
    ['is no id at all', 'yesterday'],
    ['is empty', ''],
  ])('resets a reader if its cursor %s', async (_what, cursor) => {
    const front = await openFront()
    const stream = await open(front, { 'last-event-id': cursor })
    expect(await stream.next()).toMatchObject({ event: 'open' })
    expect(await stream.next()).toMatchObject({ event: 'reset' })
    await stream.close()
  })

  it('resets a reader that was away longer than events are kept, or missed too many', async () => {
    const front = await openFront({ retention: { eventsMs: 60_000 } })
    const { id } = (await (await open(front)).next())!
    for (let n = 0; n < 510; n++) await front.mine.update(front.id, { name: `Name ${n}` })
    const late = await open(front, { 'last-event-id': id! })
    await late.next()
    expect(await late.next()).toMatchObject({ event: 'reset' })
    await front.runtime.advance(60_001)
    await front.mine.disable(front.id)
    const later = await open(front, { 'last-event-id': id! })
    await later.next()
    expect(await later.next()).toMatchObject({ event: 'reset' })
  })

  it("buffers a bounded number of events for a reader that doesn't read, then resets it", async () => {
    const front = await openFront()
    const stream = await open(front)
    await stream.next()
    for (let n = 0; n < 510; n++) await front.mine.update(front.id, { name: `Name ${n}` })
    const { after } = await front.mine.events({ after: 'latest' })
    await eventually(async () => expect(await front.mine.events({ after })).toMatchObject({ events: [] }))
    let frame = await stream.next()
    // A read that was under way already holds the first of them.
    while (frame !== undefined && frame.event !== 'reset') frame = await stream.next()
    expect(frame).toBeDefined()
    await front.mine.disable(front.id)
    while (frame !== undefined && frame.data?.type !== 'integration_disabled') frame = await stream.next()
    expect(frame).toBeDefined()
    await stream.close()
  })

  it('sends a comment every 20 s, and ends after five minutes, so that the host authenticates again', async () => {
    const front = await openFront()
    const stream = await open(front)
    await stream.next()
    await front.runtime.advance(20_000)
    expect(await stream.next()).toEqual({ comment: true })
    await front.runtime.advance(280_000)
    let frame = await stream.next()
    while (frame?.comment === true) frame = await stream.next()
    expect(frame).toBeUndefined()
  })

  it('allows four streams per person; one that ends makes room', async () => {
    const front = await openFront()
    const streams = await Promise.all([1, 2, 3, 4].map(() => open(front)))
    const fifth = await open(front)
    expect(fifth.response.status).toBe(429)
    expect(fifth.response.headers.get('retry-after')).toBe('5')
    expect(await fifth.response.json()).toMatchObject({ code: 'limit_reached' })
    expect((await open(front, {}, bo)).response.status).toBe(200)
    await streams[0]!.close()
    expect((await open(front)).response.status).toBe(200)
  })

  it('ends with the request, and with the registry', async () => {
    const front = await openFront()
    const gone = new AbortController()
    const response = await front.request('/events', {
      headers: { accept: 'text/event-stream' },
      signal: gone.signal,
    })
    const stream = await open(front)
    await stream.next()
    gone.abort()
    expect(await response.text()).toContain('event: open')
    await front.registry.close()
    expect(await stream.next()).toBeUndefined()
  })

  it('is only for pages of the origin, and for signed-in people', async () => {
    const front = await openFront()
    const foreign = await open(front, { 'sec-fetch-site': 'same-site' })
    expect(foreign.response.status).toBe(403)
    const anonymous = await front.handler(
      new Request('https://app.example/api/mcp/events', { headers: { accept: 'text/event-stream' } }),
    )
    expect(anonymous.status).toBe(401)
  })

  it('is a page of events for clients that poll', async () => {
    const { client, mine } = await openFront()
    expect(await client.events()).toEqual(await mine.events())
    const { after } = await client.events({ after: 'latest' })
    expect(await client.events({ after, limit: 5 })).toEqual({ events: [], after })
  })
})

describe('the client', () => {
  it('listens, reconnects when the stream ends, and misses no event', async () => {
    const front = await openFront()
    const stop = new AbortController()
    const heard: string[] = []
    const { after } = await front.mine.events({ after: 'latest' })
    const listening = (async () => {
      for await (const { type } of front.client.listen({ after, signal: stop.signal })) heard.push(type)
    })()
    await front.mine.disable(front.id)
    await eventually(() => expect(heard).toEqual(['integration_disabled']))
    await front.runtime.advance(300_000)
    await front.mine.enable(front.id)
    await eventually(() => expect(heard).toEqual(['integration_disabled', 'integration_enabled']))
    stop.abort()
    await listening
  })

  it('rejects if the stream is refused', async () => {
    const front = await openFront({ http: { actor: () => undefined } })
    await expect(front.client.listen().next()).rejects.toMatchObject({ status: 401, code: 'unauthenticated' })
  })
})
