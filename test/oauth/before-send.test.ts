import { describe, expect, it } from 'vitest'
import { authorizedFetch, type TokenSource } from '../../src/oauth/authorized-fetch.js'

const serverUrl = 'https://mcp.example/mcp'

/** A server that refuses the first token, and the requests it got. */
function refusingOnce(source: TokenSource) {
  const tokens: (string | null)[] = []
  const fetch = authorizedFetch({
    serverUrl,
    source: { kind: 'oauth', ...source },
    fetch: async (_url, init) => {
      await init?.beforeSend?.(false)
      tokens.push(new Headers(init?.headers).get('authorization'))
      const headers = { 'www-authenticate': 'Bearer error="invalid_token"' }
      return tokens.length === 1 ? new Response('', { status: 401, headers }) : new Response('ok')
    },
  })
  return { fetch, tokens }
}

const source: TokenSource = {
  token: () => Promise.resolve({ type: 'fresh', token: 'old', scopes: [] }),
  rejected: () => Promise.resolve({ type: 'fresh', token: 'new', scopes: [] }),
}

describe('the last check before a request is sent', () => {
  it('runs below the token handling, before each request, and receives whether the request waited', async () => {
    const looks: boolean[] = []
    const { fetch, tokens } = refusingOnce(source)
    await fetch(serverUrl, { beforeSend: (waited) => Promise.resolve(void looks.push(waited)) })
    expect(looks).toEqual([false, true])
    expect(tokens).toEqual(['Bearer old', 'Bearer new'])
    const refreshed: boolean[] = []
    const waiting = refusingOnce({
      ...source,
      token: () => Promise.resolve({ type: 'fresh', token: 'old', scopes: [], waited: true }),
    })
    await waiting.fetch(serverUrl, { beforeSend: (waited) => Promise.resolve(void refreshed.push(waited)) })
    expect(refreshed[0]).toBe(true)
  })

  it('ends the request unsent when it throws, also the second time', async () => {
    const { fetch, tokens } = refusingOnce(source)
    const beforeSend = (waited: boolean): Promise<void> =>
      waited ? Promise.reject(new Error('not any more')) : Promise.resolve()
    await expect(fetch(serverUrl, { beforeSend })).rejects.toThrow('not any more')
    expect(tokens).toEqual(['Bearer old'])
  })
})
