import { defineConfig } from 'tsup'
import tsconfig from './tsconfig.json' with { type: 'json' }

/** The public entries by the name of their file in `dist/`: what `paths` of tsconfig.json names. */
const entries = Object.fromEntries(
  Object.entries(tsconfig.compilerOptions.paths)
    .filter(([name]) => name.startsWith('mcp-integrations'))
    .map(([name, [source]]) => [name.split('/')[1] ?? 'index', source as string]),
)

export default defineConfig({
  // The two connectors behind `#connect` are files of their own, chosen by the runtime's condition.
  entry: { ...entries, 'connect.node': 'src/egress/connect.node.ts', 'connect.web': 'src/egress/connect.web.ts' },
  dts: { entry: entries },
  external: ['#connect', /^node:/],
  format: ['esm'],
  target: 'es2022',
  platform: 'neutral',
  // Deno and workerd know builtins by `node:` only.
  removeNodeProtocol: false,
  splitting: true,
  sourcemap: true,
  clean: true,
})
