// Builds dist/ when it is missing or older than what it is made of.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const inputs = readdirSync(join(root, 'src'), { recursive: true }).map((path) => join('src', path))
const changed = Math.max(...[...inputs, 'package.json', 'tsconfig.json', 'tsup.config.ts'].map(modified))

// tsup writes the declarations last.
const output = 'dist/index.d.ts'
if (!existsSync(join(root, output)) || modified(output) < changed) {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' })
}

function modified(path) {
  return statSync(join(root, path)).mtimeMs
}
