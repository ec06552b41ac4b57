import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
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
/** The types of elements need those of browsers; at run time a server may import them. */
const withoutDom = specifiers.filter((name) => !name.endsWith('/elements'))
/** The oldest that goes with `engines`, and the newest that was tried. */
const nodeTypes = ['20.19.0', '26.6.6']
const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', '--no-package-lock']

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
    await run('npm', ['install', ...quiet, ...packages], { cwd: folder })
  }, 180_000)

  it.each(specifiers)('imports %s on plain Node', async (specifier) => {
    const program = `import * as entry from '${specifier}'; console.log(Object.keys(entry).length)`
    const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: folder })
    expect(Number(stdout)).toBeGreaterThan(0)
    expect(stderr).toBe('')
  })

  describe.each(nodeTypes)('beside @types/node %s', (version) => {
    let host: string

    beforeAll(async () => {
      host = join(folder, `host-${version}`)
      await mkdir(host)
      await writeFile(join(host, 'package.json'), JSON.stringify({ name: 'types', private: true, type: 'module' }))
      await run('npm', ['install', ...quiet, `@types/node@${version}`], { cwd: host })
    }, 180_000)

    // `await using` needs the last one, or @types/node.
    const node = ['es2023', 'esnext.disposable']
    it.each([
      ['a server, without the types of browsers', node, withoutDom],
      ['a project that has both', [...node, 'dom', 'dom.iterable'], specifiers],
    ])('type-checks as strictly as it gets in %s', { timeout: 240_000 }, async (_what, lib, used) => {
      const options = {
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: false,
        noEmit: true,
        module: 'nodenext',
        target: 'es2022',
        lib,
        types: ['node'],
      }
      const imports = used.map((specifier, index) => `export * as entry${index} from '${specifier}'`)
      // A type that doesn't resolve is `any`, which takes everything.
      const takesNoNumber = `import type { WebCryptoKey } from '${manifest.name}'
// @ts-expect-error a key is no number
export const key: WebCryptoKey = 1`
      await writeFile(join(host, 'host.ts'), [...imports, takesNoNumber].join('\n'))
      await writeFile(join(host, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['host.ts'] }))
      // What frameworks' own declarations say of themselves is theirs.
      const { stdout } = await run(bin('tsc'), ['-p', host], { cwd: folder }).catch(
        (error: { stdout: string }) => error,
      )
      const ours = stdout
        .split('\n')
        .filter((line) => line.includes(`node_modules/${manifest.name}/`) || /(^|\/)host\.ts\(/.test(line))
      expect(ours).toEqual([])
    })
  })
})
