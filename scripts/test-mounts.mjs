// Mounts the handler in frameworks, and lets programs of others speak to the gateway: node scripts/test-mounts.mjs [word].
// They are too heavy for the main installation and go into a folder of their own. A word: only those whose names have it.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { installed, root } from './installed.mjs'

const packages = readFileSync(join(root, 'test/mounts/package.json'), 'utf8')
const program = ['scripts/run.mjs', 'test/mounts/main.ts', installed('mounts', packages), ...process.argv.slice(2)]
process.exitCode = spawnSync(process.execPath, program, { cwd: root, stdio: 'inherit' }).status ?? 1
