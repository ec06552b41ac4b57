import type { RegistryStorage } from 'mcp-integrations'
import type { Page } from 'playwright-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startMcpServer, type TestMcpServer } from '../support/mcp-server.js'
import { ana, dump, makeStorage } from '../support/registry.js'
import { visit, type Visit } from './browser.js'
import { basePath, startPageHost, type PageHost } from './host.js'

let server: TestMcpServer
let host: PageHost
let opened: Visit
let storage: RegistryStorage
beforeEach(async () => {
  storage = makeStorage()
  server = await startMcpServer()
  host = await startPageHost({ registry: { storage } })
  opened = await visit(host.origin, basePath)
})
afterEach(async () => {
  const { strays, complaints, context } = opened
  await context.close()
  await host.close()
  await server.close()
  expect({ strays, complaints }).toEqual({ strays: [], complaints: [] })
})

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
async function choose(page: Page, item: string): Promise<void> {
  await button(page, 'More actions').click()
  await page.getByRole('menuitem', { name: item, exact: true }).click()
}
async function paste(page: Page, list: object | string): Promise<void> {
  await choose(page, 'Import servers')
  await page.getByLabel('List of servers').fill(typeof list === 'string' ? list : JSON.stringify(list))
  await button(page, 'Show servers').click()
}

describe('importing a list', () => {
  it('shows its servers, connects the chosen ones turned off, and shows the result of each', async () => {
    const { page } = opened
    server.state.refuse = ({ headers }) =>
      headers['x-api-key'] === 'canary-1' || headers['authorization'] === 'Bearer canary-2' ? undefined : 401
    await paste(page, {
      mcpServers: {
        Keyed: { url: server.url, headers: { 'X-Api-Key': 'canary-1' }, autoApprove: ['write_note'] },
        Asked: { url: `${server.url}?asked`, headers: { Authorization: 'Bearer ${TOKEN}' } },
        Local: { command: 'npx', args: ['-y', 'some-server'] },
        Inside: { url: 'http://10.0.0.1/mcp' },
        Unwanted: { url: `${server.url}?unwanted` },
      },
    })
    await page.getByText('5 servers in this mcp.json.').waitFor()
    const row = (name: string) => page.getByRole('listitem').filter({ has: page.getByRole('checkbox', { name }) })
    expect(await row('Keyed').innerText()).toMatch(/X-Api-Key: secret from the list/)
    expect(await row('Keyed').innerText()).toMatch(/These settings are not imported/)
    expect(await page.getByRole('checkbox', { name: 'Local' }).isDisabled()).toBe(true)
    expect(await row('Local').innerText()).toMatch(/Not supported\s+.*program/s)
    expect(await page.content()).not.toContain('canary-1')
    await page.getByRole('checkbox', { name: 'Unwanted' }).uncheck()

    await button(page, 'Import 3 servers').click()
    await page.getByText('Fill this in.').waitFor()
    expect(await page.getByLabel('TOKEN').getAttribute('type')).toBe('password')
    await page.getByLabel('TOKEN').fill('canary-2')
    await page.getByText('Choose at least one agent.').waitFor()
    expect(await host.registry.actingAs(ana).list()).toEqual([])
    await page.getByRole('group', { name: 'Agent access' }).getByLabel('Builder').check()
    await button(page, 'Import 3 servers').click()

    const report = page.getByRole('list', { name: 'Import results' })
    const outcome = (name: string) => report.getByRole('listitem').filter({ hasText: name }).innerText()
    await report.waitFor()
    expect(await outcome('Keyed')).toMatch(/2 tools · off until you turn it on\s+Connected/)
    expect(await outcome('Asked')).toMatch(/Connected/)
    expect(await outcome('Inside')).toMatch(/Not imported/)
    await page.getByRole('dialog').getByText('2 of 3 servers were imported.').waitFor()
    await button(page, 'Done').click()

    const made = await host.registry.actingAs(ana).list()
    expect(made.map(({ name, enabled, agents }) => ({ name, enabled, agents }))).toEqual([
      { name: 'Keyed', enabled: false, agents: ['builder'] },
      { name: 'Asked', enabled: false, agents: ['builder'] },
    ])
    const { tools } = await host.registry.actingAs(ana).tools(made[0]!.id)
    expect(tools.map(({ approval }) => approval.mode)).toEqual(['default', 'default'])
    expect(JSON.stringify(await dump(storage))).not.toMatch(/canary-[12]/)
  })

  it("doesn't offer servers that are already connected", async () => {
    const { page } = opened
    await host.registry.actingAs(ana).connect({ url: server.url, name: 'Notes', agents: ['assistant'] })
    await row(page, 'Notes').waitFor()
    await paste(page, { servers: { again: { url: server.url }, other: { url: `${server.url}?2` } } })
    await page.getByText('Already connected').waitFor()
    expect(await page.getByRole('checkbox', { name: 'again' }).isChecked()).toBe(false)
    expect(await page.getByRole('checkbox', { name: 'other' }).isChecked()).toBe(true)
  })

  it('shows an unreadable list as a problem of the field, and accepts a file', async () => {
    const { page } = opened
    await paste(page, '{"mcpServers": ')
    await page.locator('.problem', { hasText: /./ }).waitFor()
    expect(await page.getByLabel('List of servers').getAttribute('aria-invalid')).toBe('true')
    await page.locator('input[type=file]').setInputFiles({
      name: 'config.toml',
      mimeType: 'application/toml',
      buffer: Buffer.from(`[mcp_servers.notes]\nurl = "${server.url}"\n`),
    })
    await button(page, 'Show servers').click()
    await page.getByText('1 server in this codex.').waitFor()
    await button(page, 'Use another list').click()
    await page.getByLabel('List of servers').waitFor()
  })

  it('shows the names in a hostile list as text', async () => {
    const { page } = opened
    await paste(
      page,
      `{"mcpServers": {"__proto__": {"url": ${JSON.stringify(server.url)}}, "<img src=x onerror=alert(1)>\u202e": {"url": ${JSON.stringify(server.url)}, "headers": {"constructor": "\${toString}"}}}}`,
    )
    await page.getByRole('checkbox', { name: '__proto__' }).waitFor()
    await page.getByText('<img src=x onerror=alert(1)>').waitFor()
    await page.getByText('U+202E').waitFor()
    expect(await page.locator('img').count()).toBe(0)
  })

  const row = (page: Page, name: string) => page.getByRole('listitem').filter({ has: button(page, name) })
})

describe('exporting', () => {
  it('shows a list without secrets, in the chosen format, to copy or download', async () => {
    const { page, context } = opened
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: host.origin })
    await host.registry
      .actingAs(ana)
      .connect({ url: server.url, name: 'Notes', agents: ['assistant'], headers: { 'X-Api-Key': 'canary-3' } })
    await button(page, 'Notes').waitFor()
    await choose(page, 'Export servers')
    await page.getByText('"mcpServers"').waitFor()
    expect(await page.content()).not.toContain('canary-3')
    const download = page.waitForEvent('download')
    await button(page, 'Download').click()
    expect((await download).suggestedFilename()).toBe('mcp.json')
    await page.getByLabel('VS Code (servers and inputs)').check()
    await page.getByText('"promptString"').waitFor()
    await button(page, 'Copy').click()
    await page.getByRole('status').getByText('The list was copied.').waitFor()
    const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText())) as { servers: object }
    expect(Object.keys(copied.servers)).toEqual(['Notes'])
  })
})
