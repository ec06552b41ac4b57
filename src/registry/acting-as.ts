import type { Approval, ApprovalDecision } from '../model/approval.js'
import type { Agent } from '../model/agent.js'
import { atFirstUse } from '../model/at-first-use.js'
import { IntegrationError } from '../model/errors.js'
import { race } from '../model/race.js'
import { actorEvents, listenAs, type ActorEvent } from './operations/actor-events.js'
import type { ActorContext } from './state/context.js'
import { decidesForOthers } from '../policy/access.js'
import { EndedCall, noIntegration } from './state/calls-in-flight.js'
import { closed } from './state/errors.js'
import { checkOptions, given } from './state/verb-shapes.js'
import type { ToolsetBuilder } from './gate/toolset-contents.js'
import { makeToolset, recallToolset } from './gate/toolset.js'
import type { ActorApprovals, ActorIntegrations, OperationOptions, SignInOptions } from './actor-integrations.js'

/** Settings and approvals are loaded at their first use, because the process of an agent may never need them. */
type ActorVerbs = typeof import('./actor-verbs.js')
const loadVerbs = atFirstUse((): Promise<ActorVerbs> => import('./actor-verbs.js'))

/** Implements `actingAs()`: each method checks its options and stops waiting when its signal aborts. */
export function actorIntegrations<AgentId extends string>(
  context: ActorContext,
  builder: ToolsetBuilder,
): ActorIntegrations<AgentId> {
  const open = async <T>(verb: string, options: OperationOptions | undefined, work: () => Promise<T>): Promise<T> => {
    checkOptions(verb, options)
    return whileOpen(context, options, work)
  }
  const manage = <T>(
    verb: string,
    options: OperationOptions | undefined,
    work: (verbs: ActorVerbs) => Promise<T>,
  ): Promise<T> => open(verb, options, async () => work(await loadVerbs()))
  const decideOneOrMany = async (
    ids: string | readonly string[],
    decision: ApprovalDecision,
    options?: OperationOptions,
  ): Promise<Approval | readonly Approval[]> => {
    const several = Array.isArray(ids)
    const decided = await manage('approvals.decide', options, (verbs) =>
      verbs.decide(
        context,
        (several ? (ids as readonly string[]) : [ids as string]).map((id) => given(id)),
        decision,
      ),
    )
    return several ? decided : decided[0]!
  }
  /** Runs a method that may start a sign-in, with the values that the sign-in returns at its end. */
  const signingIn = <T>(
    verb: string,
    options: SignInOptions = {},
    work: (verbs: ActorVerbs, along: ActorContext) => Promise<T>,
  ): Promise<T> =>
    manage(verb, options, async (verbs) => {
      const { returnTo, ref } = options
      return work(verbs, { ...context, wayBack: verbs.parseWayBack({ returnTo, ref }) })
    })
  return {
    available: (options) => manage('available', options, (verbs) => verbs.availableConnectors(context)),
    me: (options) =>
      open('me', options, async () => ({
        ...context.actor,
        decidesForOthers: decidesForOthers(context.actor, context.options.access),
      })),
    agents: (options) =>
      // The host gave these ids to the constructor, so they have its type.
      open('agents', options, () => context.agents.of(context.actor.workspaceId) as Promise<readonly Agent<AgentId>[]>),
    list: (options) => manage('list', options, (verbs) => verbs.listIntegrations(context, options)),
    get: (id, options) => manage('get', options, (verbs) => verbs.getIntegration(context, given(id))),
    check: (input, options) => manage('check', options, (verbs) => verbs.checkServer(context, input, options)),
    connect: (input, options) => signingIn('connect', options, (verbs, along) => verbs.connect(along, input, options)),
    finishConnect: (callbackUrl, options) =>
      manage('finishConnect', options, (verbs) => verbs.finishConnect(context, callbackUrl, options)),
    validate: (id, options) =>
      signingIn('validate', options, (verbs, along) => verbs.validate(along, given(id), options)),
    reconnect: (id, input, options) =>
      signingIn('reconnect', options, (verbs, along) => verbs.reconnect(along, given(id), input, options)),
    update: (id, input, options) =>
      manage('update', options, (verbs) => verbs.update(context, given(id), input, options)),
    enable: (id, options) => manage('enable', options, (verbs) => verbs.setEnabled(context, given(id), true)),
    disable: (id, options) => manage('disable', options, (verbs) => verbs.setEnabled(context, given(id), false)),
    authorize: (id, input, options) =>
      signingIn('authorize', options, (verbs, along) => verbs.authorize(along, given(id), input, options)),
    signOut: (id, options) => manage('signOut', options, (verbs) => verbs.signOut(context, given(id))),
    transferOwner: (id, userId, options) =>
      manage('transferOwner', options, (verbs) => verbs.transferOwner(context, given(id), userId)),
    trust: (id, trusted, options) =>
      manage('trust', options, (verbs) => verbs.setTrusted(context, given(id), trusted, options)),
    remove: (id, options) => manage('remove', options, (verbs) => verbs.remove(context, given(id))),
    tools: (id, options) => manage('tools', options, (verbs) => verbs.toolsOverview(context, given(id))),
    configureTools: (id, settings, options) =>
      manage('configureTools', options, (verbs) => verbs.configureTools(context, given(id), settings, options)),
    refreshTools: (id, options) =>
      manage('refreshTools', options, (verbs) => verbs.refreshToolsNow(context, given(id), options)),
    acceptTools: (id, tools, options) =>
      manage('acceptTools', options, (verbs) => verbs.acceptTools(context, given(id), tools)),
    async toolset(agentId, options) {
      checkOptions('toolset', options)
      const mayRecall = !context.closing.aborted && options?.signal?.aborted !== true
      const recalled = mayRecall ? recallToolset(context, builder, agentId, options) : undefined
      return recalled ?? whileOpen(context, options, () => makeToolset(context, builder, agentId, options))
    },
    approvals: {
      list: (query) => manage('approvals.list', query, (verbs) => verbs.listApprovals(context, query)),
      get: (id, options) => manage('approvals.get', options, (verbs) => verbs.getApproval(context, given(id))),
      cancel: (id, options) => manage('approvals.cancel', options, (verbs) => verbs.cancelApproval(context, given(id))),
      // One implementation of two overloads: the argument's type decides the result's.
      decide: decideOneOrMany as ActorApprovals['decide'],
    },
    grants: {
      list: (options) => manage('grants.list', options, (verbs) => verbs.listGrants(context, options)),
      revoke: (id, options) => manage('grants.revoke', options, (verbs) => verbs.revokeGrant(context, given(id))),
    },
    audit: (query) => manage('audit', query, (verbs) => verbs.readAudit(context, query)),
    events: (query) => open('events', query, () => actorEvents(context, query)),
    on(name, listener) {
      if (context.closing.aborted) throw closed()
      // The event's name selects the member of the union that the listener accepts.
      return listenAs(context, name, listener as (event: ActorEvent) => void)
    },
  }
}

/** Rejects once the registry closes; running work may finish within the grace period of `close()`. */
async function whileOpen<T>(
  context: ActorContext,
  options: OperationOptions | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const { workspaceId } = context.actor
  if (context.closing.aborted) throw closed()
  try {
    return await context.calls.track({ workspaceId, integrationId: noIntegration }, options?.signal, (signal) =>
      // Changes that are already committed stay.
      race(work, { signal, toError: aborted }),
    )
  } catch (error) {
    throw error instanceof EndedCall ? closed() : error
  }
}

function aborted(): IntegrationError {
  return new IntegrationError('aborted', 'The operation was aborted by its caller.')
}
