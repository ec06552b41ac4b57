// Runs every client scenario of the official conformance suite against test/conformance/client.mjs on dist/.
// node scripts/conformance.mjs [part of a scenario's name]
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const suite = '0.1.16'
const scenariosExpected = 26
/** Scenarios in which the right client gives up, and what it must have said. */
const givesUp = new Map([
  ['auth/resource-mismatch', 'authorization_failed resource_mismatch'],
  ['auth/scope-retry-limit', 'authorization_required scope_required'],
])

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const home = join(root, 'temp/conformance')
const node22 = join(home, 'node_modules/.bin/node')
const cli = join(home, 'node_modules/@modelcontextprotocol/conformance/dist/index.js')
const client = join(root, 'test/conformance/client.mjs')
const filter = process.argv[2] ?? ''

step(process.execPath, [join(root, 'scripts/build-if-stale.mjs')])
install()
const listed = await scenarios()
const wanted = listed.filter((name) => name.includes(filter))
const results = []
for (const name of wanted) {
  const result = await run(name)
  results.push(result)
  console.log(
    `${result.problems.length === 0 ? 'ok  ' : 'FAIL'}  ${name.padEnd(44)} ${result.passed} checks  ${result.ms} ms`,
  )
  for (const problem of result.problems) console.log(`      ${problem}`)
}
const good = results.filter(({ problems }) => problems.length === 0).length
console.log(`\n${good} of ${results.length} client scenarios`)
if (listed.length !== scenariosExpected)
  console.log(`The suite lists ${listed.length} scenarios; ${scenariosExpected} were expected.`)
process.exitCode = good === results.length && good > 0 && listed.length === scenariosExpected ? 0 : 1

/** The suite needs Node 22, ours may be 20: both live outside the main install. */
function install() {
  const manifest = join(home, 'package.json')
  const wish = JSON.stringify({
    private: true,
    dependencies: { '@modelcontextprotocol/conformance': suite, node: '22' },
    allowScripts: { node: true },
  })
  if (existsSync(cli) && existsSync(node22) && readFileSync(manifest, 'utf8') === wish) return
  rmSync(home, { recursive: true, force: true })
  mkdirSync(home, { recursive: true })
  writeFileSync(manifest, wish)
  step('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'], home)
}

async function scenarios() {
  const { stdout } = await command([cli, 'list', '--client'])
  return [...stdout.matchAll(/^\s+- (\S+)/gm)].map(([, name]) => name)
}

/** A pass that doing nothing earns as well counts only with traces that doing nothing does not leave. */
async function run(name) {
  const started = Date.now()
  const { exitCode, checks, stdout, stderr } = await runClient(name, client)
  const problems = checks
    .filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
    .map(({ status, id, errorMessage, description }) => `${status} ${id}: ${errorMessage ?? description}`)
  const expected = givesUp.get(name)
  if (expected === undefined && exitCode !== 0 && problems.length === 0)
    problems.push(`exit code ${exitCode}: ${stdout}${stderr}`.trim())
  if (expected !== undefined && !stdout.includes(expected))
    problems.push(`expected the client to end with "${expected}": ${stdout}${stderr}`.trim())
  const passed = checks.filter(({ status }) => status === 'SUCCESS').length
  if (passed === 0) problems.push('no check succeeded')
  const idle = await runClient(name, join(home, 'idle.mjs'))
  const idlePasses = idle.checks.every(({ status }) => status !== 'FAILURE' && status !== 'WARNING')
  if (idlePasses && expected === undefined && checks.length <= idle.checks.length)
    problems.push('a client that does nothing passes as well')
  return { problems, passed, ms: Date.now() - started }
}

async function runClient(name, program) {
  const output = join(home, 'results')
  rmSync(output, { recursive: true, force: true })
  writeFileSync(join(home, 'idle.mjs'), '')
  const { exitCode, stdout, stderr } = await command([
    cli,
    'client',
    '--command',
    `${process.execPath} ${program}`,
    '--scenario',
    name,
    '-o',
    output,
  ])
  const file = (ending) => {
    const path = existsSync(output) && readdirSync(output, { recursive: true }).find((entry) => entry.endsWith(ending))
    return path ? readFileSync(join(output, path), 'utf8') : undefined
  }
  const checks = file('checks.json')
  if (checks === undefined) return { exitCode, checks: [], stdout, stderr }
  return { exitCode, checks: JSON.parse(checks), stdout: file('stdout.txt') ?? '', stderr: file('stderr.txt') ?? '' }
}

function command(commandArguments) {
  return new Promise((resolve) => {
    execFile(node22, commandArguments, { cwd: root, timeout: 120_000, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : (error.code ?? 1), stdout, stderr })
    })
  })
}

function step(program, stepArguments, cwd = root) {
  const { status } = spawnSync(program, stepArguments, { cwd, stdio: 'inherit' })
  if (status !== 0) process.exit(1)
}
