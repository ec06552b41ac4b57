import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { defineConfig, mergeConfig } from 'vitest/config'
import main from '../../vitest.config.js'

/** The tests of the bridge once more, and what only version 7 has, with the version that the lane installed. */
const installed = createRequire(new URL('../../temp/ai-sdk-7/package.json', import.meta.url))

export default mergeConfig(
  { resolve: main.resolve ?? {} },
  defineConfig({
    root: fileURLToPath(new URL('../..', import.meta.url)),
    resolve: {
      alias: [
        { find: /^ai$/, replacement: installed.resolve('ai') },
        { find: /^ai\/test$/, replacement: installed.resolve('ai/test') },
      ],
    },
    test: { include: ['test/bridges/*.test.ts', 'test/ai-sdk-7/*.test.ts'], testTimeout: 30_000 },
  }),
)
