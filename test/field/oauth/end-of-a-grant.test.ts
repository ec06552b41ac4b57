import { describe, expect, it } from 'vitest'
import type { Reply } from '../../support/protected-server.js'
import { lifetimeMs, noteOf, startWorld, type World } from './support.js'

const minute = 60_000

async function refusing(answer: Reply): Promise<World & { readonly id: string }> {
  const world = await startWorld()
  const id = await world.connected()
  world.time.now += lifetimeMs + 1000
  world.atAs.set('/token', () => answer)
  return Object.assign(world, { id })
}

const outcome = (world: World): Promise<unknown> => world.call().catch((error: unknown) => error)

/** Words that are final at once. */
const words: readonly (readonly [string, Reply])[] = [
  ['another case', { status: 400, json: { error: 'INVALID_GRANT' } }],
  ['an object (claude-code#83679)', { status: 400, json: { error: { code: 'invalid_grant' } } }],
  [
    '200 with invalid_refresh_token (Slack: claude-code#33704)',
    { json: { ok: false, error: 'invalid_refresh_token' } },
  ],
  ['200 with bad_refresh_token (GitHub)', { json: { error: 'bad_refresh_token' } }],
  ['interaction_required (Entra)', { status: 400, json: { error: 'interaction_required' } }],
  ['consent_required', { status: 400, json: { error: 'consent_required' } }],
  ['login_required', { status: 401, json: { error: 'login_required' } }],
  ['unsupported_grant_type', { status: 400, json: { error: 'unsupported_grant_type' } }],
  ['a form', { status: 400, text: 'error=bad_refresh_token&error_description=x' }],
  ['403', { status: 403, json: { error: 'invalid_grant' } }],
  ['words with a blank', { status: 400, json: { error: 'Invalid Grant' } }],
  ['words in one', { status: 400, json: { error: 'InvalidGrant' } }],
  ['words with a hyphen', { status: 400, json: { error: 'invalid-grant' } }],
  ['a list of one', { status: 400, json: [{ error: 'invalid_grant' }] }],
  ['the word alone', { status: 400, text: 'invalid_grant' }],
  ['the word alone, as JSON', { status: 400, text: '"invalid_grant"' }],
  ['JSON behind a byte order mark', { status: 400, text: '\uFEFF{"error":"invalid_grant"}' }],
]

it.each(words)('a final error requires a reconnect at once: %s', async (_what, answer) => {
  const world = await refusing(answer)
  expect(await world.call()).toMatchObject({ type: 'authorization_required', action: 'reconnect' })
  expect(await world.mine.get(world.id)).toMatchObject({
    status: 'reconnect_required',
    statusDetail: { reason: 'refresh_rejected' },
  })
  world.time.now += 60 * minute
  await world.call()
  expect(world.tokenRequests('refresh_token')).toHaveLength(1)
})

/** Refusals in words that are not final by themselves. */
const refusals: readonly (readonly [string, Reply])[] = [
  [
    'invalid_request (obot#7501, metabase#80389)',
    { status: 400, json: { error: 'invalid_request', error_description: 'refresh_token is invalid' } },
  ],
  ['a list with 401', { status: 401, json: [{ message: 'Bad credentials' }] }],
  ['invalid_target', { status: 400, json: { error: 'invalid_target' } }],
  ['invalid_scope', { status: 400, json: { error: 'invalid_scope' } }],
  ['404 in JSON', { status: 404, json: { message: 'Not Found' } }],
  ['422', { status: 422, json: { message: 'token revoked' } }],
  ['410', { status: 410, json: {} }],
  ['200 with an unknown error', { json: { error: 'token_gone' } }],
]

describe.each(refusals)('a refusal with another error, %s', (_what, answer) => {
  it('is final once it has lasted: three times, over more than ten minutes', async () => {
    const world = await refusing(answer)
    expect(await outcome(world)).toMatchObject({ code: 'server_error', mayHaveRun: false })
    expect(await outcome(world)).toMatchObject({ code: 'server_error' })
    expect(world.tokenRequests('refresh_token')).toHaveLength(1)
    world.time.now += 4 * minute
    expect(await outcome(world)).toMatchObject({ code: 'server_error' })
    world.time.now += 7 * minute
    // Counted across processes.
    const other = world.another()
    expect(await world.call(other)).toMatchObject({ type: 'authorization_required', action: 'reconnect' })
    expect(await world.mine.get(world.id)).toMatchObject({ status: 'reconnect_required' })
    expect(world.tokenRequests('refresh_token')).toHaveLength(3)
  })

  it('is forgotten by a success', async () => {
    const world = await refusing(answer)
    await outcome(world)
    world.time.now += 4 * minute
    await outcome(world)
    world.atAs.delete('/token')
    world.time.now += 7 * minute
    expect(await world.call()).toMatchObject(noteOf('ana'))
    world.time.now += lifetimeMs + minute
    world.atAs.set('/token', () => answer)
    expect(await outcome(world)).toMatchObject({ code: 'server_error' })
  })
})

it('three refusals within ten minutes are not final yet', async () => {
  const world = await refusing({ status: 400, json: { error: 'invalid_request' } })
  for (let n = 0; n < 3; n++) {
    expect(await outcome(world)).toMatchObject({ code: 'server_error' })
    world.time.now += 2.5 * minute
  }
  expect(world.tokenRequests('refresh_token')).toHaveLength(3)
  expect(await world.mine.get(world.id)).toMatchObject({ status: 'error' })
})

/** What never ends a grant, however long it lasts. */
it.each<[string, Reply]>([
  ['408', { status: 408 }],
  ['425', { status: 425, json: { error: 'invalid_request' } }],
  ['429', { status: 429, json: { error: 'invalid_request' } }],
  ['days of 503', { status: 503, json: { error: 'invalid_grant' } }],
  ['no answer', 'reset'],
  ['a firewall', { status: 403, text: '<html>blocked</html>' }],
  ['an empty body', { status: 400 }],
  ['a sentence that is no word of OAuth', { status: 400, text: 'the grant is invalid' }],
  ['500 with a final word', { status: 500, json: { error: 'invalid_grant' } }],
])('no grant is lost: %s', async (_what, answer) => {
  const world = await refusing(answer)
  for (let n = 0; n < 12; n++) {
    expect(await outcome(world)).not.toMatchObject({ type: 'authorization_required' })
    world.time.now += 6 * 60 * minute
  }
  expect(await world.mine.get(world.id)).toMatchObject({ status: 'error' })
  world.atAs.delete('/token')
  expect(await world.call()).toMatchObject(noteOf('ana'))
})
