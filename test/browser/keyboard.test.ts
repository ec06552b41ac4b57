import type { Page } from 'playwright-core'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startMcpServer, type TestMcpServer } from '../support/mcp-server.js'
import { ana } from '../support/registry.js'
import { visit, type Visit } from './browser.js'
import { basePath, startPageHost, type PageHost } from './host.js'

let server: TestMcpServer
let host: PageHost
let opened: Visit
beforeEach(async () => {
  server = await startMcpServer()
  host = await startPageHost()
  opened = await visit(host.origin, basePath)
})
afterEach(async () => {
  await opened.context.close()
  await host.close()
  await server.close()
})

/** The focused element, through all shadow roots: its name, or its text. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    let at = document.activeElement
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
    const label = (at as HTMLInputElement | null)?.labels?.[0]?.textContent
    return (at?.getAttribute('aria-label') ?? label ?? at?.textContent ?? '').trim().replace(/\s+/g, ' ')
  })
}

/** Presses Tab until the named element has focus. */
async function tabTo(page: Page, name: string, key = 'Tab'): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    if ((await focused(page)) === name) return
    await page.keyboard.press(key)
  }
  throw new Error(`"${name}" was not reached; focus is on "${await focused(page)}"`)
}

it('connects, sets a tool, allows a call and removes, by keyboard alone', async () => {
  const { page } = opened
  const { keyboard } = page
  await page.getByText('No integrations yet').waitFor()

  // Connect; a problem is shown at its field, and focus moves there.
  await tabTo(page, 'Connect custom server')
  await keyboard.press('Enter')
  await expect.poll(() => focused(page)).toBe('Integration name')
  await keyboard.type('Notes')
  await keyboard.press('Enter')
  await expect.poll(() => focused(page)).toBe('MCP server URL')
  await keyboard.type(server.url)
  await tabTo(page, 'Assistant')
  await keyboard.press('Space')
  await tabTo(page, 'Connect')
  await keyboard.press('Enter')
  await page.getByRole('status').getByText('Notes works: 2 tools.').waitFor()
  await expect.poll(() => focused(page)).toBe('Connect custom server')

  // The menu: arrows, a letter, Escape; focus returns to its button.
  await tabTo(page, 'More actions for Notes')
  await keyboard.press('ArrowDown')
  await expect.poll(() => focused(page)).toBe('Tools')
  await keyboard.press('ArrowUp')
  await expect.poll(() => focused(page)).toBe('Remove')
  await keyboard.press('v')
  await expect.poll(() => focused(page)).toBe('Validate')
  await keyboard.press('Escape')
  await expect.poll(() => focused(page)).toBe('More actions for Notes')

  // A dialog from the menu returns focus to the menu's button.
  await keyboard.press('Enter')
  await keyboard.press('e')
  await keyboard.press('Enter')
  await expect.poll(() => focused(page)).toBe('Integration name')
  await keyboard.press('Escape')
  await expect.poll(() => focused(page)).toBe('More actions for Notes')

  // Open the integration; set a switch and a mode.
  await tabTo(page, 'Notes', 'Shift+Tab')
  await keyboard.press('Enter')
  await expect.poll(() => focused(page)).toBe('All integrations')
  await page.getByLabel('write_note enabled').waitFor()
  await tabTo(page, 'read_note enabled')
  await keyboard.press('Space')
  await page.getByRole('status').getByText('read_note is off.').waitFor()
  expect(await focused(page)).toBe('read_note enabled')
  await keyboard.press('Tab')
  expect(await focused(page)).toBe('Approval mode of read_note')
  await keyboard.press('a')
  await page.getByRole('status').getByText('read_note: Ask before run.').waitFor()
  await tabTo(page, 'All integrations', 'Shift+Tab')
  await keyboard.press('Enter')
  await expect.poll(() => focused(page)).toBe('Notes')

  // A call asks for approval: nothing moves, and the tab shows it.
  const mine = host.registry.actingAs(ana)
  const outcome = await (await mine.toolset('assistant')).call('notes__write_note', { id: '1', text: 'x' })
  if (outcome.type !== 'approval_required') throw new Error(outcome.type)
  await page.getByRole('link', { name: 'Approvals 1' }).waitFor()
  await page.getByRole('status').getByText('1 request is waiting for you.').waitFor({ state: 'attached' })
  expect(await focused(page)).toBe('Notes')
  await tabTo(page, 'Approvals 1', 'Shift+Tab')
  await keyboard.press('Enter')
  await page.locator('[aria-disabled=false]', { hasText: 'Allow once' }).waitFor()
  await tabTo(page, 'Allow once')
  await keyboard.press('Space')
  await page.getByRole('status').getByText('Allowed: write_note.').waitFor()
  expect((await mine.approvals.get(outcome.approval.approvalId)).status).toBe('approved')

  // Removing asks first; Escape cancels.
  await page.getByRole('link', { name: 'Approvals', exact: true }).waitFor()
  await tabTo(page, 'Integrations', 'Shift+Tab')
  await keyboard.press('Enter')
  await tabTo(page, 'More actions for Notes')
  await keyboard.press('ArrowUp')
  await expect.poll(() => focused(page)).toBe('Remove')
  await keyboard.press('Enter')
  await page.getByRole('dialog', { name: 'Remove Notes?' }).waitFor()
  await keyboard.press('Escape')
  expect(await mine.list()).toHaveLength(1)
  await keyboard.press('ArrowUp')
  await keyboard.press('Enter')
  await tabTo(page, 'Remove')
  await keyboard.press('Enter')
  await page.getByText('No integrations yet').waitFor()
  await expect.poll(() => focused(page)).toBe('Connected integrations')
  expect(opened.complaints).toEqual([])
})
