import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** What of our own code an import of the main entry loads, in gzipped bytes: parts loaded at first use don't count. */
export async function entryWeight(entry = 'src/index.ts'): Promise<number> {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    outdir: '/entry',
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    packages: 'external',
    alias: { '#connect': resolve('src/egress/connect.web.ts') },
    // As for a host: the paths of our own tsconfig.json mean nothing there.
    tsconfigRaw: {},
  })
  const { outputs } = metafile
  const [first] = Object.keys(outputs).filter((path) => outputs[path]?.entryPoint !== undefined && isStart(path))
  const loaded = new Set<string>()
  const visit = (path: string): void => {
    if (loaded.has(path)) return
    loaded.add(path)
    for (const { path: next, kind, external } of outputs[path]?.imports ?? [])
      if (kind === 'import-statement' && external !== true) visit(next)
  }
  visit(first ?? '')
  const code = outputFiles.filter(({ path }) => [...loaded].some((each) => resolve(each) === resolve(path)))
  if (code.length !== loaded.size) throw new Error('The entry was not found in the build.')
  return code.reduce((sum, { contents }) => sum + gzipSync(contents).length, 0)

  function isStart(path: string): boolean {
    return resolve(outputs[path]?.entryPoint ?? '') === resolve(entry)
  }
}
