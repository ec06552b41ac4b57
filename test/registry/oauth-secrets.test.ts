import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { inspect } from 'node:util'
import { answerTokenRequests, lifetimeMs, redirectUrl, startOAuthBench } from '../support/oauth-registry.js'
import type { OAuthBench } from '../support/oauth-registry.js'
import { ana } from '../support/registry.js'

const clientSecret = 'CANARY-client-secret-0123456789-0123456789'
const client = {
  client_id: 'registered',
  client_secret: clientSecret,
  token_endpoint_auth_method: 'client_secret_basic',
  redirect_uris: [redirectUrl],
  application_type: 'native',
  scope: 'openid offline_access mcp:read mcp:write',
}
let bench: OAuthBench
const printed: string[] = []
beforeEach(async () => {
  bench = await startOAuthBench({ authorizationServer: { clients: [client] } })
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream)
    vi.spyOn(stream, 'write').mockImplementation((...words: Parameters<typeof write>) => {
      printed.push(String(words[0]))
      return write(...words)
    })
  }
})
afterEach(async () => {
  vi.restoreAllMocks()
  await bench.close()
})

it('no flow reveals a token, a code, a verifier, a state or a client secret', async () => {
  const shown: unknown[] = []
  const told = async (work: Promise<unknown>): Promise<void> =>
    void shown.push(await work.catch((error: unknown) => [error, String(error), (error as Error).stack]))
  const mine = bench.registry.actingAs(ana)
  const oauth = { clientId: 'registered', clientSecret }

  // a sign-in, calls, a refresh that goes well
  const id = await bench.connected({ oauth })
  const toolset = await mine.toolset('assistant')
  const call = () => toolset.call('notes__read_note', { id: '1' })
  await told(call())
  bench.time.now += lifetimeMs + 1000
  await told(call())

  // refreshes, sign-ins and revocations whose answers hold everything that was sent
  const echoing = (): void =>
    answerTokenRequests(bench, ({ form, headers }) => ({
      status: 400,
      body: JSON.stringify({
        error: String(form),
        error_description: `${String(form)} ${headers.authorization ?? ''}`,
      }),
    }))
  echoing()
  bench.time.now += lifetimeMs + 1000
  await told(call())
  const again = await mine.reconnect(id)
  await told(mine.finishConnect(await bench.signIn(again)))
  answerTokenRequests(bench, ({ form }) => ({ body: JSON.stringify({ access_token: `${String(form)}\n` }) }))
  await told(mine.finishConnect(await bench.signIn(await mine.reconnect(id))))
  answerTokenRequests(bench, () => ({ status: 400, body: '{"error":"invalid_grant"}' }), 'refresh_token')
  bench.time.now += 30 * 60_000
  await told(call())
  bench.authorizationServer.intercept = undefined

  // callbacks that are wrong, and one that is used twice
  const callback = await bench.signIn(await mine.reconnect(id))
  await told(mine.finishConnect(callback.replace('iss=', 'iss=x')))
  const good = await bench.signIn(await mine.reconnect(id))
  await told(mine.finishConnect(good))
  await told(mine.finishConnect(good))
  await told(mine.finishConnect(`${good}&code=x`))
  const wrong = { ...oauth, clientSecret: `${clientSecret}-wrong` }
  const input = { url: bench.server.url, name: 'Again', agents: ['assistant' as const], oauth: wrong }
  const second = await mine.connect(input)
  await told(mine.finishConnect(await bench.signIn(second)))
  await told(mine.connect({ ...input, oauth: { ...wrong, grant: { type: 'client_credentials' } } }))

  // what can be read
  shown.push(await mine.list(), await mine.get(id), await mine.available(), await mine.tools(id))
  shown.push((await mine.approvals.list()).approvals, await mine.grants.list(), await mine.audit())
  shown.push((await bench.registry.events({ workspaceId: 'acme' })).events, bench.heard, bench.registry, mine, toolset)
  const stored = await bench.dump()
  await mine.remove(id)
  shown.push(await bench.dump())

  const secrets = secretsOf(bench, [callback, good])
  expect(secrets.size).toBeGreaterThan(15)
  for (const where of [
    inspect(shown, { depth: 30, showHidden: true, maxArrayLength: null, maxStringLength: null }),
    JSON.stringify(shown),
    JSON.stringify(stored),
    printed.join(''),
  ])
    for (const secret of secrets) expect(where.includes(secret), secret.slice(0, 12)).toBe(false)
})

/** Everything secret that went over the wire, as it was sent. */
function secretsOf({ authorizationServer, server }: OAuthBench, callbacks: readonly string[]): Set<string> {
  const fields = ['code', 'code_verifier', 'refresh_token', 'token', 'client_secret']
  const sent = authorizationServer.requests.flatMap(({ form }) => fields.map((field) => form.get(field)))
  const given = callbacks.flatMap((url) => ['code', 'state'].map((name) => new URL(url).searchParams.get(name)))
  const basic = btoa(`registered:${clientSecret}`)
  return new Set(
    [...sent, ...given, ...server.presented, clientSecret, basic].filter((value) => value !== null && value.length > 8),
  ) as Set<string>
}
