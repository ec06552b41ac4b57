// Runs every program of a folder, or those whose name is given: node scripts/run-all.mjs bench egress. A program is a
// file `name.ts`, or `name/main.ts` where it needs more than one. Nobody is asked anything: there is no terminal.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [folder, ...wanted] = process.argv.slice(2)
const programs = readdirSync(join(root, folder))
  .map((name) =>
    name.endsWith('.ts')
      ? { name: name.slice(0, -3), path: join(folder, name) }
      : { name, path: join(folder, name, 'main.ts') },
  )
  .filter(({ path }) => existsSync(join(root, path)))
  .filter(({ name }) => wanted.length === 0 || wanted.includes(name))

const results = programs.map(({ name, path }) => {
  console.log(`\n── ${path}`)
  const { status } = spawnSync(process.execPath, ['scripts/run.mjs', path], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return { name, passed: status === 0 }
})

console.log()
for (const { name, passed } of results) console.log(`${passed ? 'passed' : 'FAILED'}  ${name}`)
process.exitCode = results.length > 0 && results.every(({ passed }) => passed) ? 0 : 1
