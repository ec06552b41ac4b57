import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { aiSdkTools } from 'mcp-integrations/ai-sdk'
import { anthropicTools } from 'mcp-integrations/anthropic'
import { claudeAgentTools } from 'mcp-integrations/claude-agent-sdk'
import { googleTools } from 'mcp-integrations/google'
import { langchainTools } from 'mcp-integrations/langchain'
import { mastraTools } from 'mcp-integrations/mastra'
import { openaiChatTools, openaiTools } from 'mcp-integrations/openai'
import { openaiAgentsTools } from 'mcp-integrations/openai-agents'
import manifest from '../../package.json' with { type: 'json' }
import tsconfig from '../../tsconfig.json' with { type: 'json' }
import { bench, readNote } from './bench.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = `${root}src/bridges/`
const files = readdirSync(folder)
const entries = Object.values(tsconfig.compilerOptions.paths)
  .flat()
  .filter((path) => path.startsWith('./src/bridges/'))
  .map((path) => path.replace('./src/bridges/', ''))

/** The bridge that a file belongs to, by its name; the longest, because one name begins with another's. */
function bridgeOf(path: string): string | undefined {
  return entries
    .map((entry) => entry.replace('.ts', ''))
    .filter((bridge) => path.startsWith(`src/bridges/${bridge}`))
    .toSorted((a, b) => b.length - a.length)[0]
}

/** What a rule about permission would have to look at. */
const permission =
  /\b(annotations|readOnlyHint|destructiveHint|trusted|visibility|actor|enabled|grants?|ownerId|agents)\b/

describe('the bridges', () => {
  it('are each an entry of the package', () => {
    expect(entries.toSorted()).toEqual(
      files.filter((file) => `./${file.replace('.ts', '')}` in manifest.exports).toSorted(),
    )
    expect(entries).toHaveLength(8)
  })

  it.each(files)('%s has no more than 250 lines', (file) => {
    expect(readFileSync(folder + file, 'utf8').split('\n').length).toBeLessThanOrEqual(250)
  })

  it.each(files)('%s has no rule about permission', (file) => {
    const code = readFileSync(folder + file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
    expect(code.split('\n').filter((line) => permission.test(line))).toEqual([])
  })

  it.each([
    'if (tool.annotations?.readOnlyHint) run()',
    'return integration.trusted',
    'if (actor.role === "admin") {}',
  ])('would be noticed with one: %s', (line) => {
    expect(permission.test(line)).toBe(true)
  })

  it.each(entries)('%s brings nothing of the others along', async (entry) => {
    const { metafile } = await build({
      entryPoints: [folder + entry],
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'neutral',
      packages: 'external',
      absWorkingDir: root,
      logLevel: 'silent',
    })
    const inputs = Object.keys(metafile.inputs)
    const own = entry.replace('.ts', '')
    expect(inputs.filter((path) => ![own, undefined].includes(bridgeOf(path)))).toEqual([])
    const frameworks = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path))
    const allowed: Readonly<Record<string, string>> = {
      'ai-sdk': 'ai',
      anthropic: '@anthropic-ai/sdk',
      langchain: '@langchain/core',
      'claude-agent-sdk': '@modelcontextprotocol/sdk',
    }
    expect(frameworks.filter((path) => !path.startsWith(allowed[own] ?? '\0'))).toEqual([])
    expect(inputs.filter((path) => !/^src\/(bridges|policy|model)\//.test(path))).toEqual([])
  })

  it('call a tool by one name, in whatever order tools come', async () => {
    const kebab = { ...readNote, name: 'read-note' }
    const long = { ...readNote, name: 'x'.repeat(60) }
    const names = async (tools: readonly (typeof readNote)[]) => {
      await using host = await bench(tools)
      const toolset = await host.mine.toolset('assistant')
      const all = [
        Object.keys(aiSdkTools(toolset)),
        anthropicTools(toolset).definitions.map(({ name }) => name),
        googleTools(toolset).definitions[0]!.functionDeclarations.map(({ name }) => name),
        langchainTools(toolset).map(({ name }) => name),
        Object.keys(mastraTools(toolset)),
        openaiTools(toolset).definitions.flatMap((tool) => (tool.type === 'function' ? [tool.name] : [])),
        openaiChatTools(toolset).definitions.map((tool) => tool.function.name),
        openaiAgentsTools(toolset).map(({ name }) => name),
      ].map((found) => found.toSorted())
      expect(Object.keys(claudeAgentTools(toolset).mcpServers)).toEqual(['tools'])
      for (const found of all) expect(found).toEqual(all[0])
      expect(new Set(all[0]).size).toBe(tools.length)
      return all[0]
    }
    const first = await names([readNote, kebab, long])
    expect(first).toEqual(await names([long, kebab, readNote]))
    expect(first?.every((name) => /^[a-zA-Z0-9_-]{1,64}$/.test(name))).toBe(true)
  })
})
