// Mounts the handler in frameworks, and lets programs of others speak to the gateway: node scripts/test-mounts.mjs [word].
// They are too heavy for the main installation and go into a folder of their own. A word: only those whose names have it.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const program = ['scripts/run.mjs', 'test/mounts/main.ts', installed(), ...process.argv.slice(2)]
process.exitCode = spawnSync(process.execPath, program, { cwd: root, stdio: 'inherit' }).status ?? 1

/** The folder with the packages, which git ignores; installed anew only when the package file is another. */
function installed() {
  const folder = join(root, 'temp/mounts')
  const packages = readFileSync(join(root, 'test/mounts/package.json'), 'utf8')
  const stamp = join(folder, 'installed.json')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === packages) return folder
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), packages)
  // Their install scripts are not run: none needs them.
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline']
  const { status } = spawnSync('npm', ['install', ...quiet, '--loglevel=error'], { cwd: folder, stdio: 'inherit' })
  if (status !== 0) throw new Error('The frameworks could not be installed.')
  writeFileSync(stamp, packages)
  return folder
}
