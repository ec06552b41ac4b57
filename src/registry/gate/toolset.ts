import { atFirstUse } from '../../model/at-first-use.js'
import type { ToolCallOutcome } from '../../model/outcome.js'
import type { ToolsetTool, UnavailableTool } from '../../model/toolset.js'
import type { ConfirmCallback } from '../../ports/confirm.js'
import type { ElicitCallback } from '../../ports/elicit.js'
import { checkAgents, checkAmong } from '../state/host-lists.js'
import type { ActorContext } from '../state/context.js'
import type { CallExplanation } from './explain.js'
import { closed } from '../state/errors.js'
import { checkOptions, given } from '../state/verb-shapes.js'
import type { ToolCallOptions, CallScope } from './call-scope.js'
import { divideTools, findTools, type FindOptions, type ToolSearchOptions } from './tool-search.js'
import { narrow } from './narrow-toolset.js'
import type { ToolsetBuilder, ToolsetContents } from './toolset-contents.js'

/** Options of a toolset. */
export interface ToolsetOptions {
  /** Asks the person of this conversation. `@default` the registry's */
  readonly confirm?: ConfirmCallback | undefined
  /** Answers servers' questions in this conversation. `@default` the registry's */
  readonly elicit?: ElicitCallback | undefined
  /** Identifies the conversation, at most 200 characters: equal requests of one conversation share an approval. */
  readonly conversationId?: string | undefined
  /**
   * Limits the toolset to these integrations, by id, e.g. those that a person picked for this conversation. `@default`
   * all
   */
  readonly integrations?: readonly string[] | undefined
  /** For agents with many tools: most tools are found by search instead of being shown. `@default` all are shown */
  readonly search?: ToolSearchOptions | undefined
}

/** The tools that one agent may call now for one actor. Each call is decided again when it is made. */
export interface Toolset {
  readonly agentId: string
  /** The conversation that the toolset is for. */
  readonly conversationId?: string | undefined
  /** Tools to show to the model; with `search`, only the pinned ones. */
  readonly tools: readonly ToolsetTool[]
  /** Tools to find with `search()`; empty without the option `search`. */
  readonly deferred: readonly ToolsetTool[]
  /** Integrations and tools that are missing, each with its reason. */
  readonly unavailable: readonly UnavailableTool[]
  /**
   * Calls a tool by its model name.
   *
   * @param args - a JSON object, sent exactly as shown to the person who approves
   * @throws IntegrationError `invalid_input`, `tool_not_found`, `tool_disabled`, `integration_disabled`,
   * `agent_not_allowed`, `forbidden`, `limit_reached`, `aborted`, `closed`, and every error of a server; `mayHaveRun`
   * says whether the tool may have run
   */
  call(name: string, args: unknown, options?: ToolCallOptions): Promise<ToolCallOutcome>
  /**
   * Searches names, titles, descriptions, integrations and parameters of the tools that may be used now. Best matches
   * first; the same query returns the same tools in the same order until something changes.
   *
   * @throws IntegrationError `invalid_input`
   */
  search(query: string, options?: FindOptions): Promise<readonly ToolsetTool[]>
  /**
   * Runs a call that was approved, here or in another process, with the arguments that were approved: at most once.
   *
   * @throws IntegrationError as `call`; `not_found` for an approval of another person, agent or conversation
   */
  resume(approvalId: string, options?: ToolCallOptions & { readonly args?: unknown }): Promise<ToolCallOutcome>
  /**
   * Explains what a `call` would do now: run, ask or be denied, and by which rule. Runs nothing.
   *
   * @throws IntegrationError `invalid_input`
   */
  explain(name: string, args?: unknown, options?: Pick<ToolCallOptions, 'conversationId'>): Promise<CallExplanation>
}

/** Loaded at the first call, because a process that only shows tools doesn't need it. */
const loadCall = atFirstUse(() => import('./call.js'))
const loadExplain = atFirstUse(() => import('./explain.js'))

/**
 * `toolset()`: built from stored records, without a request to any server; old tool lists are refreshed in the
 * background.
 */
export async function makeToolset(
  context: ActorContext,
  builder: ToolsetBuilder,
  agentId: string,
  options: ToolsetOptions = {},
): Promise<Toolset> {
  const { actor } = context
  await checkAgents(context, actor.workspaceId, [agentId], 'toolset()')
  return toolsetFrom(
    context,
    builder,
    { agentId, options },
    await builder.build(actor, agentId, options.conversationId),
  )
}

/** `toolset()` from the cache, at once; `undefined` if the cached toolset may be out of date. */
export function recallToolset(
  context: ActorContext,
  builder: ToolsetBuilder,
  agentId: string,
  options: ToolsetOptions = {},
): Toolset | undefined {
  const { actor } = context
  const { listed } = context.agents
  if (listed === undefined) return undefined
  checkAmong(listed, [agentId], 'toolset()')
  const contents = builder.recall(actor, agentId, options.conversationId)
  return contents && toolsetFrom(context, builder, { agentId, options }, contents)
}

function toolsetFrom(
  context: ActorContext,
  builder: ToolsetBuilder,
  { agentId, options }: { readonly agentId: string; readonly options: ToolsetOptions },
  contents: ToolsetContents,
): Toolset {
  const { actor } = context
  const { conversationId } = options
  const picked = options.integrations === undefined ? undefined : new Set(options.integrations)
  const { tools, unavailable, stale } = narrow(contents, picked)
  for (const list of stale) context.runInBackground(() => context.refreshOldTools(list), list)
  const confirm = options.confirm ?? context.options.confirm
  const elicit = options.elicit ?? context.options.elicit
  const scope: CallScope = {
    actor,
    agentId,
    conversationId,
    integrations: picked,
    confirm,
    elicit,
  }
  const toolsNow = async (): Promise<readonly ToolsetTool[]> => {
    const now = builder.recall(actor, agentId, conversationId) ?? (await builder.build(actor, agentId, conversationId))
    return narrow(now, picked).tools
  }
  return {
    agentId,
    conversationId,
    ...divideTools(tools, options.search),
    unavailable,
    search: async (query, { limit = options.search?.limit } = {}) => findTools(await toolsNow(), query, limit),
    call: (name, args, callOptions) =>
      whileRegistryOpen(context, { verb: 'toolset.call', options: callOptions }, ({ startCall }) =>
        startCall(context, within(scope, callOptions), name, args, callOptions),
      ),
    resume: (approvalId, callOptions) =>
      whileRegistryOpen(context, { verb: 'toolset.resume', options: callOptions }, ({ resumeCall }) =>
        resumeCall(context, within(scope, callOptions), given(approvalId), callOptions),
      ),
    explain: async (name, args, callOptions) => {
      checkOptions('toolset.explain', callOptions)
      const { conversationId: conversation } = within(scope, callOptions)
      return (await loadExplain()).explain(context, agentId, name, {
        args,
        conversationId: conversation,
        integrations: picked,
      })
    },
  }
}

function within(scope: CallScope, { conversationId }: ToolCallOptions = {}): CallScope {
  return conversationId === undefined ? scope : { ...scope, conversationId }
}

/** Rejects once the registry closes. `close()` waits for running work, also before a request is sent. */
async function whileRegistryOpen<T>(
  context: ActorContext,
  { verb, options }: { readonly verb: string; readonly options: unknown },
  work: (calls: Awaited<ReturnType<typeof loadCall>>) => Promise<T>,
): Promise<T> {
  checkOptions(verb, options)
  if (context.closing.aborted) throw closed()
  const leave = context.calls.enter()
  try {
    return await work(await loadCall())
  } finally {
    leave()
  }
}
