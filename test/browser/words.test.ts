import { expect, it } from 'vitest'
import { ana } from '../support/registry.js'
import { visit } from './browser.js'
import { basePath, startPageHost } from './host.js'
import { startScene } from './scene.js'
import { look } from './views.js'

it('shows the error text of a server, missing tools, and tools that are left out with the reason', async () => {
  const scene = await startScene()
  const broken = await look(scene, { name: '', at: 'broken' })
  await broken.page.getByText('The licence of this server expired in March.').waitFor()
  const gaps = await look(scene, { name: '', at: 'gaps' })
  await gaps.page.getByText(/^Missing/).click()
  await gaps.page.getByText('write_note', { exact: true }).waitFor()
  await gaps.page.getByText(/^Left out/).click()
  await gaps.page.getByText('two different tools have this name').first().waitFor()
  // The server's text is shown only to people who can edit the integration.
  await scene.registry.actingAs(ana).update(scene.ids.broken, { visibility: 'workspace' })
  const other = await look(scene, { name: '', at: 'broken', person: 'bo' })
  await other.page.getByText('Error', { exact: true }).waitFor()
  expect(await other.page.getByText('The licence of this server expired in March.').count()).toBe(0)
  for (const { context } of [broken, gaps, other]) await context.close()
  await scene.close()
})

it("uses the host's labels, on the tabs and in the elements, as text", async () => {
  const host = await startPageHost({
    page: {
      title: 'Verbindungen',
      locale: 'de',
      labels: {
        title: 'Verbindungen',
        integrationsTab: 'Dienste "A" & B',
        approvalsTab: '<b>Freigaben</b>',
        nothingConnected: 'Noch nichts verbunden',
      },
    },
  })
  const { page, context, complaints } = await visit(host.origin, basePath)
  await page.getByRole('link', { name: 'Dienste "A" & B' }).waitFor()
  await page.getByText('Noch nichts verbunden').waitFor()
  await page.getByRole('link', { name: '<b>Freigaben</b>' }).click()
  await page.getByRole('heading', { name: '<b>Freigaben</b>' }).waitFor()
  await expect.poll(() => page.title()).toBe('<b>Freigaben</b>')
  expect(await page.locator('html').getAttribute('lang')).toBe('de')
  expect(complaints).toEqual([])
  await context.close()
  await host.close()
})
