import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { startAuthorizationServer, type TestAuthorizationServer } from '../support/authorization-server.js'
import { startProtectedMcpServer, type ProtectedMcpServer } from '../support/protected-mcp-server.js'
import { ana } from '../support/registry.js'
import { visit, type Visit } from './browser.js'
import { basePath, startPageHost, type PageHost } from './host.js'

let provider: TestAuthorizationServer
let server: ProtectedMcpServer
let host: PageHost
let opened: Visit
beforeAll(async () => {
  provider = await startAuthorizationServer()
  server = await startProtectedMcpServer(() => provider.issuer)
})
afterAll(async () => {
  await server.close()
  await provider.close()
})
beforeEach(async () => {
  host = await startPageHost()
  opened = await visit(host.origin, basePath)
})
afterEach(async () => {
  await opened.context.close()
  await host.close()
})

async function connect(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Connect custom server' }).click()
  await page.getByLabel('Integration name').fill('Signed notes')
  await page.getByLabel('MCP server URL').fill(server.url)
  await page.getByLabel('Assistant').check()
  await page.getByRole('button', { name: 'Connect', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'Sign in to Signed notes' })
  await dialog.getByText(new URL(provider.issuer).host).waitFor()
}
const goOn = (page: Page) => page.getByRole('button', { name: 'Continue to sign-in' }).click()

it("shows the sign-in page's URL, opens it, returns and shows the outcome", async () => {
  const { page, complaints } = opened
  await connect(page)
  await goOn(page)
  await page.getByRole('status').getByText('Signed notes is connected.').waitFor()
  const address = new URL(page.url())
  expect([address.origin, address.pathname, address.search]).toEqual([host.origin, basePath, ''])
  await page.getByText('Connected', { exact: true }).waitFor()
  expect(complaints).toEqual([])
  const [integration] = await host.registry.actingAs(ana).list()
  expect(integration).toMatchObject({ status: 'connected', auth: 'oauth' })
})

it('shows that a sign-in was declined, and offers to sign in again', async () => {
  provider.person.deniesNext = true
  const { page } = opened
  await connect(page)
  await goOn(page)
  await page.getByRole('status').getByText('The sign-in for Signed notes was declined.').waitFor()
  await page.getByRole('button', { name: /(?:Sign in|Start again|Reconnect) Signed notes/ }).click()
  await goOn(page)
  await page.getByRole('status').getByText('Signed notes is connected.').waitFor()
})

it('signs in again after the provider revoked the sign-in, from Validate as from Reconnect', async () => {
  const { page } = opened
  await connect(page)
  await goOn(page)
  await page.getByRole('button', { name: 'Validate Signed notes' }).waitFor()
  await provider.withdraw()
  server.revoked.clear()
  for (const token of server.presented) server.revoked.add(token)
  await page.getByRole('button', { name: 'Validate Signed notes' }).click()
  await page.getByRole('dialog', { name: 'Sign in to Signed notes' }).waitFor()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: /(?:Reconnect|Start again) Signed notes/ }).click()
  await goOn(page)
  await page.getByRole('status').getByText('Signed notes is connected.').waitFor()
  await page.getByText('Connected', { exact: true }).waitFor()
})

it("returns as the same person where the host's cookie is SameSite=Strict", async () => {
  // The provider is another site (127.0.0.1), so its redirect back carries no cookie.
  provider.intercept = ({ path, method }, response) => {
    if (!path.startsWith('/interaction/') || method === 'POST') return false
    response
      .setHeader('content-type', 'text/html')
      .end('<link rel="icon" href="data:,"><form method="post"><button>Allow</button></form>')
    return true
  }
  const strict = await startPageHost({ hostname: 'localhost' })
  const { page, context, complaints } = await visit(strict.origin, basePath, { sameSite: 'Strict' })
  await connect(page)
  await goOn(page)
  const allow = page.getByRole('button', { name: 'Allow' })
  const back = page.getByRole('status').getByText('Signed notes is connected.')
  // The provider asks for a user name, then for consent.
  for (let n = 0; n < 2; n++) {
    await allow.or(back).waitFor()
    if (await allow.isVisible()) await allow.click()
  }
  await back.waitFor()
  provider.intercept = undefined
  // The first request had no cookie: its response continued from the host's own origin.
  const callbacks = strict.requests.filter((request) => request.includes('/oauth/callback'))
  expect(callbacks.map((request) => request.includes('from-here=1'))).toEqual([false, true])
  expect(new URL(page.url()).origin).toBe(strict.origin)
  expect(complaints).toEqual([])
  expect(await strict.registry.actingAs(ana).list()).toMatchObject([{ status: 'connected' }])
  await context.close()
  await strict.close()
})
