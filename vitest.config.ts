import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const src = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: '#connect', replacement: src('egress/connect.node.ts') },
      { find: /^mcp-integrations$/, replacement: src('index.ts') },
      { find: 'mcp-integrations/sqlite', replacement: src('storage/sqlite.ts') },
      { find: 'mcp-integrations/postgres', replacement: src('storage/postgres.ts') },
      { find: 'mcp-integrations/stdio', replacement: src('stdio/index.ts') },
      { find: 'mcp-integrations/ai-sdk', replacement: src('bridges/ai-sdk.ts') },
      { find: 'mcp-integrations/testing', replacement: src('testing/index.ts') },
    ],
  },
  test: { include: ['test/**/*.test.ts'], testTimeout: 30_000, hookTimeout: 60_000 },
})
