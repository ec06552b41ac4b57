import type { CheckedActor } from '../../model/actor.js'
import type { Agent } from '../../model/agent.js'
import type { WorkSubject } from './background-work.js'
import type { Report } from '../../model/diagnostic.js'
import type { Connector } from '../../model/connector.js'
import type { GuardedFetch } from '../../egress/guarded-fetch.js'
import type { Pool } from '../../mcp/pool-at-first-use.js'
import type { CredentialVault } from '../../ports/credential-vault.js'
import type { RegistryRuntime } from '../../ports/runtime.js'
import type { RegistryStorage } from '../../ports/storage.js'
import type { CallsInFlight } from './calls-in-flight.js'
import type { DecisionBoard } from './decision-board.js'
import type { EventFeed } from './event-feed.js'
import type { Settled } from './settle-options.js'
import type { WayBack } from '../../model/outcome.js'
import type { RateLimit } from './rate-limit.js'
import type { LiveEvents } from './live-events.js'
import type { Handles } from './handles.js'
import type { OAuthEnvironment } from '../../oauth/environment.js'
import type { KnownClient } from './records.js'
import type { Refresher } from '../../oauth/refresh.js'
import type { ListOwner } from './target.js'
import type { ToolLists } from './tool-list-cache.js'

/** The parameters of every use case: the ports, the lower layers and this process's caches (never the only copy). */
export interface Context {
  readonly options: Settled
  readonly storage: RegistryStorage
  readonly vault: CredentialVault
  readonly runtime: RegistryRuntime
  readonly fetch: GuardedFetch
  readonly pool: Pool
  readonly feed: EventFeed
  /** The live end of the feed, for listeners. */
  readonly live: LiveEvents
  /** Calls of this process that wait for a server. */
  readonly calls: CallsInFlight
  /** Calls of this process that wait for a person. */
  readonly decisions: DecisionBoard
  readonly lists: ToolLists
  readonly handles: Handles
  /** How often a person may check servers. */
  readonly checks: RateLimit
  /** How often a person may start to sign in: each time may register a client, and waits ten minutes for its callback. */
  readonly signIns: RateLimit
  readonly oauth: OAuthEnvironment
  /** Client registrations that this process is making and has not stored yet, by workspace and name. */
  readonly registering: Map<string, Promise<KnownClient>>
  readonly refresher: Refresher
  /**
   * Lists a server's tools again and stores the changes, or joins a listing that is running. `changed`: the server
   * reported a change, so a running listing may be too old.
   */
  refreshTools(list: ListOwner, news?: { readonly changed: boolean }): Promise<unknown>
  /** The same for a toolset, whose list is old. After a failure, nothing is requested until a pause is over. */
  refreshOldTools(list: ListOwner): Promise<unknown>
  readonly agents: AgentSource
  connectorsOf(workspaceId: string): Promise<readonly Connector[]>
  /** Reports contained problems to the host. */
  readonly report: Report
  /** Runs work after a result was returned, e.g. a refresh of a tool list. `close()` waits for it. Never rejects. */
  runInBackground(work: () => Promise<unknown>, about: WorkSubject): void
  /** Aborts when the registry closes. */
  readonly closing: AbortSignal
}

/** The agents of a host. */
export interface AgentSource {
  /** The agents of every workspace; absent where the host has a function. */
  readonly listed: readonly Agent[] | undefined
  of(workspaceId: string): Promise<readonly Agent[]>
}

/** The context of a verb of one person: with the actor. */
export interface ActorContext extends Context {
  readonly actor: CheckedActor
  /** Values that a sign-in started by the verb returns at its end. */
  readonly wayBack?: WayBack | undefined
}

/** The context for this person's verbs. */
export function actingAs(context: Context, actor: CheckedActor): ActorContext {
  return { ...context, actor }
}
