import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { notes, startMcpServer, type TestMcpServer } from '../support/mcp-server.js'
import { startServer, type RealServer } from '../support/real-servers.js'
import { ana, bo } from '../support/registry.js'
import { visit, type Visit } from './browser.js'
import { basePath, startPageHost, type PageHost } from './host.js'
import { button, choose, row, says } from './page.js'

let everything: RealServer
beforeAll(async () => {
  everything = await startServer('everything')
})
afterAll(() => everything.stop())

let server: TestMcpServer
let host: PageHost
let visits: Visit[] = []
beforeEach(async () => {
  server = await startMcpServer()
  host = await startPageHost({
    connectors: [
      { id: 'everything', name: 'Everything', url: everything.url, auth: 'none', description: 'A bit of everything' },
      {
        id: 'notes',
        name: 'Keyed notes',
        url: server.url,
        auth: { type: 'header', name: 'X-Api-Key', title: 'API key', description: 'From your profile.' },
      },
    ],
  })
})
afterEach(async () => {
  const seen = visits.splice(0)
  for (const { context } of seen) await context.close()
  await host.close()
  await server.close()
  for (const { strays, complaints } of seen) expect({ strays, complaints }).toEqual({ strays: [], complaints: [] })
})

async function open(path = '', options: Parameters<typeof visit>[2] = {}): Promise<Page> {
  const opened = await visit(host.origin, basePath + path, options)
  visits.push(opened)
  return opened.page
}

/** Connects the notes server without the page. */
async function connected(input: object = {}): Promise<string> {
  const { integration } = await host.registry
    .actingAs(ana)
    .connect({ url: server.url, name: 'Notes', agents: ['assistant'], ...input })
  return integration.id
}

describe('connecting', () => {
  it('connects a custom server by its URL, after a check', async () => {
    const page = await open()
    await page.getByText('No integrations yet').waitFor()
    await button(page, 'Connect custom server').click()
    const dialog = page.getByRole('dialog', { name: 'Connect custom MCP server' })
    await dialog.getByLabel('Integration name').fill('Everything here')
    await dialog.getByLabel('MCP server URL').fill(everything.url)
    await dialog.getByRole('button', { name: 'Check' }).click()
    await dialog.getByText('MCP server found. No sign-in is needed. 13 tools found.').waitFor()
    await dialog.getByLabel('Assistant').check()
    await dialog.getByRole('button', { name: 'Connect' }).click()
    await says(page, 'Everything here works: 13 tools.')
    expect(await row(page, 'Everything here').innerText()).toMatch(
      /Private\s+13 tools · 13 ask · Assistant\s+Connected/,
    )
  })

  it('sends headers, and never shows them again', async () => {
    server.state.refuse = ({ headers }) => (headers['x-api-key'] === 'secret-1' ? undefined : 401)
    const page = await open()
    await button(page, 'Connect custom server').click()
    await page.getByLabel('Integration name').fill('Mine')
    await page.getByLabel('MCP server URL').fill(server.url)
    await button(page, 'Add header').click()
    await page.getByLabel('Header name').fill('X-Api-Key')
    await page.getByLabel('X-Api-Key Value').fill('secret-1')
    await page.getByLabel('Assistant').check()
    await button(page, 'Connect').click()
    await says(page, 'Mine works: 2 tools.')
    await choose(page, 'Mine', 'Edit')
    const value = page.getByLabel('X-Api-Key Value')
    expect(await value.inputValue()).toBe('')
    expect(await value.getAttribute('placeholder')).toContain('Leave empty to keep it')
    expect(await page.content()).not.toContain('secret-1')
  })

  it('connects a catalogue entry with a fixed URL and its one header', async () => {
    server.state.refuse = ({ headers }) => (headers['x-api-key'] === 'key' ? undefined : 401)
    const page = await open()
    await button(page, 'Connect Keyed notes').click()
    const dialog = page.getByRole('dialog', { name: 'Connect Keyed notes' })
    expect(await dialog.getByLabel('MCP server URL').getAttribute('readonly')).not.toBeNull()
    await dialog.getByText('From your profile.').waitFor()
    await dialog.getByLabel('API key Value').fill('key')
    await dialog.getByLabel('Builder').check()
    await dialog.getByRole('button', { name: 'Connect' }).click()
    await says(page, 'Keyed notes works: 2 tools.')
    await page.getByText('Connect another').waitFor()
  })

  it('shows what is wrong at each field, and moves focus to the first', async () => {
    const page = await open()
    await button(page, 'Connect custom server').click()
    await button(page, 'Connect').click()
    expect(await page.getByText('Fill this in.').count()).toBe(2)
    await page.getByText('Choose at least one agent.').waitFor()
    expect(await page.getByLabel('Integration name').evaluate((field) => field.matches(':focus'))).toBe(true)
    await page.getByLabel('Integration name').fill('Nowhere')
    await page.getByLabel('MCP server URL').fill('http://example.com/mcp')
    await page.getByLabel('Assistant').check()
    await button(page, 'Connect').click()
    await page.getByRole('alert').filter({ hasText: /https/i }).waitFor()
    expect(await host.registry.actingAs(ana).list()).toEqual([])
  })
})

describe('an integration', () => {
  it('shows that a server is down, when it last worked, and recovers', async () => {
    await connected()
    server.state.refuse = () => 503
    const page = await open()
    await button(page, 'Validate Notes').click()
    await says(page, 'Notes: The server returned an error')
    await row(page, 'Notes').getByText('Error', { exact: true }).waitFor()
    await page.getByText('1 integration needs attention').waitFor()
    server.state.refuse = undefined
    await button(page, 'Validate Notes').click()
    await says(page, 'Notes works: 2 tools.')
  })

  it('is edited', async () => {
    const id = await connected()
    const page = await open()
    await choose(page, 'Notes', 'Edit')
    await page.getByLabel('Integration name').fill('Team notes')
    await page.getByLabel('Builder').check()
    await button(page, 'Save').click()
    await says(page, 'Team notes was saved.')
    const { name, agents } = await host.registry.actingAs(ana).get(id)
    expect({ name, agents }).toEqual({ name: 'Team notes', agents: ['assistant', 'builder'] })
  })

  it('is not overwritten when someone else saved first', async () => {
    const id = await connected()
    const page = await open()
    await choose(page, 'Notes', 'Edit')
    await host.registry.actingAs(ana).update(id, { name: 'Renamed elsewhere' })
    await page.getByLabel('Integration name').fill('Mine')
    await button(page, 'Save').click()
    await page.getByRole('alert').filter({ hasText: 'Someone else changed this' }).waitFor()
    expect((await host.registry.actingAs(ana).get(id)).name).toBe('Renamed elsewhere')
  })

  it('is shown that was connected after the page was loaded and before its stream of events began', async () => {
    const page = await open()
    let begin = (): void => {}
    const held = new Promise<void>((resolve) => (begin = resolve))
    await page.route('**/events*', async (route) => {
      if (route.request().headers()['accept']?.includes('event-stream') === true) await held
      await route.continue()
    })
    await page.reload()
    await page.getByText('No integrations yet').waitFor()
    await connected()
    begin()
    await row(page, 'Notes').waitFor()
  })

  it('is turned off and on', async () => {
    const id = await connected()
    const page = await open()
    await choose(page, 'Notes', 'Turn off')
    await says(page, 'Notes is off. Running calls were stopped.')
    expect((await host.registry.actingAs(ana).get(id)).enabled).toBe(false)
    await button(page, 'Turn on Notes').click()
    await says(page, 'Notes is on.')
    expect((await host.registry.actingAs(ana).get(id)).enabled).toBe(true)
  })

  it('is shared, and made private again', async () => {
    const id = await connected()
    const page = await open()
    await choose(page, 'Notes', 'Share with everyone')
    await page.getByLabel('Everyone uses the saved credential').check()
    await button(page, 'Share').click()
    await says(page, 'Notes is shared with everyone.')
    expect((await host.registry.actingAs(bo).get(id)).visibility).toBe('workspace')
    await choose(page, 'Notes', 'Make private')
    await button(page, 'Make private').click()
    await says(page, 'Notes is private.')
    expect(await host.registry.actingAs(bo).list()).toEqual([])
  })

  it('offers a member what a member may do, and nothing else', async () => {
    await connected({ visibility: 'workspace' })
    const page = await open('', { person: 'bo' })
    await button(page, 'More actions for Notes').click()
    expect(await page.getByRole('menuitem').allInnerTexts()).toEqual(['Tools', 'Validate'])
    await page.keyboard.press('Escape')
    await button(page, 'Notes').click()
    expect(await page.getByLabel('read_note enabled').isDisabled()).toBe(true)
  })

  it('goes to another owner', async () => {
    const id = await connected({ visibility: 'workspace' })
    const page = await open()
    await choose(page, 'Notes', 'Transfer')
    await page.getByLabel('User ID of the new owner').fill('bo')
    await button(page, 'Transfer').click()
    await says(page, 'Notes now belongs to bo.')
    expect((await host.registry.actingAs(ana).get(id)).ownerId).toBe('bo')
    await row(page, 'Notes').getByText('by bo').waitFor()
  })

  it('is removed, and focus stays in the list', async () => {
    await connected()
    const page = await open()
    await choose(page, 'Notes', 'Remove')
    await page.getByText('Agents lose its 2 tools').waitFor()
    await button(page, 'Remove').click()
    await says(page, 'Notes was removed.')
    await page.getByText('No integrations yet').waitFor()
    expect(await host.registry.actingAs(ana).list()).toEqual([])
    expect(
      await page
        .getByRole('heading', { name: 'Connected integrations' })
        .evaluate((heading) => heading.matches(':focus')),
    ).toBe(true)
  })
})

describe('tools', () => {
  it('shows where a label is from and the effect of the default mode', async () => {
    const id = await connected()
    const page = await open(`#integration/${id}`)
    const text = await tool(page, 'read_note').innerText()
    expect(text).toMatch(/Read\s+from the server, not trusted/)
    expect(text).toContain('asks: server not trusted')
  })

  it('are turned off, set to ask and set to run', async () => {
    const id = await connected()
    const page = await open(`#integration/${id}`)
    await page.getByLabel('write_note enabled').click()
    await says(page, 'write_note is off.')
    await page.getByLabel('Approval mode of read_note').selectOption('Auto approve')
    await says(page, 'read_note: Auto approve.')
    await tool(page, 'read_note').getByText('runs: as set here').waitFor()
    const tools = await toolsOf(id)
    expect(tools['write_note']?.enabled).toBe(false)
    expect(tools['read_note']?.approval.mode).toBe('auto')
  })

  it('have their own label and agents', async () => {
    const id = await connected({ agents: ['assistant', 'builder'] })
    const page = await open(`#integration/${id}`)
    await button(page, 'read_note').click()
    await page.getByLabel('Label', { exact: true }).selectOption('Read')
    await says(page, 'read_note was saved.')
    await tool(page, 'read_note').getByText('set by a person').waitFor()
    await tool(page, 'read_note').getByText('runs: only reads').waitFor()
    // It is shown as saved only when the answer is there, which `uncheck` would not wait for.
    await page.getByLabel('Builder').click()
    await expect.poll(async () => (await toolsOf(id))['read_note']?.agents).toEqual(['assistant'])
  })

  it('are changed in bulk, after their number was shown', async () => {
    const id = await connected()
    const page = await open(`#integration/${id}`)
    await button(page, 'Change several').click()
    await page.getByLabel('All (2)').check()
    await page.getByText('2 tools will change.').waitFor()
    await button(page, 'Change').click()
    await says(page, '2 tools were changed.')
    const tools = await toolsOf(id)
    expect([tools['read_note']?.approval.mode, tools['write_note']?.approval.mode]).toEqual(['ask', 'ask'])
  })

  it('are accepted as they were shown; a third version that was not shown is not accepted', async () => {
    const id = await connected()
    const redefine = (description: string): void => {
      server.state.define = (mcp) => {
        notes.readNote(mcp)
        mcp.registerTool(
          'write_note',
          { description, inputSchema: z.object({ id: z.string(), text: z.string(), force: z.boolean() }) },
          async () => ({ content: [] }),
        )
      }
    }
    redefine('Second')
    const page = await open(`#integration/${id}`)
    // The page gets no event of the change.
    await page.route('**/events', (route) => route.abort())
    await page.reload()
    await button(page, 'Refresh').click()
    await page.getByRole('heading', { name: '1 tool to review' }).waitFor()
    await page.getByText('Parameter force').waitFor()
    redefine('Third')
    await host.registry.actingAs(ana).refreshTools(id)
    await button(page, 'Accept: write_note').click()
    await page.getByText('This tool changed again. Check the new difference.').first().waitFor()
    await page.getByText('Third').first().waitFor()
    expect((await toolsOf(id))['write_note']?.change).toBeDefined()
    await button(page, 'Accept: write_note').click()
    await says(page, 'write_note was accepted.')
    await page.getByRole('heading', { name: '1 tool to review' }).waitFor({ state: 'detached' })
    expect((await toolsOf(id))['write_note']?.change?.kind ?? 'same').toBe('same')
  })

  async function toolsOf(id: string) {
    const { tools } = await host.registry.actingAs(ana).tools(id)
    return Object.fromEntries(tools.map((one) => [one.name, one]))
  }
  const tool = (page: Page, name: string) =>
    page.getByRole('listitem').filter({ has: page.getByLabel(`${name} enabled`, { exact: true }) })
})

describe('approvals', () => {
  async function asked(args: object = { id: '7', text: 'hello' }): Promise<string> {
    const toolset = await host.registry.actingAs(ana).toolset('assistant', { conversationId: 'chat-1' })
    const outcome = await toolset.call('notes__write_note', args)
    if (outcome.type !== 'approval_required') throw new Error(outcome.type)
    return outcome.approval.approvalId
  }
  const statusOf = async (id: string) => (await host.registry.actingAs(ana).approvals.get(id)).status
  const ready = (page: Page) => page.locator('[aria-disabled=false]', { hasText: 'Allow once' }).first().waitFor()

  it('are allowed once', async () => {
    await connected()
    const id = await asked()
    const page = await open('#approvals')
    await page.getByText('"hello"').waitFor()
    await ready(page)
    await button(page, 'Allow once').click()
    await says(page, 'Allowed: write_note.')
    expect(await statusOf(id)).toBe('approved')
  })

  it('that are equal have one card with their number, and each is decided by itself', async () => {
    await connected()
    const toolset = await host.registry.actingAs(ana).toolset('assistant', { conversationId: 'chat-1' })
    const ids: string[] = []
    for (const idempotencyKey of ['a', 'b', 'c']) {
      const outcome = await toolset.call('notes__write_note', { id: '7', text: 'hello' }, { idempotencyKey })
      if (outcome.type === 'approval_required') ids.push(outcome.approval.approvalId)
    }
    await asked({ id: '8', text: 'other' })
    const page = await open('#approvals')
    await page.getByText('asked 3 times').waitFor()
    expect(await page.getByText('"hello"').count()).toBe(1)
    expect(await page.getByText('"other"').count()).toBe(1)
    await ready(page)
    await button(page, 'Allow once').first().click()
    await says(page, 'Allowed: write_note.')
    await page.getByText('asked 2 times').waitFor()
    expect(await Promise.all(ids.map(statusOf))).toEqual(['approved', 'pending', 'pending'])
  })

  it('are denied with a reason', async () => {
    await connected()
    const id = await asked()
    const page = await open('#approvals')
    await ready(page)
    await button(page, 'Deny…').click()
    await page.getByLabel('Reason (optional)').fill('Wrong note')
    await button(page, 'Deny').click()
    await says(page, 'Denied: write_note.')
    expect(await host.registry.actingAs(ana).approvals.get(id)).toMatchObject({
      status: 'denied',
      reason: 'Wrong note',
    })
    await page.getByText('Reason: Wrong note').waitFor()
  })

  it('are edited before they run, and checked again', async () => {
    await connected()
    const id = await asked()
    const page = await open('#approvals')
    await button(page, 'Edit').click()
    await page.getByLabel('Arguments as JSON').fill('{"id": "8", "text": 5}')
    await button(page, 'Use these arguments').click()
    await page.locator('[aria-disabled=false]', { hasText: 'Allow as edited' }).waitFor()
    await button(page, 'Allow as edited').click()
    await page.getByRole('alert').filter({ hasText: 'These arguments were not accepted' }).waitFor()
    expect(await statusOf(id)).toBe('pending')
    await button(page, 'Edit').click()
    await page.getByLabel('Arguments as JSON').fill('{"id": "8", "text": "bye"}')
    await button(page, 'Use these arguments').click()
    await page.locator('[aria-disabled=false]', { hasText: 'Allow as edited' }).waitFor()
    await button(page, 'Allow as edited').click()
    await says(page, 'Allowed: write_note.')
    expect(await host.registry.actingAs(ana).approvals.get(id)).toMatchObject({
      edited: true,
      arguments: { id: '8', text: 'bye' },
    })
  })

  it('are remembered, listed and revoked', async () => {
    const integration = await connected()
    await asked()
    const page = await open('#approvals')
    await ready(page)
    await button(page, 'Allow and remember…').click()
    await page.getByLabel('For one hour').check()
    await page.getByLabel('Any arguments').check()
    await page.waitForTimeout(600)
    await button(page, 'Allow and remember').click()
    await says(page, 'Allowed: write_note.')
    await page.goto(`${host.origin}${basePath}#integration/${integration}`)
    await page
      .locator('mcp-integrations')
      .getByText(/Assistant · any arguments · until/)
      .waitFor()
    await button(page, 'Revoke the standing approval for write_note').filter({ visible: true }).click()
    await says(page, 'Revoked. The next call of write_note asks first.')
    expect(await host.registry.actingAs(ana).grants.list()).toEqual([])
  })

  it('show that they were decided elsewhere', async () => {
    await connected()
    const id = await asked()
    const page = await open('#approvals')
    await ready(page)
    await page.context().setOffline(true)
    await host.registry.actingAs(ana).approvals.decide(id, 'deny')
    await page.context().setOffline(false)
    await page.getByText('Denied', { exact: true }).waitFor()
    expect(await button(page, 'Allow once').count()).toBe(0)
  })

  it('are loaded again automatically after a network failure', async () => {
    await connected()
    const id = await asked()
    const page = await open('#approvals')
    await ready(page)
    let failed = 0
    await page.route('**/approvals**', (route) => (failed++ < 3 ? route.abort('failed') : route.continue()))
    await host.registry.actingAs(ana).approvals.decide(id, 'deny')
    await page.getByText('Denied', { exact: true }).waitFor()
    expect(failed).toBeGreaterThan(3)
  })

  it('show recent calls and how they ended', async () => {
    const integration = await connected()
    const mine = host.registry.actingAs(ana)
    await mine.configureTools(integration, { read_note: { approval: 'auto' } })
    await (await mine.toolset('assistant')).call('notes__read_note', { id: '1' })
    const page = await open(`#integration/${integration}`)
    const calls = page.getByRole('region', { name: 'Recent calls' })
    await calls.getByText('read_note').waitFor()
    await calls.getByText('completed', { exact: true }).waitFor()
  })

  it('of other people are decided by someone with permission', async () => {
    await host.close()
    host = await startPageHost({ registry: { access: { adminsDecideForOthers: true } } })
    await connected({ visibility: 'workspace' })
    const id = await asked()
    const page = await open('#approvals', { person: 'root', role: 'admin' })
    await page.getByRole('heading', { name: 'Waiting for others' }).waitFor()
    await page.getByText('on behalf of ana').waitFor()
    await ready(page)
    // Nobody decides for the next time of somebody else.
    expect(await button(page, 'Allow and remember…').count()).toBe(0)
    await button(page, 'Allow once').click()
    await says(page, 'Allowed: write_note.')
    expect(await statusOf(id)).toBe('approved')
  })
})
