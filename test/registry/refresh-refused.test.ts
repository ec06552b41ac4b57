import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { openFront } from '../http/support.js'
import { bo } from '../support/registry.js'

const canary = 'cAnArY-4f9a1c77'

/** A server that refuses every request from now on, and repeats its own URL and key in its challenge. */
async function openRefusing() {
  let isRefusing = false
  const errors: unknown[] = []
  const front = await openFront({
    connect: { headers: { 'X-Api-Key': canary }, visibility: 'workspace', credentials: 'shared' },
    http: { onError: (error) => errors.push(error) },
    fetch: (own) => async (url, init) =>
      isRefusing
        ? new Response('', {
            status: 401,
            headers: {
              'www-authenticate': `Bearer resource_metadata="https://notes.example/${canary}", scope="${canary}", error_description="${canary}"`,
            },
          })
        : own(url, init),
  })
  isRefusing = true
  return { ...front, errors }
}

it('tools of a server that asks for another credential are a typed error without what the server says, and a status', async () => {
  const { as, id } = await openRefusing()
  const error: unknown = await as(bo)
    .refreshTools(id)
    .catch((reason: unknown) => reason)
  expect(error).toMatchObject({
    name: 'IntegrationError',
    code: 'authorization_failed',
    reason: 'credential_rejected',
    integrationId: id,
  })
  expect(inspect(error, { depth: null, showHidden: true }) + JSON.stringify(error)).not.toContain(canary)
  expect((await as(bo).get(id)).status).toBe('reconnect_required')
})

it('they are a problem of their own over HTTP, and no error of the host', async () => {
  const { request, id, errors } = await openRefusing()
  const response = await request(`/integrations/${id}/tools/refresh`, { method: 'POST', as: bo })
  expect(response.status).toBe(422)
  expect(await response.json()).toMatchObject({ code: 'authorization_failed', reason: 'credential_rejected' })
  expect(errors).toEqual([])
})
