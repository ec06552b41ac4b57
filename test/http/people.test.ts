import { expect, it } from 'vitest'
import { ana } from '../support/registry.js'
import { openFront } from './support.js'

const staff = [
  { id: 'bo', name: 'Bo Berg', email: 'bo@example.com' },
  { id: 'cy', name: 'Cy Chen', email: 'cy@example.com' },
]

it('lists no people without the option `people`', async () => {
  const { client } = await openFront()
  expect(await client.people()).toBeUndefined()
})

it('returns the people that the host finds for the actor, with id and name only', async () => {
  const asked: unknown[] = []
  const { client } = await openFront({
    http: {
      people: (actor, { search }) => {
        asked.push([actor.userId, search])
        return staff.filter(({ name }) => search === undefined || name.includes(search))
      },
    },
  })
  expect(await client.people()).toEqual([
    { id: 'bo', name: 'Bo Berg' },
    { id: 'cy', name: 'Cy Chen' },
  ])
  expect(await client.people({ search: 'Chen' })).toEqual([{ id: 'cy', name: 'Cy Chen' }])
  expect(asked).toEqual([
    [ana.userId, undefined],
    [ana.userId, 'Chen'],
  ])
})

it('returns at most a hundred, and no details of an error of the host', async () => {
  const errors: unknown[] = []
  const many = Array.from({ length: 101 }, (_, n) => ({ id: `p${n}`, name: `Person ${n}` }))
  const { client } = await openFront({
    http: {
      people: (_actor, { search }) => (search === 'broken' ? [{ id: 'x', name: 7 as unknown as string }] : many),
      onError: (error) => errors.push(error),
    },
  })
  expect(await client.people()).toHaveLength(100)
  await expect(client.people({ search: 'broken' })).rejects.toMatchObject({ status: 500, code: 'internal' })
  expect(errors).toHaveLength(1)
})

it("doesn't call the host for a person who is not signed in", async () => {
  const asked: unknown[] = []
  const { handler } = await openFront({ http: { people: () => (asked.push(1), []) } })
  const answer = await handler(new Request('https://app.example/api/mcp/people'))
  expect([answer.status, asked]).toEqual([401, []])
})
