// Runs a TypeScript program of this repository on its sources: node scripts/run.mjs bench/egress.ts [arguments]. With
// --lane NAME before it, with the frameworks that test:bridges has installed for that lane; with --split, in several files,
// as the package is built: what it loads at its first use is then not loaded before.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { pagePlugin } from './page-bundle.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { paths } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')).compilerOptions
const given = process.argv.slice(2)
const lane = given[0] === '--lane' ? given.splice(0, 2)[1] : undefined
const splitting = given[0] === '--split' && given.splice(0, 1).length > 0
const [program, ...programArguments] = given
const outfile = join(
  root,
  lane === undefined ? 'temp/run' : `temp/frameworks/${lane}/run`,
  relative(root, program).replace(/\.ts$/, '.mjs'),
)

const { outputFiles } = await build({
  entryPoints: [program],
  outdir: dirname(outfile),
  outExtension: { '.js': '.mjs' },
  splitting,
  write: false,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  sourcemap: 'inline',
  logLevel: 'warning',
  // Tests load parts of ours early, only for the time that it takes.
  logOverride: { 'ignored-bare-import': 'silent' },
  plugins: [
    pagePlugin,
    { name: 'sources', setup: ({ onResolve }) => onResolve({ filter: /^[^./]/ }, ourSourcesOrOutside) },
  ],
})
// Several processes may start one program at once: none finds half a file.
mkdirSync(dirname(outfile), { recursive: true })
for (const { path, contents } of outputFiles) {
  writeFileSync(`${path}.${process.pid}`, contents)
  renameSync(`${path}.${process.pid}`, path)
}
process.setSourceMapsEnabled(true)
process.argv = [process.argv[0], outfile, ...programArguments]
await import(pathToFileURL(outfile).href)

/** `mcp-integrations/sqlite` and the like are our sources, as for the type checker; other packages stay imports. */
function ourSourcesOrOutside({ path, kind }) {
  if (kind === 'entry-point') return undefined
  const source = paths[path]?.[0]
  return source === undefined ? { path, external: true } : { path: join(root, source) }
}
