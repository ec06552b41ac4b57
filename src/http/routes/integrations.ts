import { z } from 'zod'
import type { CheckInput, ConnectInput, ConnectResult, UpdateInput } from '../../index.js'
import {
  authorizeInput,
  checkInput,
  connectInput,
  reconnectInput,
  updateInput,
  wayBackInput,
} from '../../model/input.js'
import { Reply, route, tagged } from '../route.js'
import { schemas } from '../schemas.js'
import { flag, limit, text } from './query.js'

/** Connecting servers, and operations on one integration. */
export const integrationRoutes = [
  route({
    verb: 'list',
    method: 'GET',
    path: '/integrations',
    summary: 'The integrations that you can use, oldest first',
    result: schemas.IntegrationList,
    query: z.strictObject({
      scope: z.enum(['mine', 'all']).optional(),
      search: text.optional(),
      attention: flag.optional(),
      limit: limit.optional(),
      after: text.optional(),
    }),
    async run({ mine, query, signal }) {
      const { limit: most } = query
      // One more than requested shows whether there is a next page.
      const found = await mine.list({
        ...query,
        limit: most === undefined ? undefined : Math.min(most + 1, 1000),
        signal,
      })
      const integrations = found.slice(0, most)
      return { integrations, next: found.length > integrations.length ? integrations.at(-1)?.id : undefined }
    },
  }),
  route({
    verb: 'check',
    method: 'POST',
    path: '/integrations/check',
    summary: 'Checks a server before it is connected; stores nothing',
    result: schemas.ServerCheck,
    body: checkInput,
    run: ({ mine, body, signal }) => mine.check(body as CheckInput, { signal }),
  }),
  route({
    verb: 'connect',
    method: 'POST',
    path: '/integrations',
    summary: 'Connects a custom server or a catalogue entry',
    result: schemas.ConnectResult,
    query: wayBackInput,
    body: connectInput,
    async run({ mine, query, body, signal }) {
      const made = await mine.connect(body as ConnectInput, { ...query, signal })
      return new Reply(made, { status: 201, location: `/integrations/${made.integration.id}`, ...tagOf(made) })
    },
  }),
  route({
    verb: 'get',
    method: 'GET',
    path: '/integrations/{id}',
    summary: 'One integration',
    result: schemas.Integration,
    run: async ({ mine, params, signal }) => tagged(await mine.get(params.id, { signal })),
  }),
  route({
    verb: 'update',
    method: 'PATCH',
    path: '/integrations/{id}',
    summary: 'Edits the given fields and keeps the others (JSON merge patch)',
    result: schemas.Integration,
    body: updateInput,
    ifMatch: 'optional',
    run: async ({ mine, params, body, ifMatch, signal }) =>
      tagged(await mine.update(params.id, body as UpdateInput, { ifRevision: revisionIn(ifMatch), signal })),
  }),
  route({
    verb: 'remove',
    method: 'DELETE',
    path: '/integrations/{id}',
    summary: 'Removes an integration: revokes its tokens, erases its secrets, ends its pending approvals',
    run: ({ mine, params, signal }) => mine.remove(params.id, { signal }),
  }),
  route({
    verb: 'validate',
    method: 'POST',
    path: '/integrations/{id}/validate',
    summary: 'Checks an integration with the real credential, and starts a sign-in if one is needed',
    result: schemas.ConnectResult,
    query: wayBackInput,
    run: ({ mine, params, query, signal }) => mine.validate(params.id, { ...query, signal }),
  }),
  route({
    verb: 'reconnect',
    method: 'POST',
    path: '/integrations/{id}/reconnect',
    summary: 'Signs in again; agents, tool settings and grants are kept',
    result: schemas.ConnectResult,
    query: wayBackInput,
    body: reconnectInput,
    bodyOptional: true,
    run: ({ mine, params, query, body, signal }) => mine.reconnect(params.id, body, { ...query, signal }),
  }),
  route({
    verb: 'authorize',
    method: 'POST',
    path: '/integrations/{id}/authorize',
    summary: 'Sets your own credential of an integration with a credential per person',
    result: schemas.ConnectResult,
    query: wayBackInput,
    body: authorizeInput,
    bodyOptional: true,
    run: ({ mine, params, query, body, signal }) => mine.authorize(params.id, body, { ...query, signal }),
  }),
  route({
    verb: 'signOut',
    method: 'POST',
    path: '/integrations/{id}/sign-out',
    summary: 'Revokes and erases your own credential',
    run: ({ mine, params, signal }) => mine.signOut(params.id, { signal }),
  }),
  route({
    verb: 'enable',
    method: 'POST',
    path: '/integrations/{id}/enable',
    summary: 'Turns an integration on',
    result: schemas.Integration,
    run: async ({ mine, params, signal }) => tagged(await mine.enable(params.id, { signal })),
  }),
  route({
    verb: 'disable',
    method: 'POST',
    path: '/integrations/{id}/disable',
    summary: 'Turns an integration off at once, and ends its running calls',
    result: schemas.Integration,
    run: async ({ mine, params, signal }) => tagged(await mine.disable(params.id, { signal })),
  }),
  route({
    verb: 'transferOwner',
    method: 'POST',
    path: '/integrations/{id}/transfer',
    summary: 'Transfers an integration to another person',
    body: z.strictObject({ userId: text }),
    run: ({ mine, params, body, signal }) => mine.transferOwner(params.id, body.userId, { signal }),
  }),
  route({
    verb: 'trust',
    method: 'POST',
    path: '/integrations/{id}/trust',
    summary: 'Sets whether the annotations of the server are trusted; If-Match names the revision that was read',
    result: schemas.Integration,
    body: z.strictObject({ trusted: z.boolean() }),
    ifMatch: 'required',
    run: async ({ mine, params, body, ifMatch, signal }) =>
      tagged(await mine.trust(params.id, body.trusted, { ifRevision: revisionIn(ifMatch), signal })),
  }),
]

function tagOf({ integration }: ConnectResult): { etag: number } {
  return { etag: integration.revision }
}

/** A tag that is not a revision matches no integration. */
function revisionIn(ifMatch: string | undefined): number | undefined {
  return ifMatch === undefined ? undefined : /^\d{1,15}$/.test(ifMatch) ? Number(ifMatch) : 0
}
