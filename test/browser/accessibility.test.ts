import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startScene, type Scene } from './scene.js'
import { fromMenu, keep, look, views } from './views.js'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let scene: Scene
beforeAll(async () => {
  scene = await startScene()
})
afterAll(() => scene.close())

/** The elements of the page and of every shadow root. */
const inPage = `
  const everything = (root = document) =>
    [...root.querySelectorAll('*')].flatMap((one) => [one, ...(one.shadowRoot === null ? [] : everything(one.shadowRoot))])
  const brief = (one) => one.outerHTML.slice(0, 120)
`

/** Buttons and fields that are too small to hit; a checkbox and its label are one target, links in text don't count. */
const smallTargets = `(() => {${inPage}
  return everything().flatMap((one) => {
    if (!one.matches('button, a[href]:not(.link), select, summary, textarea, input')) return []
    const { width, height } = (one.closest('label') ?? one).getBoundingClientRect()
    return width > 0 && (width < 24 || height < 24) ? [brief(one) + ' ' + width + '×' + height] : []
  })
})()`

/** Elements that extend beyond the window's edge. */
const tooWide = `(() => {${inPage}
  const limit = document.documentElement.clientWidth
  const beyond = everything().filter((one) => {
    const { right, width } = one.getBoundingClientRect()
    return width > 0 && right > limit + 1 && one.closest('pre') === null
  })
  return [...beyond.map(brief), ...(document.documentElement.scrollWidth > limit ? ['the page scrolls'] : [])]
})()`

/** Fields, switches and buttons with a border of less than 3:1 contrast to their background. */
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

describe('wide, in the light and in the dark', () => {
  it.each(views)('$name has no violation, and borders and targets that are seen and hit', async (view) => {
    const { page, context } = await look(scene, view, { viewport: { width: 1440, height: 900 } })
    await page.evaluate(axe)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      expect(await page.evaluate(violations), colorScheme).toEqual([])
      expect(await page.evaluate(faintBorders), colorScheme).toEqual(view.isBare ? ['nothing to measure'] : [])
      expect(await page.evaluate(smallTargets), colorScheme).toEqual([])
      await keep(page, view, `1440-${colorScheme}`)
    }
    await context.close()
  })
})

/** From small to large: a view opened at the first size must fit at the others. */
const small = [
  { name: '320', width: 320, height: 640 },
  { name: '390', width: 390, height: 844 },
  { name: '200-percent', width: 640, height: 450 },
]
describe('at 320 px, at 390 px and at 200 % zoom', () => {
  it.each(views)('$name fits without scrolling sideways', async (view) => {
    const { page, context } = await look(scene, view, { viewport: small[0]!, deviceScaleFactor: 2 })
    for (const { name, ...viewport } of small) {
      await page.setViewportSize(viewport)
      expect(await page.evaluate(tooWide), name).toEqual([])
      expect(await page.evaluate(smallTargets), name).toEqual([])
      await keep(page, view, `${name}-light`)
    }
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
    await page.setViewportSize(small[1]!)
    await keep(page, view, '390-dark')
    await context.close()
  })
})

it('shows the whole menu and every button of a dialog in a window of 256 px height', async () => {
  const options = { viewport: { width: 320, height: 256 }, deviceScaleFactor: 4 }
  const { page, context } = await look(scene, { name: '', open: (opened) => fromMenu(opened, 'Remove') }, options)
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  await context.close()
})

it('has no motion under prefers-reduced-motion, and keeps its shapes in forced colours', async () => {
  const { page, context } = await look(scene, { name: '', at: 'locked' }, { forcedColors: 'active' })
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
