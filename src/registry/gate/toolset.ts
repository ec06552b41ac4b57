import { atFirstUse } from '../../model/at-first-use.js'
import type { ToolCallOutcome } from '../../model/outcome.js'
import type { ToolsetTool, UnavailableTool } from '../../model/toolset.js'
import type { ConfirmCallback } from '../../ports/confirm.js'
import type { ElicitCallback } from '../../ports/elicit.js'
import { checkAgents, checkAmong } from '../state/host-lists.js'
import type { ActorContext } from '../state/context.js'
import type { CallExplanation } from './explain.js'
import { EndedCall, noIntegration } from '../state/calls-in-flight.js'
import { closed } from '../state/errors.js'
import { checkOptions } from '../state/verb-shapes.js'
import type { ToolCallOptions, CallScope } from './call-scope.js'
import { divideTools, findTools, type FindOptions, type ToolSearchOptions } from './tool-search.js'
import { narrow } from './narrow-toolset.js'
import type { ToolsetBuilder, ToolsetContents } from './toolset-contents.js'

/** What one toolset may be given. */
export interface ToolsetOptions {
  /** Asks the person of this chat. `@default` the registry's */
  readonly confirm?: ConfirmCallback | undefined
  /** Answers servers' questions in this chat. `@default` the registry's */
  readonly elicit?: ElicitCallback | undefined
  /** Names the chat: equal requests of one conversation are one approval; at most 200 characters. */
  readonly conversationId?: string | undefined
  /** Narrows the toolset to these integrations, by id: those that a person picked for this chat. `@default` all */
  readonly integrations?: readonly string[] | undefined
  /** For agents that meet many tools: most of them are found by words instead of being shown. `@default` all are shown */
  readonly search?: ToolSearchOptions | undefined
}

/** What one agent may call now for one actor. The list shows; each call decides anew. */
export interface Toolset {
  readonly agentId: string
  /** The chat that it was made for. */
  readonly conversationId?: string | undefined
  /** To show to the model; with `search`, only the pinned ones. */
  readonly tools: readonly ToolsetTool[]
  /** To be found by `search()`; without the option `search`, none. */
  readonly deferred: readonly ToolsetTool[]
  /** What is missing from it and why: never silent. */
  readonly unavailable: readonly UnavailableTool[]
  /**
   * Calls a tool by the name that models get.
   *
   * @param args - a JSON object, sent exactly as shown to whoever approves
   * @throws IntegrationError `invalid_input`, `tool_not_found`, `tool_disabled`, `integration_disabled`,
   * `agent_not_allowed`, `forbidden`, `limit_reached`, `aborted`, `closed`, and every fault of a server;
   * `mayHaveRun` says whether the tool may have run
   */
  call(name: string, args: unknown, options?: ToolCallOptions): Promise<ToolCallOutcome>
  /**
   * Finds tools by words over names, titles, descriptions, integrations and parameters, among those that may be used at
   * this moment. The best come first; the same words find the same tools in the same order until something changes.
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
   * What `call` would meet now, and which rule says so. Runs nothing.
   *
   * @throws IntegrationError `invalid_input`
   */
  explain(name: string, args?: unknown, options?: Pick<ToolCallOptions, 'conversationId'>): Promise<CallExplanation>
}

/** A process that only shows tools calls none. */
const loadCall = atFirstUse(() => import('./call.js'))
const loadExplain = atFirstUse(() => import('./explain.js'))

/** `toolset()`: from what is stored, with no request to any server; old tool lists are refreshed behind it. */
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

/** `toolset()` without a wait: from what this process built before; `undefined` where that is not known to be good. */
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
  for (const target of stale) context.runInBackground(() => context.refreshTools(target))
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
    async call(name, args, callOptions) {
      checkOptions('toolset.call', callOptions)
      return whileRegistryOpen(context, async () =>
        (await loadCall()).startCall(context, within(scope, callOptions), name, args, callOptions),
      )
    },
    async resume(approvalId, callOptions) {
      checkOptions('toolset.resume', callOptions)
      return whileRegistryOpen(context, async () =>
        (await loadCall()).resumeCall(context, within(scope, callOptions), approvalId, callOptions),
      )
    },
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

/** Refuses once the registry closes, which waits for what is under way: also for the stretch before anything is sent. */
async function whileRegistryOpen<T>(context: ActorContext, work: () => Promise<T>): Promise<T> {
  const { workspaceId } = context.actor
  if (context.closing.aborted) throw closed()
  try {
    return await context.calls.track({ workspaceId, integrationId: noIntegration }, undefined, work)
  } catch (error) {
    throw error instanceof EndedCall ? error.fault : error
  }
}
