// Tests the AI SDK bridge with version 7, which needs Node 22: both are installed into a folder of their own, beside the
// main installation, which has version 6.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, 'temp/ai-sdk-7')

mkdirSync(folder, { recursive: true })
writeFileSync(
  join(folder, 'package.json'),
  JSON.stringify({ private: true, dependencies: { ai: '^7.0.0', node: '^22.0.0' }, allowScripts: { node: true } }),
)
// Installed with the Node at hand, which is older than version 7 wants and never runs it.
const quiet = ['--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline', '--loglevel=error']
execFileSync('npm', ['install', ...quiet], { cwd: folder, stdio: 'inherit' })

const node = join(folder, 'node_modules/.bin/node')
const types = spawnSync(node, ['node_modules/typescript/bin/tsc', '-p', 'test/ai-sdk-7'], {
  cwd: root,
  stdio: 'inherit',
})
const tests = spawnSync(node, ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/ai-sdk-7/vitest.config.ts'], {
  cwd: root,
  stdio: 'inherit',
})
process.exitCode = types.status === 0 && tests.status === 0 ? 0 : 1
