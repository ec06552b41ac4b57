import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const bin = (name: string) => join(root, 'node_modules/.bin', name)
const specifiers = Object.keys(manifest.exports)
  .filter((name) => name !== './package.json')
  .map((name) => name.replace('.', manifest.name))

let folder: string
let tarball: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcp-integrations-'))
  const packed = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], { cwd: root })
  tarball = join(folder, (JSON.parse(packed.stdout) as [{ filename: string }])[0].filename)
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

describe('the packed package', () => {
  it('is what publint accepts, strictly', async () => {
    const { stdout } = await run(bin('publint'), [tarball, '--strict'])
    expect(stdout).toContain('All good!')
  })

  it('has types that resolve wherever ES modules do', async () => {
    const { stdout } = await run(bin('attw'), [tarball, '--profile', 'esm-only', '--no-emoji'])
    for (const specifier of specifiers) expect(stdout).toContain(`"${specifier}"`)
  })

  it('holds the build, the pages, the examples that they show, and nothing else', async () => {
    const { stdout } = await run('tar', ['-tzf', tarball])
    const others = stdout
      .trim()
      .split('\n')
      .map((path) => path.replace('package/', ''))
      .filter((path) => !/^(?:dist\/|docs\/|examples\/|llms\.txt$)/.test(path) || path.includes('node_modules'))
    expect(others.toSorted()).toEqual([
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'package.json',
    ])
  })
})

describe('the installed package', () => {
  beforeAll(async () => {
    // Frameworks that are not among ours are only read for their shapes.
    const peers = Object.keys(manifest.devDependencies).filter(
      (name) => name in manifest.peerDependencies,
    ) as (keyof typeof manifest.devDependencies)[]
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'host', private: true, type: 'module' }))
    const packages = [tarball, ...peers.map((name) => `${name}@${manifest.devDependencies[name]}`)]
    const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', '--no-package-lock']
    await run('npm', ['install', ...quiet, ...packages], { cwd: folder })
  }, 180_000)

  // Custom elements are for browsers; `test/browser` imports them there.
  it.each(specifiers.filter((name) => !name.endsWith('/elements')))('imports %s on plain Node', async (specifier) => {
    const program = `import * as entry from '${specifier}'; console.log(Object.keys(entry).length)`
    const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: folder })
    expect(Number(stdout)).toBeGreaterThan(0)
    expect(stderr).toBe('')
  })

  it('type-checks in a strict host', { timeout: 120_000 }, async () => {
    const imports = specifiers.map((specifier, index) => `export * as entry${index} from '${specifier}'`)
    const options = {
      strict: true,
      noEmit: true,
      module: 'nodenext',
      target: 'es2022',
      // `await using` needs the last one, or @types/node.
      lib: ['es2023', 'dom', 'esnext.disposable'],
      types: [],
    }
    await writeFile(join(folder, 'host.ts'), imports.join('\n'))
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['host.ts'] }))
    const { stdout } = await run(bin('tsc'), ['-p', folder]).catch((error: { stdout: string }) => error)
    expect(
      stdout
        .split('\n')
        .filter((line) => line.includes(`node_modules/${manifest.name}/`) || line.startsWith('host.ts')),
    ).toEqual([])
  })
})
