// Installs packages that are too heavy for the main installation into a folder of their own.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of this repository. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** The folder with the packages of a package file, which git ignores; installed anew only when the file is another. */
export function installed(name, packages) {
  const folder = join(root, 'temp', name)
  const stamp = join(folder, 'installed.json')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === packages) return folder
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), packages)
  // Their install scripts are not run: none of them needs its own.
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline']
  const { status } = spawnSync('npm', ['install', ...quiet, '--loglevel=error'], { cwd: folder, stdio: 'inherit' })
  if (status !== 0) throw new Error(`The packages for temp/${name} could not be installed.`)
  writeFileSync(stamp, packages)
  return folder
}
