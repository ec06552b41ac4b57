// Runs the bridges with the frameworks themselves, and prints what each does as a table: node scripts/test-bridges.mjs
// [lane …]. A lane is a package file in test/bridges/frameworks; its frameworks, too heavy for the main installation, go
// into a folder of their own, in which our sources and tests are linked, so that they find these versions first.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const packageFiles = join(root, 'test/bridges/frameworks')
const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'))
/** About our own sources, whatever the frameworks. */
const ourHouse = 'test/bridges/house.test.ts'
const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const wanted = process.argv.slice(2)
const lanes = readdirSync(packageFiles)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.replace('.json', ''))
  .filter((lane) => wanted.length === 0 || wanted.includes(lane))

const ran = lanes.map(run)
for (const { lane, rows } of ran) printTable(lane, rows)
process.exitCode = ran.length > 0 && ran.every(({ passed }) => passed) ? 0 : 1

function run(lane) {
  const folder = prepared(lane)
  const node = existsSync(join(folder, 'node_modules/node')) ? join(folder, 'node_modules/.bin/node') : process.execPath
  const inLane = (program, ...args) =>
    spawnSync(node, [join(root, 'node_modules', program), ...args], { cwd: folder, stdio: 'inherit' }).status === 0
  console.log(`\n── ${lane}: types`)
  const types = inLane('typescript/bin/tsc', '-p', '.')
  console.log(`\n── ${lane}: tests`)
  const report = join(folder, 'report.json')
  rmSync(report, { force: true })
  const tests = inLane(
    'vitest/vitest.mjs',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  )
  console.log(`\n── ${lane}: the loops of examples/loops, in two processes, on SQLite and PostgreSQL`)
  const told = tellStories(lane, node, folder)
  const rows = existsSync(report) ? rowsOf(JSON.parse(readFileSync(report, 'utf8'))) : []
  return {
    lane,
    rows: rows.map(([framework, cells]) => [framework, { ...cells, ...storyCells(told, framework) }]),
    passed: types && tests && Object.values(told).flatMap(Object.values).every(Boolean),
  }
}

/** How each loop ended on each database, by its file's name. */
function tellStories(lane, node, folder) {
  const report = join(folder, 'stories.json')
  rmSync(report, { force: true })
  const program = ['scripts/run.mjs', 'test/bridges/frameworks/stories.ts', lane, node, report, ...absentIn(folder)]
  spawnSync(process.execPath, program, { cwd: root, stdio: 'inherit' })
  return existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : { stories: { told: false } }
}

/** Loops of frameworks that a lane doesn't have: the heaviest is the same on every Node, so one lane has it. */
function absentIn(folder) {
  return existsSync(join(folder, 'node_modules/@anthropic-ai/claude-agent-sdk')) ? [] : ['claude-agent-sdk']
}

/** A loop's file has the first word of the framework's row. */
function storyCells(told, framework) {
  const cells = Object.entries(told[framework.split(' ')[0]] ?? {})
  return Object.fromEntries(cells.map(([database, ended]) => [`two processes, ${database}`, ended ? 'yes' : 'FAILED']))
}

/** The lane's folder with its frameworks, our sources and tests, and how to check and run them. */
function prepared(lane) {
  const folder = join(root, 'temp/frameworks', lane)
  mkdirSync(folder, { recursive: true })
  for (const linked of ['src', 'test', 'examples'])
    if (!existsSync(join(folder, linked))) symlinkSync(join('../../..', linked), join(folder, linked))
  const packages = JSON.parse(readFileSync(join(packageFiles, `${lane}.json`), 'utf8'))
  // Beside what our sources stand on, which a framework would bring in an older version.
  const wantedPackages = JSON.stringify({ ...packages, dependencies: { ...dependencies, ...packages.dependencies } })
  const stamp = join(folder, 'installed.json')
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wantedPackages) {
    writeFileSync(join(folder, 'package.json'), wantedPackages)
    // Installed with the Node at hand, also what only a newer one runs.
    const quiet = ['--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline', '--loglevel=error']
    const { status } = spawnSync('npm', ['install', ...quiet], { cwd: folder, stdio: 'inherit' })
    if (status !== 0) throw new Error(`The packages of ${lane} could not be installed.`)
    writeFileSync(stamp, wantedPackages)
  }
  const { extends: _none, ...options } = { ...compilerOptions, preserveSymlinks: true, types: ['node'] }
  const absent = absentIn(folder)
  const loops = ['examples/loops', 'examples/loops/frameworks'].flatMap((path) =>
    readdirSync(join(root, path))
      .filter((file) => file.endsWith('.ts') && !absent.includes(file.replace('.ts', '')))
      .map((file) => join(path, file)),
  )
  const include = ['test/bridges/*.ts', 'test/bridges/frameworks/*.ts', `test/bridges/frameworks/${lane}/*.ts`]
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, include: [...include, ...loops], exclude: [ourHouse] }, null, 2),
  )
  const alias = Object.entries(options.paths).map(([name, [source]]) => [`^${name}$`, join(folder, source)])
  writeFileSync(
    join(folder, 'vitest.config.mjs'),
    `const alias = ${JSON.stringify(alias)}
export default {
  root: ${JSON.stringify(folder)},
  resolve: {
    preserveSymlinks: true,
    alias: alias.map(([find, replacement]) => ({ find: new RegExp(find), replacement })),
  },
  test: { include: ${JSON.stringify(include.map((files) => files.replace('.ts', '.test.ts')))}, exclude: [${JSON.stringify(ourHouse)}], testTimeout: 180_000, maxWorkers: 2 },
}
`,
  )
  return folder
}

/** One row for each framework, one cell for each test that is named after a column. */
function rowsOf({ testResults }) {
  const rows = new Map()
  for (const { ancestorTitles, title, status } of testResults.flatMap(({ assertionResults }) => assertionResults)) {
    const [, framework] = /^bridge (.+)$/.exec(ancestorTitles[0] ?? '') ?? []
    if (framework === undefined) continue
    const [, column, how, why] = /^([^:(]+?)(?:: (\w+)| \((.*)\))?$/.exec(title) ?? [undefined, title]
    const cell = status === 'passed' ? (how ?? 'yes') : status === 'failed' ? 'FAILED' : `n/a: ${why}`
    rows.set(framework, { ...rows.get(framework), [column]: cell })
  }
  return [...rows]
}

function printTable(lane, rows) {
  const columns = [...new Set(rows.flatMap(([, cells]) => Object.keys(cells)))]
  const reasons = []
  const shown = (cell = 'none') => {
    if (!cell.startsWith('n/a: ')) return cell
    if (!reasons.includes(cell)) reasons.push(cell)
    return `n/a (${reasons.indexOf(cell) + 1})`
  }
  const lines = [
    [lane, ...columns],
    ...rows.map(([framework, cells]) => [framework, ...columns.map((column) => shown(cells[column]))]),
  ]
  const widths = lines[0].map((_, n) => Math.max(...lines.map((line) => line[n].length)))
  console.log()
  for (const line of lines)
    console.log(
      line
        .map((cell, n) => cell.padEnd(widths[n]))
        .join('  ')
        .trimEnd(),
    )
  reasons.forEach((reason, n) => console.log(`(${n + 1}) ${reason}`))
}
