import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const src = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

/** Folders of `test/` with a script of their own: they need a build, a database or minutes. */
const lanes = ['dist']

export default defineConfig({
  resolve: {
    alias: [
      { find: '#connect', replacement: src('egress/connect.node.ts') },
      { find: /^mcp-integrations$/, replacement: src('index.ts') },
      { find: 'mcp-integrations/sqlite', replacement: src('storage/sqlite.ts') },
      { find: 'mcp-integrations/postgres', replacement: src('storage/postgres.ts') },
      { find: 'mcp-integrations/stdio', replacement: src('local/stdio.ts') },
      { find: 'mcp-integrations/ai-sdk', replacement: src('bridges/ai-sdk.ts') },
      { find: 'mcp-integrations/testing', replacement: src('testing/index.ts') },
    ],
  },
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: 'main', include: ['test/**/*.test.ts'], exclude: lanes.map((lane) => `test/${lane}/**`) },
      },
      ...lanes.map((lane) => ({ extends: true as const, test: { name: lane, include: [`test/${lane}/**/*.test.ts`] } })),
    ],
  },
})
