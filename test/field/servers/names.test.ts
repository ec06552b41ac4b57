import { describe, expect, it } from 'vitest'
import { ana, connected, listen, resultOf, right } from './support.js'
import { makeRegistry } from '../../support/registry.js'

/** A server whose tools have these names and answer with the name they were called by. */
const naming = (...names: readonly string[]) =>
  listen((request) => {
    const { method, id, params } = request
    if (method === 'tools/list')
      return right(
        request,
        names.map((name) => ({ name, inputSchema: { type: 'object' } })),
      )
    if (method !== 'tools/call') return undefined
    const { name } = params as { name: string }
    return { json: { jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: name }] } } }
  })

describe('a tool with the name', () => {
  it.each([
    ['a path (copilot-cli#1879, SEP-986)', 'user-profile/update'],
    ['in another script (cherry-studio#6547)', '查询天气'],
    ['with a colon (spring-ai#3854)', 'get:weather'],
    ['what every object has', 'toString'],
    ['the name of a prototype', '__proto__'],
    ['a constructor', 'constructor'],
    ['of 129 characters', 'x'.repeat(129)],
    ['of 256 characters of an alphabet of pairs', '𝒳'.repeat(256)],
    ['with blanks', 'send an e-mail'],
    ['with an accent', 'créer'],
    ['right to left', 'בדיקה'],
  ])('%s is used under a name that models can say, and called by its own', async (_what, name) => {
    const { toolset, mine, id } = await connected(await naming('other', name))
    const mineNow = await toolset()
    const offered = mineNow.tools.find((tool) => tool.name === name)!
    expect(offered.modelName).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
    expect(await resultOf(mineNow.call(offered.modelName, {}))).toMatchObject({ content: [{ text: name }] })
    expect((await mine.tools(id)).tools.map((tool) => tool.name)).toContain(name)
  })

  it.each([
    ['empty', ''],
    ['longer', 'x'.repeat(257)],
    ['with a control character', 'a\u0007b'],
    ['with a bidi control', 'pay\u202ednes'],
    ['with tag characters', 'a\u{E0041}'],
    ['with something zero-width', 'a\u200bb'],
    ['with half a surrogate pair', 'a\ud800'],
    ['with a C1 control', 'a\u0085b'],
  ])('%s is set aside, and that one only', async (_what, name) => {
    const { tools, unavailable } = await (await connected(await naming('other', name))).toolset()
    expect(tools.map((tool) => tool.name)).toEqual(['other'])
    expect(unavailable).toMatchObject([{ reason: 'invalid_name' }])
  })
})

it('names that differ only in case or by a dash stay different, whatever the order of the list', async () => {
  const names = ['get_user', 'get-user', 'GET_USER', 'createIssue', 'API-get-self']
  const namesOf = async (listed: readonly string[]) => {
    const { tools } = await (await connected(await naming(...listed))).toolset()
    return Object.fromEntries(tools.map(({ name, modelName }) => [name, modelName]))
  }
  const made = await namesOf(names)
  expect(made).toMatchObject({
    get_user: 'field__get_user',
    createIssue: 'field__createIssue',
    'API-get-self': 'field__API-get-self',
  })
  expect(new Set(Object.values(made).map((name) => name.toLowerCase().replaceAll('-', '_'))).size).toBe(names.length)
  expect(await namesOf(names.toReversed())).toEqual(made)
})

it.each([
  ['日本語ノート', /^(?:notes|127|localhost)/],
  ['Notizen', /^notizen$/],
])("an integration called %s gets its handle from its URL, not from the server's own name", async (name, handle) => {
  const server = await listen()
  const registry = makeRegistry()
  const { integration } = await registry.actingAs(ana).connect({ url: server.url, name, agents: ['assistant'] })
  expect(integration.handle).toMatch(handle)
  await registry.close()
})
