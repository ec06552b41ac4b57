import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { CallToolRequestSchema, ListToolsRequestSchema, type CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import type { ApprovalDecision, Toolset } from '../index.js'
import { sameJson } from '../policy/same-json.js'
import { validResult } from '../policy/valid-result.js'
import { readingOf, wouldAsk, type BridgedTool, type BridgeOptions, type Reading } from './bridged-tool.js'
import { bridgedTools } from './bridged-tools.js'
import { defined } from './defined.js'
import { shortNames } from './short-names.js'

export type { BridgeOptions, CallName } from './bridged-tool.js'

/** Options of {@link claudeAgentTools}. */
export interface ClaudeAgentToolsOptions extends BridgeOptions {
  /** The server's name, a prefix of the tool names for the model: `mcp__tools__notes__read`. `@default 'tools'` */
  readonly name?: string | undefined
  /**
   * Selects who asks the person about a tool that asks.
   *
   * `confirm`: the toolset's confirm callback, while the call waits.
   *
   * `native`: the Agent SDK, with your `canUseTool` wrapped in {@link ClaudeAgentTools.canUseTool}. The SDK waits in the
   * running process. A tool runs only if that callback allowed exactly this call.
   *
   * `@default 'confirm'`
   */
  readonly approval?: 'confirm' | 'native' | undefined
}

/** A toolset for the Claude Agent SDK's `query()`. */
export interface ClaudeAgentTools {
  /** For `options.mcpServers`. Create one for each query, because a server serves one query at a time. */
  readonly mcpServers: { [name: string]: ClaudeAgentServer }
  /** For `options.allowedTools`: with `confirm`, the SDK doesn't ask in addition to the gate. */
  readonly allowedTools: string[]
  /** Wraps `options.canUseTool`, which also decides about tools outside this toolset. Required with `native`. */
  canUseTool<Options extends ClaudeAgentCall>(
    ask: (toolName: string, input: Record<string, unknown>, options: Options) => Promise<ClaudeAgentPermission | null>,
  ): (toolName: string, input: Record<string, unknown>, options: Options) => Promise<ClaudeAgentPermission | null>
}

/** A server in this process, in the SDK's form. */
export interface ClaudeAgentServer {
  type: 'sdk'
  name: string
  /** The in-process MCP server. */
  instance: McpServer
  /** The tools of the server. */
  tools?: { name: string; permission_policy: 'always_ask' }[]
}

/** The used part of a permission request. */
export interface ClaudeAgentCall {
  /** The id of the call. */
  readonly toolUseID: string
  /** The server that the call goes to. */
  readonly mcpServer?: { readonly name: string; readonly source: string } | undefined
}

/** The result of `canUseTool`. */
export type ClaudeAgentPermission =
  | { behavior: 'allow'; updatedInput?: Record<string, unknown> }
  | { behavior: 'deny'; message: string; interrupt?: boolean }

/**
 * A toolset as an in-process MCP server for the Claude Agent SDK, with results as their servers sent them. Every call goes
 * through the toolset's gate, independently of the SDK's permissions. The SDK finds tools by its own search; with
 * `search`, pinned tools are loaded at the start.
 *
 * @see https://docs.claude.com/en/api/agent-sdk/typescript
 *
 * @example
 * ```ts
 * // examples/loops/frameworks/claude-agent-sdk.ts#query
 * const messages = query({ prompt, options: { mcpServers, allowedTools, ...others } })
 * ```
 */
export function claudeAgentTools(toolset: Toolset, options: ClaudeAgentToolsOptions = {}): ClaudeAgentTools {
  const { name = 'tools', approval = 'confirm' } = options
  const prefix = `mcp__${name}__`
  const { tools } = bridgedTools(toolset, options, 'native')
  const shown = shortNames(tools, ({ name: full }) => full, maxName - prefix.length)
  const isNative = approval === 'native'
  const decisions = new SdkDecisions()
  const instance = new McpServer({ name, version: '1.0.0' }, { capabilities: { tools: {} } })
  instance.server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: [...shown].map(([short, tool]) => definitionOf(short, tool, toolset.deferred.length > 0)),
  }))
  instance.server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal, _meta: meta }) => {
    const tool = shown.get(params.name)
    if (tool === undefined) return failed(`There is no tool "${params.name.slice(0, maxName)}".`)
    const args = params.arguments ?? {}
    const callId = toolUseId(meta)
    const confirm = isNative ? () => decisions.decisionOn(callId, args) : undefined
    return resultOf(await readingOf(tool.run(args, { callId, signal, confirm })))
  })
  const policies = [...shown.keys()].map((short) => ({ name: short, permission_policy: 'always_ask' as const }))
  return {
    mcpServers: { [name]: defined({ type: 'sdk', name, instance, tools: isNative ? policies : undefined }) },
    allowedTools: isNative ? [] : [`mcp__${name}`],
    canUseTool: (ask) => async (toolName, input, call) => {
      const isOurs = call.mcpServer?.source === 'sdk' && call.mcpServer.name === name
      const tool = isOurs ? shown.get(toolName.slice(prefix.length)) : undefined
      if (tool === undefined) return ask(toolName, input, call)
      // A call that would not ask goes to the gate, which also returns the error if there is one.
      if (!isNative || !(await wouldAsk(tool, input))) return { behavior: 'allow', updatedInput: input }
      const answer = await ask(toolName, input, call)
      decisions.note(call.toolUseID, answer, input)
      return answer
    },
  }
}

/** The limit of a tool's name including the server's name. */
const maxName = 64

/** The person's decisions, by the SDK's id of the call. */
class SdkDecisions {
  readonly #allowed = new Map<string, Record<string, unknown>>()

  note(callId: string, answer: ClaudeAgentPermission | null, input: Record<string, unknown>): void {
    if (answer?.behavior === 'allow') this.#allowed.set(callId, answer.updatedInput ?? input)
  }

  /** The decision about a call. An approval counts once, and only for the approved arguments. */
  decisionOn(callId: string | undefined, args: Record<string, unknown>): ApprovalDecision {
    const allowed = this.#allowed.get(callId ?? '')
    this.#allowed.delete(callId ?? '')
    return allowed !== undefined && sameJson(allowed as never, args as never) ? 'approve' : notAsked
  }
}

const notAsked = {
  decision: 'deny',
  reason: 'The Claude Agent SDK ran this call without having asked a person.',
} as const

/** The definition for the SDK, which searches tools itself. Pinned tools are loaded at the start. */
function definitionOf(name: string, { title, description, inputSchema, deferred }: BridgedTool, isSearched: boolean) {
  return defined({
    name,
    title,
    description,
    inputSchema: inputSchema as { type: 'object' },
    _meta: isSearched ? { 'anthropic/alwaysLoad': !deferred } : undefined,
  })
}

function toolUseId(meta: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const id = meta?.['claudecode/toolUseId']
  return typeof id === 'string' && id !== '' ? id : undefined
}

/** The result as its server sent it, as far as the SDK accepts it, otherwise text. */
function resultOf({ outcome, parts }: Reading): CallToolResult {
  if (outcome?.type === 'completed') return validResult(outcome.result) as CallToolResult // the same type, but readonly
  return failed(parts.map((part) => (part.type === 'text' ? part.text : part.words)).join('\n'))
}

function failed(text: string): CallToolResult {
  return { content: [{ type: 'text', text }], isError: true }
}
