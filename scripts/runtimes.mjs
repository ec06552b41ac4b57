// Installs the packed package beside other runtimes, in a folder of its own, and runs the probe of test/runtimes there.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, 'temp/runtimes')
const installed = join(folder, 'node_modules')
const { devDependencies, name } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

install()
const program = join(folder, 'loopback.mjs')
await bundle('loopback.ts', program, { external: [name, `${name}/*`, 'node:*'] })
const results = [
  run('Node', process.execPath, program),
  run('Bun', join(installed, '.bin/bun'), program),
  run('Deno', join(installed, '.bin/deno'), 'run', '--allow-all', program),
  await runOnWorkerd(),
]
console.log(`${results.filter(Boolean).length} passed, ${results.filter((passed) => !passed).length} failed`)
process.exitCode = results.every(Boolean) ? 0 : 1

function install() {
  rmSync(join(installed, name), { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: root,
  })
  const server = '@modelcontextprotocol/server'
  const runtimes = { bun: '1.4.5', deno: '2.9.6', miniflare: '4.20260426.0' }
  const manifest = {
    private: true,
    type: 'module',
    dependencies: { ...runtimes, [server]: devDependencies[server], [name]: `file:${JSON.parse(packed)[0].filename}` },
    allowScripts: { bun: true, deno: true, esbuild: true, workerd: true, sharp: true },
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  const quiet = ['--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline', '--loglevel=error']
  execFileSync('npm', ['install', ...quiet], { cwd: folder, stdio: 'inherit' })
}

function run(title, ...command) {
  const [file, ...options] = command
  const output = spawnSync(file, options, { cwd: folder, encoding: 'utf8', timeout: 60_000 })
  return report(title, output.status === 0, output.stdout + (output.status === 0 ? '' : output.stderr))
}

/** A worker is one bundle, made with the conditions of its platform, without Node's compatibility. */
async function runOnWorkerd() {
  const worker = join(folder, 'worker.mjs')
  await bundle('worker.ts', worker, { conditions: ['workerd', 'worker', 'browser'] })
  const { Miniflare } = createRequire(join(folder, 'package.json'))('miniflare')
  const miniflare = new Miniflare({ modules: true, scriptPath: worker, compatibilityDate: '2026-04-01' })
  try {
    const answer = await miniflare.dispatchFetch('http://localhost/')
    return report('workerd', answer.ok, await answer.text())
  } finally {
    await miniflare.dispose()
  }
}

/** Bundles a program of test/runtimes on the installed package, as a host's bundler would. */
async function bundle(source, outfile, options) {
  const entry = { entryPoints: [join(root, 'test/runtimes', source)], outfile, bundle: true, format: 'esm' }
  const resolution = { platform: 'neutral', mainFields: ['module', 'main'], tsconfigRaw: {}, nodePaths: [installed] }
  await build({ ...entry, ...resolution, logLevel: 'error', ...options })
}

function report(title, passed, text) {
  console.log(`${passed ? 'passed' : 'FAILED'}  ${title}\n${text.trim().replace(/^/gm, '        ')}`)
  return passed
}
