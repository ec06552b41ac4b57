import { afterAll, beforeAll, expect, it } from 'vitest'
import { startMcpServer, type TestMcpServer } from '../support/mcp-server.js'
import { ana } from '../support/registry.js'
import { visit, watch } from './browser.js'
import { basePath, startPageHost, type PageHost } from './host.js'

let server: TestMcpServer
let host: PageHost
beforeAll(async () => {
  server = await startMcpServer()
  host = await startPageHost()
})
afterAll(async () => {
  await host.close()
  await server.close()
})

it('keeps eight tabs live over one stream, and hands it on when its tab closes', async () => {
  const mine = host.registry.actingAs(ana)
  const { integration } = await mine.connect({ url: server.url, name: 'Notes', agents: ['assistant'] })
  const first = await visit(host.origin, basePath)
  const others = await Promise.all(
    Array.from({ length: 7 }, async () => {
      const tab = await watch(first.context, host.origin)
      await tab.page.goto(host.origin + basePath)
      return tab
    }),
  )
  const tabs = [first, ...others]
  const see = (name: string) =>
    Promise.all(tabs.map(({ page }) => page.getByRole('button', { name, exact: true }).waitFor()))
  await see('Notes')
  const events = `GET ${basePath}/events`
  // Each tab asks where the events are; one of them listens.
  const streams = () =>
    host.requests.filter((line) => line.startsWith(events) && !line.endsWith('?after=latest')).length
  await expect.poll(streams).toBe(1)
  await mine.update(integration.id, { name: 'Renamed' })
  await see('Renamed')
  await tabs.shift()!.page.close()
  await expect.poll(streams).toBe(2)
  await mine.update(integration.id, { name: 'Renamed again' })
  await see('Renamed again')
  expect(streams()).toBe(2)
  for (const { complaints, strays } of tabs) expect({ complaints, strays }).toEqual({ complaints: [], strays: [] })
  await first.context.close()
})
