import { describe, expect, it } from 'vitest'
import { FairPlaces } from '../../src/mcp/fair-places.js'

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

/** Asks for places for people, in order; tells who holds one. */
function crowd(places: number) {
  const room = new FairPlaces(places)
  const seated: string[] = []
  const leaves: (() => void)[] = []
  return {
    room,
    seated,
    async ask(person: string | undefined, times = 1) {
      for (let n = 0; n < times; n++)
        void room.take(person).then((leave) => {
          seated.push(String(person))
          leaves.push(leave)
        })
      await settled()
    },
    async leave(n = 0) {
      leaves.splice(n, 1)[0]!()
      seated.splice(n, 1)
      await settled()
    },
  }
}

describe('places at a server', () => {
  it('are left to others, however many one person asks for', async () => {
    const { ask, seated } = crowd(8)
    await ask('ana', 24)
    expect(seated).toEqual(Array.from({ length: 6 }, () => 'ana'))
    await ask('bo', 5)
    expect(seated.filter((who) => who === 'bo')).toHaveLength(1)
    await ask('cy')
    expect(seated).toHaveLength(8)
    await ask('dee')
    expect(seated).toHaveLength(8)
  })

  it('go to whoever holds fewest', async () => {
    const { ask, leave, seated } = crowd(8)
    await ask('ana', 24)
    await ask('bo', 5)
    await ask('cy')
    await ask('dee', 2)
    await leave()
    expect(seated.at(-1)).toBe('dee')
  })

  it('go to whoever holds fewest of those who could take one, however late they asked', async () => {
    const { ask, leave, seated } = crowd(8)
    await ask('bo', 2)
    await ask('cy')
    await ask('dee')
    await ask('ana', 24)
    expect(seated).toHaveLength(7)
    await ask('bo')
    await ask('cy')
    await leave(seated.indexOf('dee'))
    expect(seated.slice(-2)).toEqual(['ana', 'cy'])
  })

  it('are all available to a single person', async () => {
    const { ask, seated, leave } = crowd(4)
    await ask(undefined, 6)
    expect(seated).toHaveLength(4)
    await leave()
    expect(seated).toHaveLength(4)
  })

  it.each([1, 2, 3, 8])('are never more than %i, and never lost', async (places) => {
    const { room, ask, leave, seated } = crowd(places)
    for (const who of ['ana', 'bo', 'cy']) await ask(who, 10)
    for (let n = 0; n < 30; n++) {
      expect(seated.length).toBeGreaterThan(0)
      expect(seated.length).toBeLessThanOrEqual(places)
      await leave()
    }
    expect(room.unused).toBe(true)
  })

  it('are not waited for any more once the caller gave up', async () => {
    const room = new FairPlaces(1)
    const leave = await room.take('ana')
    const stop = new AbortController()
    const waiting = room.take('bo', stop.signal)
    stop.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' })
    leave()
    leave()
    expect(room.unused).toBe(true)
    ;(await room.take('bo'))()
  })
})
