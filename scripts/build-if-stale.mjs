// Builds dist/ when what it is made of has changed since the last build that succeeded here.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamp = join(root, 'temp/built')
const inputs = readdirSync(join(root, 'src'), { recursive: true }).map((path) => join('src', path))
const changed = Math.max(
  ...[...inputs, 'package.json', 'tsconfig.json', 'tsup.config.ts', 'scripts/build-types.mjs'].map(modified),
)

if (!existsSync(join(root, 'dist/index.js')) || !existsSync(stamp) || statSync(stamp).mtimeMs < changed) {
  rmSync(stamp, { force: true })
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(1)
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, '')
}

function modified(path) {
  return statSync(join(root, path)).mtimeMs
}
