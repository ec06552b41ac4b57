import { defineConfig, type Options } from 'tsup'
import { pagePlugin, templatesPlugin } from './scripts/page-bundle.mjs'
import tsconfig from './tsconfig.json' with { type: 'json' }

/** The public entries by the name of their file in `dist/`: what `paths` of tsconfig.json names. */
const entries = Object.fromEntries(
  Object.entries(tsconfig.compilerOptions.paths)
    .filter(([name]) => name.startsWith('mcp-integrations'))
    .map(([name, [source]]) => [name.split('/')[1] ?? 'index', source as string]),
)

/** For browsers, without a build step: one file that has everything in it. */
const { elements, ...parts } = entries

const everywhere: Options = {
  format: ['esm'],
  target: 'es2022',
  sourcemap: true,
}

export default defineConfig([
  {
    ...everywhere,
    // The two connectors behind `#connect` are files of their own, chosen by the runtime's condition.
    entry: { ...parts, 'connect.node': 'src/egress/connect.node.ts', 'connect.web': 'src/egress/connect.web.ts' },
    external: ['#connect', /^node:/],
    esbuildPlugins: [pagePlugin],
    platform: 'neutral',
    // Deno and workerd know builtins by `node:` only.
    removeNodeProtocol: false,
    splitting: true,
    clean: true,
  },
  {
    ...everywhere,
    entry: { elements: elements as string },
    esbuildPlugins: [templatesPlugin],
    noExternal: [/.*/],
    platform: 'browser',
    minify: true,
    splitting: false,
    inject: ['src/ui/without-dom.ts'],
  },
])
