import { afterEach, expect, it } from 'vitest'
import { guardedFetchAtFirstUse } from '../../src/egress/fetch-at-first-use.js'
import { endAll, listen, manualTimers } from './support.js'

afterEach(endAll)

const make = () =>
  guardedFetchAtFirstUse({ egress: { allowLoopback: true }, maxResponseBytes: 1024, runtime: manualTimers() })

it('loads the HTTP code with the first request, once for several', async () => {
  const server = await listen((_request, response) => response.end('hello'))
  const { fetch, close } = make()
  const answers = await Promise.all([fetch(server.url), fetch(server.url)])
  expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(['hello', 'hello'])
  expect(await (await fetch(server.url)).text()).toBe('hello')
  expect(server.connections).toBe(2)
  await close()
  await expect(fetch(server.url)).rejects.toMatchObject({ code: 'closed' })
})

it('sends nothing when it is closed before, or while it loads', async () => {
  const server = await listen((_request, response) => response.end('hello'))
  const before = make()
  await before.close()
  await expect(before.fetch(server.url)).rejects.toMatchObject({ code: 'closed' })
  const meanwhile = make()
  const asked = meanwhile.fetch(server.url)
  await meanwhile.close()
  await expect(asked).rejects.toMatchObject({ code: 'closed' })
  expect(server.connections).toBe(0)
})

it('refuses a URL with the first request as with any', async () => {
  await expect(make().fetch('http://10.0.0.1/')).rejects.toMatchObject({ code: 'url_refused' })
})
