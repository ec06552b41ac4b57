import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core'
import { afterAll } from 'vitest'

let browser: Promise<Browser> | undefined

/** One Chromium for all test files. */
function openBrowser(): Promise<Browser> {
  browser ??= chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium' })
  return browser
}

afterAll(async () => {
  await (await browser)?.close()
  browser = undefined
})

/** A page, and the problems it had. */
export interface Visit {
  readonly page: Page
  readonly context: BrowserContext
  /** Console output: errors, violations of the Content-Security-Policy, uncaught exceptions. */
  readonly complaints: string[]
  /** Requests to other origins. */
  readonly strays: string[]
}

/** Opens a page of a host as a person. `ownTime`: the test may stop time in the page, and move it. */
export async function visit(
  origin: string,
  path: string,
  options: BrowserContextOptions & {
    readonly person?: string
    readonly role?: 'admin'
    readonly ownTime?: boolean
    /** Of the cookie that identifies the person. `@default 'Lax'` */
    readonly sameSite?: 'Strict' | 'Lax'
  } = {},
): Promise<Visit> {
  const { person = 'ana', role, ownTime = false, sameSite = 'Lax', ...rest } = options
  const context = await (await openBrowser()).newContext({ viewport: { width: 1200, height: 900 }, ...rest })
  context.setDefaultTimeout(30_000)
  if (ownTime) await context.clock.install()
  await context.addCookies([
    { name: 'person', value: person, url: origin, sameSite, httpOnly: true },
    ...(role === undefined ? [] : [{ name: 'role', value: role, url: origin }]),
  ])
  const opened = await watch(context, origin)
  await opened.page.goto(origin + path)
  return opened
}

/** The browser logs every refused request of a test. */
const refused =
  /^Failed to load resource: (?:the server responded with a status of (?:400|403|409|412|422) |net::ERR_(?:FAILED|INTERNET_DISCONNECTED)$)/

/** Another tab of the same person. */
export async function watch(context: BrowserContext, origin: string): Promise<Visit> {
  const page = await context.newPage()
  const complaints: string[] = []
  const strays: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !refused.test(message.text())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.protocol.startsWith('http') && url.origin !== origin) strays.push(url.href)
  })
  return { page, context, complaints, strays }
}
