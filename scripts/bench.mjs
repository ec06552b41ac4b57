// Runs the benchmarks, or those whose name is given: npm run bench -- egress. Ratios count, not times.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const wanted = process.argv.slice(2)
const programs = readdirSync(join(root, 'bench'))
  .filter((file) => file.endsWith('.ts'))
  .filter((file) => wanted.length === 0 || wanted.includes(file.replace('.ts', '')))
  .toSorted()

const failed = programs.filter((file) => {
  console.log(`\n── ${file}`)
  const { status } = spawnSync(process.execPath, ['scripts/run.mjs', join('bench', file)], {
    cwd: root,
    stdio: 'inherit',
  })
  return status !== 0
})
process.exitCode = failed.length === 0 && programs.length > 0 ? 0 : 1
