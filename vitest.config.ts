import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { pageVitePlugin } from './scripts/page-bundle.mjs'
import tsconfig from './tsconfig.json' with { type: 'json' }

/** `mcp-integrations/sqlite`, `#connect` and so on mean the sources, as they do for the type checker. */
const alias = Object.entries(tsconfig.compilerOptions.paths).map(([name, [source]]) => ({
  find: new RegExp(`^${name}$`),
  replacement: fileURLToPath(new URL(source as string, import.meta.url)),
}))

/** Tests that have a script of their own: they need a build, another Node, a database, servers of others or minutes. */
const lanes = [
  'test/{browser,crash,dist,field,interop,mutation,postgres,race,runtimes}/**',
  'test/bridges/frameworks/**',
  'test/storage/postgres*.test.ts',
]

export default defineConfig({
  plugins: [pageVitePlugin],
  resolve: { alias },
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Long enough for a machine that is busy with something else.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'main',
          include: ['test/**/*.test.ts'],
          exclude: lanes,
          // Files share a worker: starting one anew for each costs more than the tests of most.
          isolate: false,
          // One worker a core: the default leaves one of two cores idle.
          maxWorkers: Math.max(2, availableParallelism()),
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        // One browser for all files, one file after the other: each view gets the machine to itself.
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          fileParallelism: false,
          isolate: false,
          testTimeout: 120_000,
        },
      },
      { extends: true, test: { name: 'dist', include: ['test/dist/**/*.test.ts'] } },
      // What public reports say of servers and sign-ins in the wild, each as a listener of its own.
      { extends: true, test: { name: 'field', include: ['test/field/**/*.test.ts'] } },
      {
        extends: true,
        test: { name: 'interop', include: ['test/interop/**/*.test.ts'], env: { TEST_CONNECTIONS: '1000' } },
      },
      {
        extends: true,
        test: {
          name: 'postgres',
          include: [
            'test/postgres/**/*.test.ts',
            'test/registry/**/*.test.ts',
            'test/storage/postgres*.test.ts',
            'test/bridges/{ai-sdk-framework,anthropic,google,openai}.test.ts',
          ],
          // About servers, in time that is moved by hand: a database works in its own.
          exclude: [
            'test/registry/isolation.test.ts',
            'test/registry/tool-lists.test.ts',
            'test/registry/local.test.ts',
          ],
          env: { TEST_STORAGE: 'postgres' },
          globalSetup: ['test/support/postgres-setup.ts'],
        },
      },
    ],
  },
})
