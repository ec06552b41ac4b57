// Writes the declarations of every entry into dist/: as tsc emits them, beside one line for each entry that leads there.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { entries } from './entries.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const emitted = join(root, 'temp/types')
const types = join(root, 'dist/types')

rmSync(emitted, { recursive: true, force: true })
const tsc = join(root, 'node_modules/typescript/bin/tsc')
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.types.json'], { cwd: root, stdio: 'inherit' })
if (status !== 0) process.exit(1)

const started = entries.map(({ source }) => source.replace('./src/', '').replace(/\.ts$/, '.d.ts'))
const reached = new Set(started)
// What no entry leads to says nothing to hosts. A set goes on with what is added on the way.
for (const path of reached) for (const next of importsOf(path)) reached.add(next)

rmSync(types, { recursive: true, force: true })
for (const path of reached) {
  mkdirSync(dirname(join(types, path)), { recursive: true })
  copyFileSync(join(emitted, path), join(types, path))
}
for (const [n, { name }] of entries.entries())
  writeFileSync(join(root, `dist/${name}.d.ts`), `export * from './types/${started[n].replace(/\.d\.ts$/, '.js')}'\n`)
console.log(`declarations of ${entries.length} entries: ${reached.size} files`)

function importsOf(path) {
  return ts
    .preProcessFile(readFileSync(join(emitted, path), 'utf8'), true, true)
    .importedFiles.map(({ fileName }) => fileName)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => join(dirname(path), specifier).replace(/\.js$/, '.d.ts'))
}
