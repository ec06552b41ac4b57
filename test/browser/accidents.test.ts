import type { Page } from 'playwright-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startMcpServer, type TestMcpServer } from '../support/mcp-server.js'
import { ana } from '../support/registry.js'
import { visit, type Visit } from './browser.js'
import { basePath, startPageHost, type PageHost } from './host.js'

let server: TestMcpServer
let host: PageHost
let visits: Visit[] = []
beforeEach(async () => {
  server = await startMcpServer()
  host = await startPageHost()
  const mine = host.registry.actingAs(ana)
  await mine.connect({ url: server.url, name: 'Notes', agents: ['assistant'] })
})
afterEach(async () => {
  for (const { context } of visits.splice(0)) await context.close()
  await host.close()
  await server.close()
})

async function asked(text = 'hello'): Promise<string> {
  const toolset = await host.registry.actingAs(ana).toolset('assistant')
  const outcome = await toolset.call('notes__write_note', { id: '7', text })
  if (outcome.type !== 'approval_required') throw new Error(outcome.type)
  return outcome.approval.approvalId
}
async function open(options: { readonly ownTime?: boolean } = {}): Promise<Page> {
  const opened = await visit(host.origin, `${basePath}#approvals`, options)
  visits.push(opened)
  return opened.page
}
const statusOf = async (id: string) => (await host.registry.actingAs(ana).approvals.get(id)).status
const allow = (page: Page) => page.getByRole('button', { name: 'Allow once' })
const ready = (page: Page) => page.locator('[aria-disabled=false]', { hasText: 'Allow once' }).first().waitFor()

describe('an approval is never decided by accident', () => {
  it('ignores a click that arrives when the card appears', async () => {
    const page = await open({ ownTime: true })
    await page.getByText('Nothing is waiting for you').waitFor()
    await page.clock.pauseAt(new Date(Date.now() + 60_000))
    const id = await asked()
    // The clock moves only in these steps: the card is at most 100 ms old when it is shown.
    await expect.poll(async () => [await page.clock.runFor(100), await allow(page).count()][1]).toBe(1)
    await allow(page).dispatchEvent('click')
    const box = (await allow(page).boundingBox())!
    // The press begins before the half second is over, and ends after it.
    await page.mouse.move(box.x + 10, box.y + 10)
    await page.mouse.down()
    await page.clock.runFor(1_000)
    await ready(page)
    await page.mouse.up()
    await page.clock.runFor(100)
    await page.getByRole('status').getByText('This just changed. Check it again, then choose.').waitFor()
    expect(await statusOf(id)).toBe('pending')
  })

  it('ignores clicks by a script', async () => {
    const id = await asked()
    const page = await open()
    await ready(page)
    await allow(page).dispatchEvent('click')
    await allow(page).evaluate((button: HTMLElement) => button.click())
    await page.waitForTimeout(200)
    expect(await statusOf(id)).toBe('pending')
    await allow(page).click()
    await expect.poll(() => statusOf(id)).toBe('approved')
  })

  it('ignores a key that was pressed elsewhere and is held down', async () => {
    const id = await asked()
    const page = await open()
    await ready(page)
    await page.getByRole('button', { name: 'Edit' }).focus()
    await page.keyboard.down('Enter')
    await page.keyboard.press('Escape')
    await allow(page).focus()
    // The key repeats, now on the button.
    await page.keyboard.down('Enter')
    await page.keyboard.down('Enter')
    await page.keyboard.up('Enter')
    await page.waitForTimeout(200)
    expect(await statusOf(id)).toBe('pending')
  })

  it("has no keyboard shortcut to allow, and Enter in a nearby field doesn't allow", async () => {
    const id = await asked()
    const page = await open()
    await ready(page)
    for (const key of ['Enter', 'y', 'a', 'Control+Enter', 'Meta+Enter', 'Space']) await page.keyboard.press(key)
    await page.getByRole('button', { name: 'Allow and remember…' }).click()
    await page.getByLabel('For one hour').focus()
    await page.waitForTimeout(600)
    await page.keyboard.press('Enter')
    await page.waitForTimeout(200)
    expect(await statusOf(id)).toBe('pending')
    await page.keyboard.press('Escape')
    expect(await statusOf(id)).toBe('pending')
  })

  it('never moves focus to Allow, not even from a decided card to the next', async () => {
    const first = await asked('first')
    const second = await asked('second')
    const page = await open()
    await ready(page)
    const focused = () =>
      page.evaluate(() => {
        let at = document.activeElement
        while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
        return at?.textContent ?? ''
      })
    expect(await focused()).not.toContain('Allow once')
    await allow(page).first().focus()
    await page.keyboard.press('Enter')
    await expect.poll(() => statusOf(first)).toBe('approved')
    await expect.poll(focused).toContain('Allowed')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Space')
    await page.waitForTimeout(200)
    expect(await statusOf(second)).toBe('pending')
  })

  it("keeps a decided card in place, so that the next one doesn't move under the pointer", async () => {
    await asked('first')
    const second = await asked('second')
    const page = await open()
    await ready(page)
    await allow(page).first().dblclick()
    await page.getByText('Allowed', { exact: true }).waitFor()
    await page.waitForTimeout(200)
    expect(await statusOf(second)).toBe('pending')
  })

  it('waits again when its content changed', async () => {
    const id = await asked()
    const page = await open({ ownTime: true })
    await ready(page)
    await page.clock.pauseAt(new Date(Date.now() + 60_000))
    await page.getByRole('button', { name: 'Edit' }).click()
    await page.getByLabel('Arguments as JSON').fill('{"id": "7", "text": "other"}')
    await page.getByRole('button', { name: 'Use these arguments' }).click()
    const edited = page.getByRole('button', { name: 'Allow as edited' })
    await edited.evaluate((button) => button.scrollIntoView())
    expect(await edited.getAttribute('aria-disabled')).toBe('true')
    await edited.click({ force: true })
    expect(await statusOf(id)).toBe('pending')
    await page.clock.runFor(1_000)
    await edited.click()
    await expect.poll(() => statusOf(id)).toBe('approved')
  })
})
