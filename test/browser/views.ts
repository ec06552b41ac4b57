import type { BrowserContextOptions, Page } from 'playwright-core'
import { visit, type Visit } from './browser.js'
import { basePath } from './host.js'
import type { Scene } from './scene.js'

/** A view of the page, and the steps to open it. */
export interface View {
  readonly name: string
  /** `integration`: the one with something of every kind. `@default` the list */
  readonly at?: 'integration' | 'approvals' | keyof Scene['ids'] | undefined
  readonly person?: string | undefined
  /** The view has neither fields nor buttons with borders. */
  readonly isBare?: true
  readonly open?: (page: Page, scene: Scene) => Promise<void>
}

const button = (page: Page, name: string) =>
  page.getByRole('button', { name, exact: true }).filter({ visible: true }).first()

/** Every view. */
export const views: readonly View[] = [
  { name: 'the list' },
  { name: 'the list of another person', person: 'bo' },
  { name: 'an empty list', person: 'new' },
  { name: 'a list that is loading', open: loading },
  { name: 'a list that could not be loaded', open: unreachable },
  { name: 'only what needs attention', open: (page) => button(page, 'Show only these').click() },
  { name: 'a menu', open: (page) => button(page, 'More actions for Notes of the team').click() },
  { name: 'the dialog for a custom server', open: fillNothing },
  { name: 'the dialog for a custom server, checked', open: check },
  { name: 'the dialog for a catalogue entry', open: (page) => button(page, 'Connect Team wiki').click() },
  { name: 'the dialog to edit', open: (page) => fromMenu(page, 'Edit') },
  { name: 'the dialog to share', open: (page) => fromMenu(page, 'Share with everyone', 'Production metrics') },
  { name: 'the dialog to transfer', open: (page) => fromMenu(page, 'Transfer') },
  { name: 'the question before removing', open: (page) => fromMenu(page, 'Remove') },
  { name: 'the dialog to sign in', person: 'bo', open: signIn },
  { name: 'the dialog to import', open: openImport },
  { name: 'the servers of a list to import', open: previewImport },
  { name: 'the result of an import', person: 'importer', open: finishImport },
  { name: 'the dialog to export', open: openExport },
  { name: 'an integration', at: 'integration', open: openTool },
  { name: 'an integration with an error', at: 'broken' },
  { name: 'an integration to reconnect', at: 'locked' },
  { name: 'an integration that is off', at: 'off' },
  { name: 'tools that are missing or left out', at: 'gaps', open: openLeftOut },
  { name: 'the dialog for several tools', at: 'integration', open: (page) => button(page, 'Change several').click() },
  { name: 'the inbox', at: 'approvals', open: (page) => page.getByText('"Short"').waitFor() },
  { name: 'an empty inbox', at: 'approvals', person: 'new', isBare: true },
  { name: 'an approval that is edited', at: 'approvals', open: (page) => button(page, 'Edit').click() },
  { name: 'the dialog to remember', at: 'approvals', open: (page) => ready(page, 'Allow and remember') },
  { name: 'the dialog to deny', at: 'approvals', open: (page) => ready(page, 'Deny') },
]

/** The folder for screenshots of all views, to be looked at by people. */
const folder = 'temp/pages'

/** Saves a screenshot of a view. */
export async function keep(page: Page, { name }: View, how: string): Promise<void> {
  const file = `${name} ${how}`.replaceAll(/[^a-z0-9]+/gi, '-')
  await page.screenshot({ path: `${folder}/${file}.png`, fullPage: true })
}

/** Opens a view, and waits until it is drawn. */
export async function look(
  scene: Scene,
  { at, person, open }: View,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const hash =
    at === undefined
      ? ''
      : at === 'approvals'
        ? '#approvals'
        : `#integration/${at === 'integration' ? scene.busyId : scene.ids[at]}`
  const who = person === undefined ? {} : { person }
  const opened = await visit(scene.origin, basePath + hash, { reducedMotion: 'reduce', ...who, ...options })
  await opened.page.locator('.card:not(.skeleton)').filter({ visible: true }).first().waitFor()
  await opened.page.locator('.skeleton').filter({ visible: true }).first().waitFor({ state: 'detached' })
  await open?.(opened.page, scene)
  return opened
}

/** Chooses an item in the menu of an integration. */
export async function fromMenu(page: Page, item: string, name = 'Notes of the team'): Promise<void> {
  await button(page, `More actions for ${name}`).click()
  await page.getByRole('menuitem', { name: item, exact: true }).click()
}

async function loading(page: Page): Promise<void> {
  await page.route('**/integrations', () => {})
  await page.route('**/connectors', () => {})
  await page.reload()
  await page.locator('.skeleton').first().waitFor()
}

async function unreachable(page: Page): Promise<void> {
  await page.route('**/integrations', (route) => route.abort())
  await page.reload()
  await page.getByRole('button', { name: 'Try again' }).waitFor()
}

async function fillNothing(page: Page): Promise<void> {
  await button(page, 'Connect custom server').click()
  await page.getByRole('switch', { name: 'Private' }).click()
  await button(page, 'Add header').click()
  await button(page, 'Connect').click()
}

async function check(page: Page, { busyUrl }: Scene): Promise<void> {
  await button(page, 'Connect custom server').click()
  await page.getByLabel('MCP server URL').fill(busyUrl)
  await button(page, 'Check').click()
  await page.getByText('tools found').waitFor()
}

async function signIn(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^(?:Sign in|Start again) Calendar$/ }).click()
  await page.getByRole('dialog').waitFor()
}

/** One server of each kind: to connect, with a secret, with a variable, already connected, on this machine. */
function listToImport(url: string): string {
  return JSON.stringify({
    mcpServers: {
      Roadmap: { url: `${url}?roadmap=1`, autoApprove: ['read_note'] },
      'With a key': { url: `${url}?key=1`, headers: { 'X-Api-Key': 'sk-1234567890abcdefghij' } },
      'To fill in': { url: `${url}?fill=1`, headers: { Authorization: 'Bearer ${TOKEN}' } },
      'Here already': { url },
      Files: { command: 'npx', args: ['-y', '@modelcontextprotocol/server-filesystem', '/tmp'] },
    },
  })
}

async function openImport(page: Page): Promise<void> {
  await button(page, 'More actions').click()
  await page.getByRole('menuitem', { name: 'Import servers' }).click()
  await page.getByRole('dialog', { name: 'Import MCP servers' }).waitFor()
}

async function previewImport(page: Page, { busyUrl }: Scene): Promise<void> {
  await openImport(page)
  await page.getByLabel('List of servers').fill(listToImport(busyUrl))
  await button(page, 'Show servers').click()
  await page.getByText('5 servers in this mcp.json.').waitFor()
}

async function finishImport(page: Page, scene: Scene): Promise<void> {
  await previewImport(page, scene)
  await page.getByRole('checkbox', { name: 'Roadmap' }).check()
  for (const name of ['To fill in', 'With a key', 'Here already']) await page.getByRole('checkbox', { name }).uncheck()
  await page.getByRole('group', { name: 'Agent access' }).getByLabel('Assistant').check()
  await button(page, 'Import 1 server').click()
  await page.getByRole('list', { name: 'Import results' }).waitFor()
}

async function openExport(page: Page): Promise<void> {
  await button(page, 'More actions').click()
  await page.getByRole('menuitem', { name: 'Export servers' }).click()
  await page.getByText('"mcpServers"').waitFor()
}

async function openTool(page: Page): Promise<void> {
  await page.getByRole('heading', { name: '2 tools to review' }).waitFor()
  await button(page, 'write_note').click()
}

async function openLeftOut(page: Page): Promise<void> {
  for (const summary of await page.getByText(/^(?:Missing|Left out)/).all()) await summary.click()
}

const ready = (page: Page, label: string): Promise<void> =>
  page.locator('[aria-disabled=false]', { hasText: label }).first().click()
