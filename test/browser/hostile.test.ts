import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { startMcpServer, type TestMcpServer } from '../support/mcp-server.js'
import { ana } from '../support/registry.js'
import { visit } from './browser.js'
import { basePath, startPageHost, type PageHost } from './host.js'

const attack = '<img src=x onerror="window.owned=1"><script>window.owned=1</script>${window.owned=1}'
const hiddenText = `safe\u202egnp.exe\u200b\u{e0041}`

let server: TestMcpServer
let host: PageHost
let id: string
beforeAll(async () => {
  server = await startMcpServer((mcp) => {
    mcp.registerTool(
      'write',
      {
        title: `${attack} title`,
        description: `${attack}\n${hiddenText}`,
        inputSchema: z.object({ [attack]: z.string().describe(attack).optional(), to: z.string().optional() }),
      },
      async () => ({ content: [] }),
    )
  })
  host = await startPageHost({
    connectors: [
      {
        id: 'evil',
        name: `${attack} entry`,
        description: hiddenText,
        url: server.url,
        auth: 'none' as const,
        icon: 'data:image/png;base64,AAAA" onerror="window.owned=1',
        documentationUrl: 'https://docs.example/a"onclick="window.owned=1',
      },
    ],
  })
  const mine = host.registry.actingAs(ana)
  const { integration } = await mine.connect({
    url: server.url,
    name: `${attack} ${hiddenText}`,
    agents: ['assistant'],
  })
  id = integration.id
  const toolset = await mine.toolset('assistant')
  await toolset.call(toolset.tools[0]!.modelName, { [attack]: attack, to: hiddenText })
})
afterAll(async () => {
  await host.close()
  await server.close()
})

describe('text of a server is shown as text', () => {
  it.each([
    ['the list', () => ''],
    ['an integration', () => `#integration/${id}`],
    ['the inbox', () => '#approvals'],
  ])('in %s', async (_view, hash) => {
    const { page, context, complaints, strays } = await visit(host.origin, basePath + hash())
    const seen = page.locator('body').getByText('<img src=x').filter({ visible: true })
    await seen.first().waitFor()
    for (const opener of await page.locator('.disclosure, summary').filter({ visible: true }).all())
      await opener.click()
    await page.getByText('U+202E').filter({ visible: true }).first().waitFor()
    expect(await page.evaluate(() => (window as { owned?: unknown }).owned)).toBeUndefined()
    expect(await page.locator('img[src=x], script:not([src])').count()).toBe(0)
    expect({ complaints, strays }).toEqual({ complaints: [], strays: [] })
    await context.close()
  })

  it('shows hidden characters of arguments as marks, and counts them', async () => {
    const { page, context } = await visit(host.origin, `${basePath}#approvals`)
    await page.getByText('3 hidden characters are marked in red.').waitFor()
    const value = page.locator('dd', { hasText: 'gnp.exe' })
    expect(await value.innerText()).toBe('"safeU+202Egnp.exeU+200BU+E0041"')
    expect(await value.locator('.hidden-character').allInnerTexts()).toEqual(['U+202E', 'U+200B', 'U+E0041'])
    await page.getByRole('button', { name: 'Edit' }).click()
    expect(await page.getByLabel('Arguments as JSON').inputValue()).toContain('safe\\u202egnp.exe\\u200b\\udb40\\udc41')
    await context.close()
  })
})
