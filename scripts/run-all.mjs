// Runs every program of a folder, or those whose name is given: node scripts/run-all.mjs bench egress. A program is a
// file `name.ts`, or a folder with a `main` or, where nothing else starts it, a `check`. TypeScript runs on our sources,
// JavaScript on the build, as for a host. Nobody is asked anything: there is no terminal.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [folder, ...wanted] = process.argv.slice(2)
const programs = readdirSync(join(root, folder))
  .map((entry) => ({ name: entry.replace(/\.ts$/, ''), path: programOf(join(folder, entry)) }))
  .filter(({ name, path }) => path !== undefined && (wanted.length === 0 || wanted.includes(name)))

const results = programs.map(({ name, path }) => {
  console.log(`\n── ${path}`)
  const command = path.endsWith('.ts') ? ['scripts/run.mjs', path] : [path]
  const started = performance.now()
  const { status } = spawnSync(process.execPath, command, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  return { name, passed: status === 0, seconds: Math.round((performance.now() - started) / 1000) }
})

console.log()
for (const { name, passed, seconds } of results) console.log(`${passed ? 'passed' : 'FAILED'}  ${seconds} s  ${name}`)
process.exitCode = results.length > 0 && results.every(({ passed }) => passed) ? 0 : 1

function programOf(path) {
  if (path.endsWith('.ts')) return path
  return ['main.ts', 'main.mjs', 'check.mjs']
    .map((file) => join(path, file))
    .find((file) => existsSync(join(root, file)))
}
