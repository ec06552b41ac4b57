import type { CheckedActor } from '../../model/actor.js'
import type { Agent } from '../../model/agent.js'
import type { Report } from '../../model/diagnostic.js'
import type { Connector } from '../../model/connector.js'
import type { GuardedFetch } from '../../egress/guarded-fetch.js'
import type { ConnectionPool } from '../../mcp/connection-pool.js'
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
import type { Target } from './target.js'
import type { ToolLists } from './tool-list-cache.js'

/** What every use case is handed: the ports, the floors below and what this process remembers (never the only copy). */
export interface Context {
  readonly options: Settled
  readonly storage: RegistryStorage
  readonly vault: CredentialVault
  readonly runtime: RegistryRuntime
  readonly fetch: GuardedFetch
  readonly pool: ConnectionPool
  readonly feed: EventFeed
  /** The feed as it grows, for those who listen. */
  readonly live: LiveEvents
  /** Calls this process is waiting for a server with. */
  readonly calls: CallsInFlight
  /** Calls this process is waiting for a person with. */
  readonly decisions: DecisionBoard
  readonly lists: ToolLists
  readonly handles: Handles
  /** How often a person may have servers looked at. */
  readonly checks: RateLimit
  readonly oauth: OAuthEnvironment
  /** Registrations that this process makes and has not stored yet, by workspace and name. */
  readonly registering: Map<string, Promise<KnownClient>>
  readonly refresher: Refresher
  /**
   * Lists a server's tools again and stores what changed, or joins whoever does.
   * `changed`: the server says that they are others now, so a listing under way may be too old.
   */
  refreshTools(target: Target, news?: { readonly changed: boolean }): Promise<unknown>
  agentsOf(workspaceId: string): Promise<readonly Agent[]>
  connectorsOf(workspaceId: string): Promise<readonly Connector[]>
  /** Tells the host of what went wrong and breaks nothing. */
  readonly report: Report
  /** Work behind an answer, e.g. a refresh of a tool list: `close()` waits for it. Never rejects. */
  runInBackground(work: () => Promise<unknown>): void
  /** Aborts when the registry closes. */
  readonly closing: AbortSignal
}

/** What every verb of one person is handed: the same, and who acts. */
export interface ActorContext extends Context {
  readonly actor: CheckedActor
  /** What a sign-in that the verb begins hands back at its end. */
  readonly wayBack?: WayBack | undefined
}

/** The context of what is done for this person. */
export function actingAs(context: Context, actor: CheckedActor): ActorContext {
  return { ...context, actor }
}
