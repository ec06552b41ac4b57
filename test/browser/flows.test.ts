import { afterAll, beforeAll, expect, it } from 'vitest'
import { startServer, type RealServer } from '../support/real-servers.js'
import { visit } from './browser.js'
import { basePath, startPageHost, type PageHost } from './host.js'

let everything: RealServer
let host: PageHost

beforeAll(async () => {
  everything = await startServer('everything')
  host = await startPageHost()
})
afterAll(async () => {
  await host.close()
  await everything.stop()
})

it('connects a custom server', async () => {
  const { page, strays } = await visit(host.origin, basePath)
  await page.getByRole('button', { name: 'Connect custom server' }).click()
  await page.getByLabel('Integration name').fill('Everything')
  await page.getByLabel('MCP server URL').fill(everything.url)
  await page.getByLabel('Assistant').check()
  await page.getByRole('button', { name: 'Connect', exact: true }).click()
  await page.getByText('Everything works: 13 tools.').waitFor()
  await page.getByRole('button', { name: 'Everything', exact: true }).click()
  await page.getByRole('heading', { name: 'Tools', exact: true }).waitFor()
  await page.getByText('echo', { exact: true }).first().waitFor()
  expect(strays).toEqual([])
})
