import { defineConfig } from 'tsup'

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    sqlite: 'src/storage/sqlite.ts',
    postgres: 'src/storage/postgres.ts',
    stdio: 'src/stdio/index.ts',
    'ai-sdk': 'src/bridges/ai-sdk.ts',
    testing: 'src/testing/index.ts',
    'connect.node': 'src/egress/connect.node.ts',
    'connect.web': 'src/egress/connect.web.ts',
  },
  format: ['esm'],
  dts: { entry: { index: 'src/index.ts', sqlite: 'src/storage/sqlite.ts', postgres: 'src/storage/postgres.ts', stdio: 'src/stdio/index.ts', 'ai-sdk': 'src/bridges/ai-sdk.ts', testing: 'src/testing/index.ts' } },
  external: ['#connect'],
  sourcemap: true,
  clean: true,
  splitting: true,
  target: 'es2022',
  platform: 'neutral',
})
