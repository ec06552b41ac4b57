// Every crash program, with the same arguments: node scripts/crash.mjs [--short]
import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const programs = ['test/crash/main.ts', 'test/crash-oauth/main.ts']
const results = programs.map((program) =>
  spawnSync(process.execPath, ['scripts/run.mjs', program, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' }),
)
process.exitCode = results.every(({ status }) => status === 0) ? 0 : 1
