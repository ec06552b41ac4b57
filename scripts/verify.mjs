// Runs what a change must pass, all of it even when something fails. With --from-clone, the tests are run by the line
// of the README, which installs first. The last line says how many steps passed.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const steps = [
  process.argv.includes('--from-clone') ? testLineOfReadme() : 'npm test',
  'npm run check',
  'npm run test:mutation',
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

const results = steps.map((command) => {
  console.log(`\n── ${command}`)
  const started = performance.now()
  const { status } = spawnSync(command, { cwd: root, stdio: 'inherit', shell: true })
  return { command, passed: status === 0, seconds: Math.round((performance.now() - started) / 1000) }
})

console.log()
for (const { command, passed, seconds } of results)
  console.log(`${passed ? 'passed' : 'FAILED'}  ${seconds} s  ${command}`)
const failed = results.filter(({ passed }) => !passed).length
console.log(`${results.length - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

function testLineOfReadme() {
  const readme = existsSync(join(root, 'README.md')) ? readFileSync(join(root, 'README.md'), 'utf8') : ''
  const line = /^\s*(npm (?:ci|install)\b.* && npm test)$/m.exec(readme)
  return line?.[1] ?? 'echo "README.md has no line that installs and runs npm test"; exit 1'
}
