// Installs the servers of test/interop/servers, too heavy for the main installation, into a folder of their own, and
// connects each, then signs in with the authorization servers: node scripts/test-interop-more.mjs [--short] [--write]
// [word]. --short: three small ones and better-auth, for CI. --write: puts the table into
// docs/interoperability.md. A word: only servers whose names have it.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const flags = process.argv.slice(2)
const short = flags.includes('--short')
const small = [
  '@modelcontextprotocol/server-memory',
  '@modelcontextprotocol/server-sequential-thinking',
  '@notionhq/notion-mcp-server',
  'better-auth',
  'better-auth-1.6',
  '@better-auth/core',
  '@better-auth/mcp',
  '@better-auth/utils',
  'better-call',
]
if (flags.includes('--write') && flags.length > 1) throw new Error('--write needs all servers: give nothing else.')

const modules = join(installed(), 'node_modules')
const passed = ['main.ts', 'sign-in.ts'].map((program) => {
  const command = ['scripts/run.mjs', `test/interop/more/${program}`, modules, ...flags]
  return spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' }).status === 0
})
process.exitCode = passed.every(Boolean) ? 0 : 1

/** The folder with the servers, which git ignores; installed anew only when the package file is another. */
function installed() {
  const folder = join(root, 'temp/interop', short ? 'short' : 'all')
  const { dependencies, ...rest } = JSON.parse(readFileSync(join(root, 'test/interop/servers/package.json'), 'utf8'))
  const wanted = Object.entries(dependencies).filter(([name]) => !short || small.includes(name))
  const packages = JSON.stringify({ ...rest, dependencies: Object.fromEntries(wanted) })
  const stamp = join(folder, 'installed.json')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === packages) return folder
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), packages)
  // Their install scripts are not run: none of the servers needs them.
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline']
  const { status } = spawnSync('npm', ['install', ...quiet, '--loglevel=error'], { cwd: folder, stdio: 'inherit' })
  if (status !== 0) throw new Error('The servers could not be installed.')
  writeFileSync(stamp, packages)
  return folder
}
