// Installs the servers of test/interop/servers, too heavy for the main installation, into a folder of their own, and
// connects each, then signs in with the authorization servers: node scripts/test-interop-more.mjs [--short] [--write]
// [word]. --short: three small ones and better-auth, for CI. --write: puts the table into
// docs/interoperability.md. A word: only servers whose names have it.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { installed, root } from './installed.mjs'

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

const modules = join(installed(short ? 'interop/short' : 'interop/all', packages()), 'node_modules')
const passed = ['main.ts', 'sign-in.ts'].map((program) => {
  const command = ['scripts/run.mjs', `test/interop/more/${program}`, modules, ...flags]
  return spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' }).status === 0
})
process.exitCode = passed.every(Boolean) ? 0 : 1

/** The packages to install: all of them, or the small ones. */
function packages() {
  const { dependencies, ...rest } = JSON.parse(readFileSync(join(root, 'test/interop/servers/package.json'), 'utf8'))
  const wanted = Object.entries(dependencies).filter(([name]) => !short || small.includes(name))
  return JSON.stringify({ ...rest, dependencies: Object.fromEntries(wanted) })
}
