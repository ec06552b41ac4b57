import { afterAll, beforeAll, expect, it } from 'vitest'
import { bundle } from '../../scripts/page-bundle.mjs'
import { startMcpServer, type TestMcpServer } from '../support/mcp-server.js'
import { ana } from '../support/registry.js'
import { visit } from './browser.js'
import { startPageHost, type PageHost } from './host.js'

let server: TestMcpServer
let host: PageHost
let approvalId: string
beforeAll(async () => {
  server = await startMcpServer()
  host = await startPageHost({
    pages: {
      '/chat.js': { type: 'text/javascript', body: await bundle('examples/guides/elements.ts') },
      '/chat.css': {
        type: 'text/css',
        body: `mcp-approval { --mcp-color-strong: rgb(90, 20, 120); --mcp-radius: 0 }
               mcp-approval::part(approval) { border-width: 3px }`,
      },
      '/chat': {
        type: 'text/html',
        body: `<!doctype html><title>Chat</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/chat.css">
          <script type="module" src="/chat.js"></script>
          <main id="chat"></main>`,
      },
    },
  })
  const mine = host.registry.actingAs(ana)
  await mine.connect({ url: server.url, name: 'Notes', agents: ['assistant'] })
  const outcome = await (await mine.toolset('assistant')).call('notes__write_note', { id: '1', text: 'x' })
  if (outcome.type !== 'approval_required') throw new Error(outcome.type)
  approvalId = outcome.approval.approvalId
})
afterAll(async () => {
  await host.close()
  await server.close()
})

it('asks in a page of the host, with its texts and colours, and fires events', async () => {
  const { page, context, complaints, strays } = await visit(host.origin, `/chat?approval=${approvalId}`, {
    colorScheme: 'dark',
  })
  await page.getByText('Assistant fragt').waitFor()
  const allow = page.getByRole('button', { name: 'Einmal erlauben' })
  await page.locator('[aria-disabled=false]', { hasText: 'Einmal erlauben' }).waitFor()
  expect(await allow.evaluate((button) => getComputedStyle(button).backgroundColor)).toBe('rgb(90, 20, 120)')
  const card = page.getByRole('article')
  expect(await card.evaluate((one) => getComputedStyle(one).borderTopWidth)).toBe('3px')
  expect(await card.innerText()).toMatch(/jetzt|vor \d+ Min/)
  // The host's page has no dark theme, so the elements have none either unless `theme` says so.
  const colour = () => card.evaluate((one) => getComputedStyle(one).backgroundColor)
  const light = await colour()
  await page.locator('mcp-approval').evaluate((one) => one.setAttribute('theme', 'dark'))
  expect(await colour()).not.toBe(light)
  await allow.click()
  await expect.poll(() => page.title()).toBe('approved')
  expect({ complaints, strays }).toEqual({ complaints: [], strays: [] })
  await context.close()
})
