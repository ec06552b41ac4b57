import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { importsOf, isBuiltin } from '../architecture/source.js'

const dist = (file: string) => fileURLToPath(new URL(`../../dist/${file}`, import.meta.url))

describe('the built package', () => {
  it.each([
    'index',
    'sqlite',
    'postgres',
    'ai-sdk',
    'anthropic',
    'claude-agent-sdk',
    'google',
    'langchain',
    'openai',
    'openai-agents',
    'http',
    'client',
    'import',
    'gateway',
    'otel',
    'elements',
    'testing',
  ])('reaches no Node builtin from %s by default', async (entry) => {
    expect(await builtinsReached(`${entry}.js`, { conditions: [], dependencies: false })).toEqual([])
  })

  it.each([
    ['a browser', ['browser', 'module']],
    ['workerd', ['workerd', 'worker', 'browser']],
  ])('reaches none through its dependencies either, for %s', async (_runtime, conditions) => {
    expect(await builtinsReached('index.js', { conditions, dependencies: true })).toEqual([])
  })

  it('takes the Node dialer under the Node condition', async () => {
    const reached = await builtinsReached('index.js', { conditions: ['node'], dependencies: false })
    // It gets `node:http` by name, when it first needs it.
    expect(reached).toEqual(expect.arrayContaining(['node:dns', 'node:events']))
  })

  it('keeps processes in the stdio entry', async () => {
    expect(await builtinsReached('stdio.js', { conditions: ['node'], dependencies: true })).toContain('node:process')
  })

  it.each([
    ['index', []],
    ['sqlite', []],
    ['postgres', []],
    ['stdio', []],
    ['ai-sdk', ['ai']],
    ['anthropic', []],
    ['claude-agent-sdk', ['@modelcontextprotocol/sdk/server/mcp.js']],
    ['google', []],
    ['langchain', ['@langchain/core/messages', '@langchain/core/tools']],
    ['mastra', []],
    ['openai', []],
    ['openai-agents', []],
    ['http', []],
    ['client', []],
    ['import', []],
    ['gateway', []],
    ['otel', ['@opentelemetry/api']],
    ['ui', []],
    ['elements', []],
    ['testing', []],
  ])('mentions nobody else’s types in %s', (entry, allowed) => {
    expect(packagesMentioned(`${entry}.d.ts`).filter((name) => !allowed.includes(name))).toEqual([])
  })
})

interface Conditions {
  readonly conditions: readonly string[]
  /** Follow imports into the packages we depend on. */
  readonly dependencies: boolean
}

async function builtinsReached(file: string, { conditions, dependencies }: Conditions): Promise<readonly string[]> {
  const { metafile } = await build({
    entryPoints: [dist(file)],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: [...conditions],
    plugins: [{ name: 'builtins', setup: ({ onResolve }) => onResolve({ filter: /.*/ }, keepOutside(dependencies)) }],
    logLevel: 'silent',
    // As for a host: the paths of our own tsconfig.json mean nothing there.
    tsconfigRaw: {},
  })
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports)
  return [...new Set(imports.map(({ path }) => path).filter(isBuiltin))].toSorted()
}

function keepOutside(dependencies: boolean) {
  return ({ path }: { path: string }) => {
    const ours = path.startsWith('.') || path.startsWith('/') || path.startsWith('#')
    return isBuiltin(path) || (!ours && !dependencies) ? { path, external: true } : undefined
  }
}

function packagesMentioned(file: string, seen = new Set<string>()): readonly string[] {
  if (seen.has(file)) return []
  seen.add(file)
  const specifiers = importsOf(readFileSync(dist(file), 'utf8')).map(({ specifier }) => specifier)
  return specifiers.flatMap((specifier) =>
    specifier.startsWith('.')
      ? packagesMentioned(join(dirname(file), specifier).replace(/\.js$/, '.d.ts'), seen)
      : [specifier],
  )
}
