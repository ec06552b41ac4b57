import { defineConfig } from 'tsup'

/** The public entries, as in `exports` of package.json. */
const entries = {
  index: 'src/index.ts',
  sqlite: 'src/storage/sqlite.ts',
  postgres: 'src/storage/postgres.ts',
  stdio: 'src/local/stdio.ts',
  'ai-sdk': 'src/bridges/ai-sdk.ts',
  testing: 'src/testing/index.ts',
}

export default defineConfig({
  // The two connectors behind `#connect` are files of their own, chosen by the runtime's condition.
  entry: { ...entries, 'connect.node': 'src/egress/connect.node.ts', 'connect.web': 'src/egress/connect.web.ts' },
  dts: { entry: entries },
  external: ['#connect'],
  format: ['esm'],
  target: 'es2022',
  platform: 'neutral',
  splitting: true,
  sourcemap: true,
  clean: true,
})
