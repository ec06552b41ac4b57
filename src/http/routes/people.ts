import { z } from 'zod'
import { route } from '../route.js'
import { schemas } from '../schemas.js'
import { text } from './query.js'

/** The people that the host lists. */
export const peopleRoutes = [
  route({
    verb: [],
    name: 'people',
    method: 'GET',
    path: '/people',
    summary: 'People of your workspace, for the choice of a new owner; no `people` if the host lists none',
    result: schemas.PeopleList,
    query: z.strictObject({ search: text.optional() }),
    perMinute: 240,
    run: async ({ people, query }) => ({ people: await people(query.search) }),
  }),
]
