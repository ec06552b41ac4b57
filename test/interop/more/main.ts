/**
 * Connects servers of other authors through a registry, over every transport that they offer: lists the tools, reads
 * their labels, calls one. Prints what came back as a table; `--write` puts it into the page of interoperability. The
 * first argument is the folder that `scripts/test-interop-more.mjs` installed them into; a word meets only the servers
 * whose names have it.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Tool } from 'mcp-integrations'
import { ana, makeRegistry } from '../../support/registry.js'
import { recipes, type Recipe } from './recipes.js'
import { overHttp, overStdio, type Started } from './start.js'

const [packages = '', ...flags] = process.argv.slice(2)
const only = flags.find((flag) => !flag.startsWith('--'))?.toLowerCase() ?? ''
const page = 'docs/interoperability.md'
const columns = [
  'server',
  'over',
  'connected',
  'tools',
  'labels: read / write / none',
  'a call',
  'requests: connect and list, call',
]
const problems: string[] = []
const rows: string[][] = []

const wanted = recipes
  .filter(({ short }) => short === true || !flags.includes('--short'))
  .filter(({ name }) => name.toLowerCase().includes(only))
for (const recipe of wanted) {
  rows.push(await row(recipe, 'stdio', overStdio))
  if (recipe.http !== undefined) rows.push(await row(recipe, 'Streamable HTTP', overHttp))
}

const lines = [columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
console.log(`\n${lines.join('\n')}\n`)
if (flags.includes('--write') && problems.length === 0) write(lines)
for (const problem of problems) console.error(problem)
const seconds = Math.round(performance.now() / 1000)
console.log(`${rows.length} rows, ${problems.length} problems, ${seconds} s`)
process.exitCode = problems.length === 0 ? 0 : 1

async function row(
  recipe: Recipe,
  over: string,
  start: (recipe: Recipe, packages: string) => Promise<Started>,
): Promise<string[]> {
  const title = `${recipe.name} ${versionOf(recipe)}`
  const problem = (text: string): void => void problems.push(`${title} over ${over}: ${text}`)
  let started: Started | undefined
  try {
    started = await start(recipe, packages)
    const { cells, tools, call } = await meet(recipe, started)
    if (tools !== recipe.tools) problem(`${tools} tools, ${recipe.tools} expected`)
    if (call !== recipe.call.gives) problem(`the call gave ${call}, ${recipe.call.gives} expected`)
    return [title, over, ...cells]
  } catch (error) {
    problem(String(error))
    return [title, over, 'no', '–', '–', '–', '–']
  } finally {
    await started?.stop()
  }
}

async function meet({ call: { tool, args } }: Recipe, { connector, requests }: Started) {
  // Generous, so that a busy machine decides nothing: the question for the era may cost half of the first.
  const limits = { connectTimeoutMs: 300_000, callTimeoutMs: 300_000 }
  const registry = makeRegistry({ connectors: [connector], limits })
  try {
    const mine = registry.actingAs(ana)
    const { integration, type } = await mine.connect({ connector: connector.id, agents: ['assistant'] })
    if (type !== 'connected') throw new Error(`${type}: ${integration.statusDetail?.message ?? ''}`)
    const { tools } = await mine.tools(integration.id)
    const toConnect = requests()
    await mine.configureTools(integration.id, { [tool]: { approval: 'auto' } })
    const toolset = await mine.toolset('assistant')
    const modelName = toolset.tools.find(({ name }) => name === tool)?.modelName ?? tool
    const outcome = await toolset.call(modelName, args)
    const call = outcome.type === 'completed' ? (outcome.result.isError === true ? 'error' : 'result') : outcome.type
    return {
      tools: tools.length,
      call,
      cells: [
        integration.protocolVersion ?? 'yes',
        String(tools.length),
        labels(tools),
        `\`${tool}\`: ${call === 'error' ? 'its error, offline' : call}`,
        `${toConnect}, ${requests() - toConnect}`,
      ],
    }
  } finally {
    await registry.close()
  }
}

function labels(tools: readonly Tool[]): string {
  return ['read', 'write', undefined]
    .map((value) => tools.filter(({ label }) => label?.value === value).length)
    .join(' / ')
}

function versionOf(recipe: Recipe): string {
  const manifest = readFileSync(join(packages, recipe.package, 'package.json'), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

/** Between its two marks on the page. */
function write(table: readonly string[]): void {
  const [start, end] = ['<!-- more-servers -->', '<!-- /more-servers -->']
  const text = readFileSync(page, 'utf8')
  const [before, rest = ''] = text.split(start)
  const after = rest.split(end)[1]
  if (after === undefined) throw new Error(`${page} lacks ${start} … ${end}.`)
  writeFileSync(page, `${before}${start}\n\n${table.join('\n')}\n\n${end}${after}`)
}
