// Draws what bench/peers measured as docs/images/peers.svg, readable on light and dark pages:
// node bench/peers/chart.mjs [temp/peers.json]
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'

const { node, eras } = JSON.parse(readFileSync(process.argv[2] ?? 'temp/peers.json', 'utf8'))
const charts = Object.entries(eras).flatMap(([era, figures]) => [
  { title: `CPU of a call at concurrency 32, ${era}`, bars: barsOf(figures, 'call') },
  { title: `CPU of connect and list, ${era}`, bars: barsOf(figures, 'connect') },
])
const [width, label, row, top] = [760, 150, 22, 34]
const heights = charts.map(({ bars }) => top + bars.length * row + 14)
const height = heights.reduce((sum, each) => sum + each, 24)
let y = 0
const drawn = charts.map((chart, n) => {
  const part = draw(chart, y)
  y += heights[n]
  return part
})

mkdirSync('docs/images', { recursive: true })
writeFileSync(
  'docs/images/peers.svg',
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13" role="img">
<title>CPU of a call and of connecting, as a share of the plain SDK client's</title>
<style>
  text { fill: #24292f } .bar { fill: #8c959f } .ours { fill: #0969da } .one { stroke: #24292f; stroke-dasharray: 3 3 }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .bar { fill: #6e7681 } .ours { fill: #58a6ff } .one { stroke: #e6edf3 } }
</style>
${drawn.join('\n')}
<text x="8" y="${height - 8}" font-size="11">Share of the SDK v2 client's CPU in the same round; less is better. Thin lines: least and most of the rounds. Node ${node}.</text>
</svg>
`,
)

function barsOf(figures, what) {
  return Object.entries(figures).flatMap(([name, figure]) => (figure.failed ? [] : [{ name, ...figure[what] }]))
}

function draw({ title, bars }, from) {
  const most = Math.max(...bars.map((bar) => bar.most))
  const x = (ratio) => label + (ratio / most) * (width - label - 60)
  const lines = bars.map(({ name, ratio, least, most: worst }, n) => {
    const at = from + top + n * row
    const kind = name.startsWith('ours') ? 'ours' : 'bar'
    return `<text x="8" y="${at + 14}">${name}</text>
<rect class="${kind}" x="${label}" y="${at + 3}" width="${(x(ratio) - label).toFixed(1)}" height="14" rx="2"/>
<path class="one" stroke-width="1" style="stroke-dasharray: none" d="M${x(least).toFixed(1)} ${at + 10}H${x(worst).toFixed(1)}"/>
<text x="${(x(worst) + 6).toFixed(1)}" y="${at + 14}">${ratio.toFixed(2)}</text>`
  })
  const bottom = from + top + bars.length * row
  return `<text x="8" y="${from + 22}" font-weight="600">${title}</text>
<path class="one" d="M${x(1).toFixed(1)} ${from + top - 4}V${bottom}"/>
${lines.join('\n')}`
}
