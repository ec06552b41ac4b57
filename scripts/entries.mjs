import { readFileSync } from 'node:fs'

const { compilerOptions } = JSON.parse(readFileSync(new URL('../tsconfig.json', import.meta.url), 'utf8'))

/**
 * The public entries: the name of each one's file in `dist/` and its source, from the one list there is, `paths` of
 * tsconfig.json.
 */
export const entries = Object.entries(compilerOptions.paths)
  .filter(([specifier]) => specifier.startsWith('mcp-integrations'))
  .map(([specifier, [source]]) => ({ specifier, name: specifier.split('/')[1] ?? 'index', source }))
