// Installs the packed package beside other runtimes, in a folder of its own, and runs test/runtimes/probe.ts on each.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, 'temp/runtimes')
const { devDependencies, name } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const runtimes = { bun: '1.4.5', deno: '2.9.6', miniflare: '4.20260426.0' }
const bin = (program) => join(folder, 'node_modules/.bin', program)

install()
const results = [
  await run('Node', process.execPath),
  await run('Bun', bin('bun')),
  await run('Deno', bin('deno'), 'run', '--allow-all'),
  await runOnWorkerd(),
]
console.log(`${results.filter(Boolean).length} passed, ${results.filter((passed) => !passed).length} failed`)
process.exitCode = results.every(Boolean) ? 0 : 1

function install() {
  rmSync(join(folder, 'node_modules', name), { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: root,
  })
  const server = '@modelcontextprotocol/server'
  const manifest = {
    private: true,
    type: 'module',
    dependencies: { ...runtimes, [server]: devDependencies[server], [name]: `file:${JSON.parse(packed)[0].filename}` },
    allowScripts: { bun: true, deno: true, esbuild: true, workerd: true, sharp: true },
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  const quiet = ['--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline']
  execFileSync('npm', ['install', ...quiet], { cwd: folder, stdio: 'inherit' })
}

async function run(title, ...command) {
  const file = join(folder, 'probe.mjs')
  await bundle(file, `import { probe } from './probe.ts'\nconsole.log(await probe({ network: true }))`, {
    packages: 'external',
  })
  const [program, ...options] = command
  const { status, stdout } = spawnSync(program, [...options, file], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    timeout: 60_000,
  })
  return report(title, status === 0, stdout.trim())
}

/** A worker is one bundle, made with the conditions of its platform, without Node's compatibility. */
async function runOnWorkerd() {
  const file = join(folder, 'worker.mjs')
  const worker = `import { probe } from './probe.ts'
    export default { fetch: async () => new Response(await probe({ network: false }).catch((error) => 'failed: ' + error.stack)) }`
  await bundle(file, worker, {
    conditions: ['workerd', 'worker', 'browser'],
    nodePaths: [join(folder, 'node_modules')],
  })
  const { Miniflare } = createRequire(join(folder, 'package.json'))('miniflare')
  const miniflare = new Miniflare({ modules: true, scriptPath: file, compatibilityDate: '2026-04-01' })
  try {
    const answer = await (await miniflare.dispatchFetch('http://localhost/')).text()
    return report('workerd', !answer.startsWith('failed'), answer)
  } finally {
    await miniflare.dispose()
  }
}

async function bundle(outfile, contents, options) {
  const stdin = { contents, resolveDir: join(root, 'test/runtimes'), loader: 'ts' }
  await build({
    stdin,
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    tsconfigRaw: {},
    logLevel: 'warning',
    ...options,
  })
}

function report(title, passed, text) {
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${title.padEnd(8)} ${text}`)
  return passed
}
