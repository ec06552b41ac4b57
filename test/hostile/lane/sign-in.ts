import { isIntegrationError } from 'mcp-integrations'
import { ana, openHost, type Host } from './host.js'
import { Ended } from './meet.js'

/** Begins a sign-in. @returns the callback that an honest authorization server would send somebody back with */
export async function begin({ mine, timed, secrets }: Host, issuer: string, name = 'Hostile'): Promise<URL> {
  const begun = await timed('connect', mine.connect({ url: `${issuer}/mcp`, name, agents: ['assistant'] }))
  if (begun.type !== 'authorization_required') throw new Ended(begun.type)
  return callbackOf(secrets, begun.authorizationUrl, issuer)
}

function callbackOf(secrets: string[], authorizationUrl: string, issuer: string): URL {
  const page = new URL(authorizationUrl)
  for (const name of ['state', 'redirect_uri', 'code_challenge', 'code_challenge_method'])
    if (page.searchParams.getAll(name).length !== 1) throw new Error(`${name} is not exactly once in the page`)
  if (page.searchParams.get('code_challenge_method') !== 'S256') throw new Error('the challenge is not S256')
  if (!/^https?:$/.test(page.protocol)) throw new Error(`a page of ${page.protocol}`)
  const callback = new URL(page.searchParams.get('redirect_uri')!)
  const state = page.searchParams.get('state')!
  secrets.push(state)
  callback.searchParams.set('code', 'canary-code')
  callback.searchParams.set('state', state)
  callback.searchParams.set('iss', issuer)
  return callback
}

async function finish({ mine, timed }: Host, callback: URL): Promise<string> {
  const finished = await timed('connect', mine.finishConnect(callback.href))
  if (finished.type !== 'connected') throw new Ended(finished.type)
  await mine.configureTools(finished.integration.id, { good: { approval: 'auto' } })
  return finished.integration.id
}

/** Signs in, and calls a tool after the token has expired. */
export async function signIn(host: Host, issuer: string, change?: (callback: URL) => void): Promise<string> {
  const callback = await begin(host, issuer)
  change?.(callback)
  await finish(host, callback)
  host.time.aheadMs += 600_000
  return host.call('hostile__good')
}

/** Signs in, and calls several times within the time in which one refresh is enough. */
export async function callsAgainAndAgain(host: Host, issuer: string): Promise<string> {
  await finish(host, await begin(host, issuer))
  let last = ''
  for (let n = 0; n < 4; n++) {
    last = await host.call('hostile__good').catch(codeOf)
    host.time.aheadMs += 5_000
  }
  return last
}

/** Signs in once more for the scopes that were missing, and calls again. */
export async function signsInAgain(host: Host, issuer: string): Promise<string> {
  const id = await finish(host, await begin(host, issuer))
  const first = await host.call('hostile__good')
  if (first !== 'authorization_required') throw new Ended(first)
  const begun = await host.timed('connect', host.mine.reconnect(id))
  if (begun.type !== 'authorization_required') throw new Ended(begun.type)
  await finish(host, callbackOf(host.secrets, begun.authorizationUrl, issuer))
  return host.call('hostile__good')
}

/** Two registries of the same records call at once when the token has expired. @returns how both calls ended */
export async function callsOfTwo(host: Host, issuer: string): Promise<string> {
  await finish(host, await begin(host, issuer))
  host.time.aheadMs += 600_000
  const other = openHost({ records: host.records, now: host.now })
  try {
    const ends = await Promise.all([host, other].map((one) => one.call('hostile__good').catch(codeOf)))
    return ends.join(' and ')
  } finally {
    await other.close()
  }
}

export async function twice(host: Host, issuer: string): Promise<string> {
  const callback = await begin(host, issuer)
  const ends = await Promise.all(
    [finish(host, callback), finish(host, callback)].map((one) => one.then(() => 'connected', codeOf)),
  )
  if (ends.filter((end) => end === 'connected').length !== 1) throw new Ended(ends.join(' and '))
  return finish(host, callback)
}

export async function fromSomebodyElse(host: Host, issuer: string): Promise<string> {
  const callback = await begin(host, issuer)
  const others = [
    { ...ana, userId: 'bo' },
    { ...ana, workspaceId: 'globex' },
  ]
  const ends = await Promise.all(
    others.map((actor) =>
      host.registry
        .actingAs(actor)
        .finishConnect(callback.href)
        .then(({ type }) => type, codeOf),
    ),
  )
  if (new Set(ends).size > 1) throw new Ended(ends.join(' and '))
  return ends[0]!
}

export async function late(host: Host, issuer: string): Promise<string> {
  const callback = await begin(host, issuer)
  host.time.aheadMs += 11 * 60_000
  return finish(host, callback)
}

export async function ofTwo(host: Host, issuer: string): Promise<string> {
  const [one, other] = [await begin(host, issuer), await begin(host, `${issuer}/`.slice(0, -1), 'Another')]
  one.searchParams.append('state', other.searchParams.get('state')!)
  return finish(host, one)
}

function codeOf(error: unknown): string {
  if (isIntegrationError(error)) return error.code
  if (error instanceof Ended) return error.message
  throw error
}
