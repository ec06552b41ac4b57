// Installs the peers, too heavy for the main installation, into a folder of their own, and compares them with us under
// Node 24, or with --node20 under the Node at hand: node bench/peers/main.mjs [--quick] [--node20]
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const folder = join(root, 'temp/frameworks/peers')
const read = (file) => JSON.parse(readFileSync(join(root, file), 'utf8'))
const packages = read('bench/peers/package.json')
// Beside what our sources stand on, which a peer would bring in an older version.
const wanted = JSON.stringify({
  ...packages,
  dependencies: { ...read('package.json').dependencies, ...packages.dependencies },
})
const stamp = join(folder, 'installed.json')
mkdirSync(folder, { recursive: true })
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  writeFileSync(join(folder, 'package.json'), wanted)
  const quiet = ['--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline', '--loglevel=error']
  const { status } = spawnSync('npm', ['install', ...quiet], { cwd: folder, stdio: 'inherit' })
  if (status !== 0) throw new Error('The peers could not be installed.')
  writeFileSync(stamp, wanted)
}
const given = process.argv.slice(2)
const node = given.includes('--node20') ? process.execPath : join(folder, 'node_modules/.bin/node')
const program = ['scripts/run.mjs', '--lane', 'peers', 'bench/peers/compare.mjs', ...given]
process.exitCode = spawnSync(node, program, { cwd: root, stdio: 'inherit' }).status ?? 1
