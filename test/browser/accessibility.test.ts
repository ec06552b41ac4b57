import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { visit, type Visit } from './browser.js'
import { basePath } from './host.js'
import { startScene, type Scene } from './scene.js'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let scene: Scene
beforeAll(async () => {
  scene = await startScene()
})
afterAll(() => scene.close())

const button = (page: Page, name: string) =>
  page.getByRole('button', { name, exact: true }).filter({ visible: true }).first()
/** Every view, and how a person comes to it. */
const views: readonly View[] = [
  { name: 'the list' },
  { name: 'a list that could not be loaded', open: unreachable },
  { name: 'a menu', open: (page) => button(page, 'More for Notes of the team').click() },
  { name: 'the dialog for a custom server', open: fillNothing },
  { name: 'the dialog for a catalogue entry', open: (page) => button(page, 'Connect Team wiki').click() },
  { name: 'the dialog to edit', open: (page) => fromMenu(page, 'Edit') },
  { name: 'the dialog to transfer', open: (page) => fromMenu(page, 'Transfer') },
  { name: 'the question before removing', open: (page) => fromMenu(page, 'Remove') },
  { name: 'an integration', hash: 'integration', open: openTool },
  { name: 'the dialog for several tools', hash: 'integration', open: (page) => button(page, 'Change several').click() },
  { name: 'the inbox', hash: 'approvals', open: (page) => page.getByText('"Short"').waitFor() },
  { name: 'an approval that is edited', hash: 'approvals', open: (page) => button(page, 'Edit').click() },
  { name: 'the dialog to remember', hash: 'approvals', open: (page) => ready(page, 'Allow and remember') },
  { name: 'the dialog to deny', hash: 'approvals', open: (page) => ready(page, 'Deny') },
]

interface View {
  readonly name: string
  readonly hash?: 'integration' | 'approvals'
  readonly open?: (page: Page) => Promise<void>
}

async function fromMenu(page: Page, item: string): Promise<void> {
  await button(page, 'More for Notes of the team').click()
  await page.getByRole('menuitem', { name: item }).click()
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

async function openTool(page: Page): Promise<void> {
  await page.getByRole('heading', { name: '2 tools to review' }).waitFor()
  await button(page, 'write_note').click()
}

const ready = (page: Page, label: string): Promise<void> =>
  page.locator('[aria-disabled=false]', { hasText: label }).first().click()

async function look({ hash, open }: View, options: BrowserContextOptions): Promise<Visit> {
  const view = hash === undefined ? '' : hash === 'approvals' ? '#approvals' : `#integration/${scene.busyId}`
  const opened = await visit(scene.origin, basePath + view, { reducedMotion: 'reduce', ...options })
  await opened.page.locator('.card:not(.skeleton)').filter({ visible: true }).first().waitFor()
  await open?.(opened.page)
  return opened
}

/** On the page, in it and in every shadow root below. */
const inPage = `
  const everything = (root = document) =>
    [...root.querySelectorAll('*')].flatMap((one) => [one, ...(one.shadowRoot === null ? [] : everything(one.shadowRoot))])
  const brief = (one) => one.outerHTML.slice(0, 120)
`

/** Buttons and fields that are too small to hit; a box and its label are one target, links in text are none. */
const smallTargets = `(() => {${inPage}
  return everything().flatMap((one) => {
    if (!one.matches('button, a[href]:not(.link), select, summary, textarea, input')) return []
    const { width, height } = (one.closest('label') ?? one).getBoundingClientRect()
    return width > 0 && (width < 24 || height < 24) ? [brief(one) + ' ' + width + '×' + height] : []
  })
})()`

/** What ends beyond the edge of the window. */
const tooWide = `(() => {${inPage}
  const limit = document.documentElement.clientWidth
  const beyond = everything().filter((one) => {
    const { right, width } = one.getBoundingClientRect()
    return width > 0 && right > limit + 1 && one.closest('pre') === null
  })
  return [...beyond.map(brief), ...(document.documentElement.scrollWidth > limit ? ['the page scrolls'] : [])]
})()`

/** Of every field, switch and button with a border: less than 3:1 against what is behind it. */
const faintBorders = `(() => {${inPage}
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const rgb = (color) => {
    canvas.clearRect(0, 0, 1, 1)
    canvas.fillStyle = color
    canvas.fillRect(0, 0, 1, 1)
    return [...canvas.getImageData(0, 0, 1, 1).data]
  }
  const luminance = (color) => {
    const [r, g, b] = color.slice(0, 3).map((part) => {
      const share = part / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const behind = (one) => {
    for (let at = one.parentNode; at !== null; at = at instanceof ShadowRoot ? at.host : at.parentNode)
      if (at instanceof Element) {
        const color = rgb(getComputedStyle(at).backgroundColor)
        if (color[3] === 255) return color
      }
    return [255, 255, 255]
  }
  const bordered = everything().filter(
    (one) => one.matches('input:not([type=checkbox]:not(.switch)):not([type=radio]), select, textarea, .button:not(.quiet)') && one.getClientRects().length > 0,
  )
  const faint = bordered.flatMap((one) => {
    const edge = luminance(rgb(getComputedStyle(one).borderTopColor))
    const ground = luminance(behind(one))
    const ratio = (Math.max(edge, ground) + 0.05) / (Math.min(edge, ground) + 0.05)
    return ratio < 3 ? [brief(one) + ' ' + ratio.toFixed(2)] : []
  })
  return bordered.length === 0 ? ['nothing to measure'] : faint
})()`

const violations = `axe.run({ resultTypes: ['violations'] }).then((found) => found.violations.map(
  ({ id, nodes }) => id + ': ' + nodes.map(({ html, any }) => html.slice(0, 160) + ' ' + (any[0]?.message ?? '')).join(' | '),
))`

describe.each(['light', 'dark'] as const)('in the %s', (colorScheme) => {
  it.each(views)('$name has no violation, and borders and targets that are seen and hit', async (view) => {
    const { page, context } = await look(view, { colorScheme })
    await page.evaluate(axe)
    expect(await page.evaluate(violations)).toEqual([])
    expect(await page.evaluate(faintBorders)).toEqual([])
    expect(await page.evaluate(smallTargets)).toEqual([])
    await context.close()
  })
})

describe.each([
  ['320 px', { viewport: { width: 320, height: 640 } }],
  ['200 % zoom', { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 }],
] as const)('at %s', (_size, options) => {
  it.each(views)('$name fits without scrolling sideways', async (view) => {
    const { page, context } = await look(view, options)
    expect(await page.evaluate(tooWide)).toEqual([])
    expect(await page.evaluate(smallTargets)).toEqual([])
    await context.close()
  })
})

it('offers the whole menu and every button of a dialog where only 256 px are left of the height', async () => {
  const options = { viewport: { width: 320, height: 256 }, deviceScaleFactor: 4 }
  const { page, context } = await look({ name: '', open: (opened) => fromMenu(opened, 'Remove') }, options)
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  await context.close()
})

it('stands still for who asks for it, and keeps its shapes in forced colours', async () => {
  const { page, context } = await look({ name: '', hash: 'integration' }, { forcedColors: 'active' })
  await page.locator('.switch').first().waitFor()
  const found = await page.evaluate(`(() => {
    const root = document.querySelector('mcp-integrations').shadowRoot
    const style = (selector, pseudo) => getComputedStyle(root.querySelector(selector), pseudo)
    return {
      moves: style('.switch').transitionDuration,
      knob: style('.switch', '::before').backgroundColor !== style('.switch').backgroundColor,
      border: style('.switch').borderTopStyle,
      button: style('.button.accent').backgroundColor !== getComputedStyle(document.body).backgroundColor,
    }
  })()`)
  expect(found).toEqual({ moves: '0s', knob: true, border: 'solid', button: true })
  await context.close()
})
