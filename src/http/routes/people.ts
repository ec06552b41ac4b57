import { z } from 'zod'
import { route } from '../route.js'
import { schemas } from '../schemas.js'
import { text } from './query.js'

/** Whom an integration can be handed to, where the host says so. */
export const peopleRoutes = [
  route({
    verb: [],
    name: 'people',
    method: 'GET',
    path: '/people',
    summary: 'People of your workspace, to choose a new owner from; without `people` where the host lists nobody',
    result: schemas.PeopleList,
    query: z.strictObject({ search: text.optional() }),
    perMinute: 240,
    run: async ({ people, query }) => ({ people: await people(query.search) }),
  }),
]
