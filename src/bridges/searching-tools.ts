import type { JsonObject, ToolCallOutcome, Toolset, ToolsetTool } from '../index.js'
import { isJsonObject } from '../policy/same-json.js'
import type { BridgedTool, FrameworkCall } from './bridged-tool.js'
import { defined } from './defined.js'
import { modelSchema } from './schema-form.js'

/** Two tools for frameworks that can't defer tools: one finds tools, the other uses a found tool. */
export function searchingTools(toolset: Toolset, get: (name: string) => BridgedTool): readonly BridgedTool[] {
  return [toolFinder(toolset), toolUser(get)]
}

/** Names that no server's tool has, because those contain two underscores in a row. */
const findName = 'find_tools'
const useName = 'use_tool'
const maxNamed = 50

function toolFinder(toolset: Toolset): BridgedTool {
  const names = [...new Set(toolset.deferred.map(({ integration }) => integration.name))]
  const shown = `${names.slice(0, maxNamed).join(', ')}${names.length > maxNamed ? ' and others' : ''}`
  return {
    name: findName,
    description: `Finds tools by words that describe them. ${toolset.deferred.length} more tools can be found, of: ${shown}. Call a found tool with ${useName}.`,
    inputSchema: {
      type: 'object',
      properties: { query: { type: 'string', description: 'What the tool should do, in a few words.' } },
      required: ['query'],
    },
    deferred: false,
    explain: async () => harmless,
    run: async (args) => {
      const query = isJsonObject(args) && typeof args.query === 'string' ? args.query.trim() : ''
      if (query === '') return textResult(`${findName} needs a "query".`, true)
      const found = await toolset.search(query)
      return textResult(
        found.length === 0 ? 'No tool was found. Try other words.' : JSON.stringify(found.map(describe)),
      )
    },
  }
}

function describe({ modelName, description, inputSchema }: ToolsetTool): JsonObject {
  const { schema } = modelSchema(inputSchema)
  return defined({ name: modelName, description, arguments: schema })
}

function toolUser(get: (name: string) => BridgedTool): BridgedTool {
  return {
    name: useName,
    description: `Calls a tool that ${findName} found.`,
    inputSchema: {
      type: 'object',
      properties: {
        name: { type: 'string', description: 'The name of the tool, as it was found.' },
        arguments: { type: 'object', description: "The tool's arguments.", properties: {}, additionalProperties: true },
      },
      required: ['name', 'arguments'],
    },
    deferred: false,
    explain: async (args, call) => useOf(args, get)?.explain(call) ?? harmless,
    run: async (args, call) => {
      const use = useOf(args, get)
      return use === undefined
        ? textResult(`${useName} needs the "name" of a tool that ${findName} found.`, true)
        : use.run(call)
    },
  }
}

/** The tool to use, with its arguments. */
function useOf(args: unknown, get: (name: string) => BridgedTool) {
  // A tool that uses itself would never end.
  if (!isJsonObject(args) || typeof args.name !== 'string' || args.name === useName) return undefined
  const { name, arguments: inner = {} } = args
  const tool = get(name as string)
  return {
    explain: (call?: FrameworkCall) => tool.explain(inner, call),
    run: (call?: FrameworkCall) => tool.run(inner, call),
  }
}

/** The search sends nothing to a server. */
const harmless = { type: 'auto', rule: 'tool_search', why: 'This tool only searches for tools.' } as const

function textResult(text: string, isError?: boolean): ToolCallOutcome {
  return { type: 'completed', result: { content: [{ type: 'text', text }], isError }, modelText: text }
}
