import { mkdirSync, readFileSync } from 'node:fs'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'

/** Where the screenshots of the story are kept. */
const folder = 'temp/host'

/** Plays what a person does with the host, in Chromium. @returns whether everything was as it should be */
export async function playStory({ url, git }: { readonly url: string; readonly git: string }): Promise<boolean> {
  mkdirSync(folder, { recursive: true })
  const failed: string[] = []
  const check = (what: string, holds: boolean): void => {
    console.log(`${holds ? '✓' : '✗'} ${what}`)
    if (!holds) failed.push(what)
  }
  const browser = await chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium' })
  try {
    const context = await browser.newContext({ viewport: { width: 1200, height: 860 } })
    context.setDefaultTimeout(15_000)
    const complaints = listen(context)
    const page = await context.newPage()
    await page.goto(`${url}/mcp`)
    await connectServers(page, git)
    check('two servers are connected', (await page.getByText('Connected', { exact: true }).count()) >= 2)
    await shot(page, 'integrations')

    const inbox = await context.newPage()
    await inbox.goto(`${url}/mcp#approvals`)
    await page.goto(url)

    await say(page, 'hold', 'echo held')
    await allowIn(page)
    check('a held call runs once it is allowed in the chat', await hears(page, 'Echo: held'))

    await say(page, 'hold', 'echo decided elsewhere')
    await allowIn(inbox)
    check('a held call is decided by another page', await hears(page, 'Echo: decided elsewhere'))

    await say(page, 'later', 'add 2 and 3')
    await page.getByText('I have asked you.').waitFor()
    await shot(page, 'chat-waits')
    await inbox.reload()
    await allowIn(inbox)
    check('a deferred call runs later, and the chat goes on', await hears(page, 'The sum of 2 and 3 is 5.'))
    await say(page, 'later', 'hello')
    check('for another turn', await hears(page, 'Try “echo hello”'))
    await say(page, 'later', 'add 20 and 30')
    await allowIn(page)
    check('and another call', await hears(page, 'The sum of 20 and 30 is 50.'))

    await say(page, 'framework', 'echo asked by the SDK')
    await page.getByRole('button', { name: 'Allow' }).click()
    check('the framework’s own question opens the gate', await hears(page, 'Echo: asked by the SDK'))
    await say(page, 'framework', 'echo refused')
    await page.getByRole('button', { name: 'Deny' }).click()
    check('and its no keeps it shut', await hears(page, 'You said no, so it has not run.'))
    await shot(page, 'chat')

    await page.getByLabel('You are').selectOption('bo')
    await page.goto(`${url}/mcp`)
    await page.getByText('No integrations yet').waitFor()
    check('another person sees nothing of what is private', true)
    await shot(page, 'another-person')

    await keepPictures(browser, url)
    check(
      `nothing is reported by the browser${complaints.map((one) => `\n  ${one}`).join('')}`,
      complaints.length === 0,
    )
    check(`settings, callback, live events and approvals take ${linesOfMount()} lines`, linesOfMount() < 10)
  } catch (error) {
    check(`the story goes on: ${String(error)}`, false)
    for (const [n, open] of browser
      .contexts()
      .flatMap((context) => context.pages())
      .entries())
      await shot(open, `failed-${n}`)
  } finally {
    await browser.close()
  }
  console.log(failed.length === 0 ? `\nScreenshots are in ${folder}.` : `\n${failed.length} failed`)
  return failed.length === 0
}

/** Every view of the page and the chat, at each width, in both themes: what was opened at the smallest fits at the others. */
async function keepPictures(browser: Browser, url: string): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 320, height: 860 }, reducedMotion: 'reduce' })
  context.setDefaultTimeout(60_000)
  for (const [name, open] of Object.entries(views)) {
    const page = await context.newPage()
    await open(page, url)
    for (const width of [320, 390, 1440]) {
      await page.setViewportSize({ width, height: 860 })
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        await shot(page, `${name}-${width}-${colorScheme}`)
      }
    }
    await page.close()
  }
  await context.close()
}

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true }).first()
/** How a person opens each view. */
const views: Readonly<Record<string, (page: Page, url: string) => Promise<void>>> = {
  async chat(page, url) {
    await page.goto(url)
    await page.getByRole('button', { name: 'Send' }).waitFor()
  },
  integrations: openList,
  async catalogue(page, url) {
    await openList(page, url)
    await button(page, 'Connect Context7').click()
    await page.getByRole('dialog').waitFor()
  },
  async 'custom-server'(page, url) {
    await openList(page, url)
    await button(page, 'Connect custom server').click()
    await page.getByRole('dialog').waitFor()
  },
  async import(page, url) {
    await openList(page, url)
    await button(page, 'More actions').click()
    await page.getByRole('menuitem', { name: 'Import servers' }).click()
    await page
      .getByLabel('List of servers')
      .fill(
        '{"mcpServers":{"Files":{"command":"npx"},"Wiki":{"url":"https://wiki.example.com/mcp","headers":{"Authorization":"Bearer ${TOKEN}"}}}}',
      )
    await button(page, 'Show servers').click()
    await page.getByText('2 servers in this mcp.json.').waitFor()
  },
  async integration(page, url) {
    await openList(page, url)
    await button(page, 'Everything').click()
    await page.getByRole('heading', { name: 'Tools' }).waitFor()
    await page.getByRole('button', { name: 'echo' }).first().click()
  },
  async approvals(page, url) {
    await page.goto(`${url}/mcp#approvals`)
    await page.getByRole('heading', { name: 'Recent calls' }).scrollIntoViewIfNeeded()
  },
}

async function openList(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/mcp`)
  await button(page, 'Everything').waitFor()
}

async function connectServers(page: Page, git: string): Promise<void> {
  await page.getByRole('button', { name: 'Connect Everything', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Assistant').check()
  await shot(page, 'connect')
  await dialog.getByRole('button', { name: 'Connect', exact: true }).click()
  await page.getByRole('status').getByText('Everything works').waitFor()
  await page.getByRole('button', { name: 'Connect custom server', exact: true }).click()
  await dialog.getByLabel('Integration name').fill('Git')
  await dialog.getByLabel('MCP server URL').fill(git)
  await dialog.getByLabel('Builder').check()
  await dialog.getByRole('button', { name: 'Connect', exact: true }).click()
  await page.getByRole('status').getByText('Git works').waitFor()
}

async function say(page: Page, mode: string, text: string): Promise<void> {
  await page.getByLabel('A tool that asks').selectOption(mode)
  await page.getByLabel('Message').fill(text)
  await page.getByRole('button', { name: 'Send' }).click()
}

/** Allows the one call that waits, as a person does: after the half second in which a card takes no click. */
async function allowIn(page: Page): Promise<void> {
  const allow = page.getByRole('button', { name: /^Allow/ }).first()
  await allow.waitFor()
  await page.waitForTimeout(700)
  await allow.click()
}

function hears(page: Page, text: string): Promise<boolean> {
  return page
    .getByText(text)
    .last()
    .waitFor({ timeout: 30_000 })
    .then(
      () => true,
      () => false,
    )
}

async function shot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true })
}

function listen(context: BrowserContext): string[] {
  const complaints: string[] = []
  context.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} ${message.location().url}`)
  })
  context.on('weberror', (error) => complaints.push(String(error.error())))
  return complaints
}

/** What a host writes for all of Settings: the lines between the marks. */
function linesOfMount(): number {
  const [, mount = ''] =
    /\/\/ #region mount\n([^]*?)\/\/ #endregion/.exec(readFileSync('examples/host/host.ts', 'utf8')) ?? []
  return mount.split('\n').filter((line) => line.trim() !== '').length
}
