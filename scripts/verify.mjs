// Runs what a change must pass, all of it even when something fails. With --from-clone, the tests are run by the line
// of the README, which installs first. The last line says how many steps passed, the lines before it what failed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const steps = [
  process.argv.includes('--from-clone') ? testLineOfReadme() : 'npm test',
  'npm run check',
  'npm run test:mutation -- --short',
  'npm run test:postgres',
  'npm run test:race -- --short',
  'npm run test:crash -- --short',
  'npm run test:field',
  'npm run test:hostile -- --short',
  'npm run test:interop',
  'npm run test:interop:more -- --short',
  'npm run test:browser',
  'npm run host -- --check',
  'npm run test:dist',
  'npm run api -- --check',
  'npm run docs:check',
  'npm run examples',
  'npm run conformance',
]

const results = []
for (const command of steps) {
  console.log(`\n── ${command}`)
  const started = performance.now()
  const { passed, output } = await run(command)
  results.push({ command, passed, output, seconds: Math.round((performance.now() - started) / 1000) })
}

const failed = results.filter(({ passed }) => !passed)
for (const { command, output } of failed) console.log(`\n── failed: ${command}\n${whatFailed(output)}`)
console.log()
for (const { command, passed, seconds } of results)
  console.log(`${passed ? 'passed' : 'FAILED'}  ${seconds} s  ${command}`)
console.log(`${results.length - failed.length} passed, ${failed.length} failed`)
process.exitCode = failed.length === 0 ? 0 : 1

/** Shows the output while the command runs, and keeps it. */
async function run(command) {
  const child = spawn(command, { cwd: root, stdio: ['inherit', 'pipe', 'pipe'], shell: true })
  const chunks = []
  for (const from of ['stdout', 'stderr'])
    child[from].on('data', (chunk) => {
      chunks.push(chunk)
      process[from].write(chunk)
    })
  const [status] = await once(child, 'close')
  return { passed: status === 0, output: Buffer.concat(chunks).toString() }
}

/** The lines that name a failed test with the lines after them, or the last lines of a program that names none. */
function whatFailed(output) {
  const lines = stripVTControlCharacters(output).trimEnd().split('\n')
  const starts = lines.flatMap((line, n) => (/^\s*(?:FAIL |FAILED|SURVIVED|IMPOSSIBLE|not ok)/.test(line) ? [n] : []))
  const wanted = starts.length === 0 ? lines.slice(-12) : starts.flatMap((n) => lines.slice(n, n + 5))
  return wanted.slice(0, 40).join('\n')
}

function testLineOfReadme() {
  const readme = existsSync(join(root, 'README.md')) ? readFileSync(join(root, 'README.md'), 'utf8') : ''
  const line = /^\s*(npm (?:ci|install)\b.* && npm test)$/m.exec(readme)
  return line?.[1] ?? 'echo "README.md has no line that installs and runs npm test"; exit 1'
}
