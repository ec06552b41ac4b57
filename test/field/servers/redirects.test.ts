import { describe, expect, it } from 'vitest'
import { connected, listen, resultOf, right } from './support.js'

describe('a server that redirects', () => {
  it.each([
    [307, '/mcp', '/mcp/'],
    [308, '/mcp', '/mcp/'],
    [307, '/mcp/', '/mcp'],
  ])('with HTTP %i from %s to %s is the same server, and is sent the same', async (status, path, there) => {
    const server = await listen(
      (request) => (request.path === path ? { status, headers: { location: there } } : undefined),
      path,
    )
    const { call } = await connected(server, { headers: { 'x-api-key': 'k' } })
    expect(await resultOf(call())).toMatchObject({ content: [{ text: 'done' }] })
    const sent = server.requests.filter(({ method }) => method === 'tools/call')
    expect(sent.map((request) => [request.path, request.headers['x-api-key']])).toEqual([
      [path, 'k'],
      [there, 'k'],
    ])
  })

  it.each([
    ['to another path', 307, '/elsewhere'],
    ['to a path below', 307, '/mcp/v2'],
    ['with another query', 307, '/mcp/?key=1'],
    ['to itself', 307, '/mcp'],
    ['with a status that changes the method', 302, '/mcp/'],
    ['without saying where', 307, undefined],
  ])('%s is refused, and nothing is sent there', async (_what, status, location) => {
    const server = await listen((request) =>
      request.path === '/mcp' ? { status, headers: location === undefined ? {} : { location } } : right(request),
    )
    await expect(connected(server)).rejects.toMatchObject({ code: 'redirect_refused' })
    expect(server.requests.filter(({ path }) => path !== '/mcp')).toEqual([])
  })

  it('to another origin is sent nothing, though only a slash differs', async () => {
    const other = await listen()
    const server = await listen(() => ({ status: 307, headers: { location: `${other.url}/` } }))
    await expect(connected(server, { headers: { 'x-api-key': 'k' } })).rejects.toMatchObject({
      code: 'redirect_refused',
    })
    expect(other.requests).toEqual([])
  })

  it('back and forth is refused', async () => {
    const server = await listen(({ path }) => ({
      status: 307,
      headers: { location: path === '/mcp' ? '/mcp/' : '/mcp' },
    }))
    await expect(connected(server)).rejects.toMatchObject({ code: 'redirect_refused' })
  })
})
