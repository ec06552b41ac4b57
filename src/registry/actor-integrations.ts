import type { Approval, ApprovalDecision, Grant } from '../model/approval.js'
import type { Agent } from '../model/agent.js'
import type { AvailableConnector } from '../model/connector.js'
import type { Integration } from '../model/integration.js'
import type { ToolSettings } from '../model/tool.js'
import type { ApprovalPage, ApprovalQuery } from './gate/list-approvals.js'
import type { ActorEvent, ActorEventOf } from './operations/actor-events.js'
import type { AuditPage, AuditQuery } from './operations/read-audit.js'
import type { CheckInput, ServerCheck } from './settings/check-server.js'
import type { ConnectResult, WayBack } from '../model/outcome.js'
import type { Me } from '../model/actor.js'
import type { UpdateInput } from './settings/plan-edit.js'
import type { RegistryEventPage, RegistryEventQuery } from './state/event-feed.js'
import type { IntegrationListOptions } from './settings/integrations.js'
import type { ToolOverview } from './settings/tools-overview.js'
import type { Toolset, ToolsetOptions } from './gate/toolset.js'
import type { ReconnectInput } from './settings/reconnect.js'
import type { ConnectInput } from './settings/plan-connect.js'

/** Options of every method. */
export interface OperationOptions {
  /** Rejects with `aborted` when the signal aborts. Changes that are already committed stay. */
  readonly signal?: AbortSignal | undefined
}

/** Options of methods that may start a sign-in. */
export interface SignInOptions extends OperationOptions, WayBack {}

/**
 * Everything that one person can do with the integrations of the workspace. For an integration that the person may not
 * see, every method rejects as for one that doesn't exist: with `not_found`.
 *
 * Every method also rejects with `closed` and `storage_unavailable`.
 */
export interface ActorIntegrations<AgentId extends string = string> {
  /** The catalogue, with how many integrations of each entry are connected. */
  available(options?: OperationOptions): Promise<readonly AvailableConnector[]>
  /** The person as given to `actingAs()`, and whether this person may decide for others. */
  me(options?: OperationOptions): Promise<Me>
  /** The agents that integrations of this workspace may name. */
  agents(options?: OperationOptions): Promise<readonly Agent<AgentId>[]>
  /** The integrations that this actor can use, oldest first. */
  list(options?: OperationOptions & IntegrationListOptions): Promise<readonly Integration[]>
  /**
   * One integration.
   *
   * @throws IntegrationError `not_found`
   */
  get(id: string, options?: OperationOptions): Promise<Integration>
  /**
   * Probes a server as `connect()` would, and stores nothing: returns how it authenticates, its description and its
   * tools. At most 30 times a minute.
   *
   * @throws IntegrationError `invalid_input`, `not_found` (connector), `url_refused`, `unreachable` for every reason
   * why the address can't be reached, `authorization_failed`, `limit_reached`, and other errors of the server
   */
  check(input: CheckInput, options?: OperationOptions): Promise<ServerCheck>
  /**
   * Connects a custom server or a catalogue entry. Nothing is stored unless the server works or asks for a sign-in.
   *
   * @throws IntegrationError `invalid_input`, `url_refused`, `authorization_failed`, `forbidden`, and errors of the
   * server
   *
   * @example
   * ```ts
   * // examples/guides/getting-started.ts#connect
   * const ana = { workspaceId: 'acme', userId: 'ana' } // whoever your session says
   * const mine = registry.actingAs(ana)
   * const { integration } = await mine.connect({
   *   url: process.env['MCP_URL'] ?? 'http://127.0.0.1:3001/mcp',
   *   name: 'Everything',
   *   agents: ['assistant', 'builder'],
   * })
   * console.log(`  ${integration.name} is ${integration.status}: ${integration.tools.total} tools`)
   * ```
   */
  connect(input: ConnectInput<AgentId>, options?: SignInOptions): Promise<ConnectResult>
  /**
   * Finishes a sign-in.
   *
   * @param callbackUrl - the whole URL that the authorization server redirected the person to, unchanged
   * @throws IntegrationError `not_found`, `authorization_failed`
   * @see https://www.rfc-editor.org/rfc/rfc9207
   */
  finishConnect(callbackUrl: string, options?: OperationOptions): Promise<ConnectResult>
  /** Checks that the integration works: with its real credential and a real `tools/list`. */
  validate(id: string, options?: SignInOptions): Promise<ConnectResult>
  /**
   * Connects again in place: agents, tool settings and grants are kept. `oauth` replaces the integration's OAuth settings.
   *
   * @throws IntegrationError `not_found`, `forbidden`, `invalid_input`, `authorization_failed`
   */
  reconnect(id: string, input?: ReconnectInput, options?: SignInOptions): Promise<ConnectResult>
  /**
   * Edits the given fields and keeps the rest. With `ifRevision`, rejects with `conflict` if another person edited the
   * integration first.
   *
   * @throws IntegrationError `invalid_input`, `not_found`, `forbidden`, `url_refused`, `conflict`
   */
  update(
    id: string,
    input: UpdateInput<AgentId>,
    options?: OperationOptions & { readonly ifRevision?: number | undefined },
  ): Promise<Integration>
  /** Turns the master switch on. */
  enable(id: string, options?: OperationOptions): Promise<Integration>
  /** Turns the master switch off at once: running calls are aborted, open approvals cancelled, nothing is deleted. */
  disable(id: string, options?: OperationOptions): Promise<Integration>
  /** Sets the actor's own credential on an integration with `credentials: 'per_user'`. */
  authorize(
    id: string,
    input?: {
      readonly headers?: Readonly<Record<string, string | null>> | undefined
      readonly scopes?: readonly string[] | undefined
    },
    options?: SignInOptions,
  ): Promise<ConnectResult>
  /** Revokes and erases the actor's own credential. */
  signOut(id: string, options?: OperationOptions): Promise<void>
  /** Transfers the integration to another person. A private one loses its credential: the new owner sets a new one. */
  transferOwner(id: string, userId: string, options?: OperationOptions): Promise<void>
  /**
   * Sets whether the server's annotations are trusted. For admins.
   *
   * @param options - `ifRevision`: rejects with `conflict` when the integration was edited since that revision
   * @throws IntegrationError `not_found`, `forbidden`, `conflict`
   */
  trust(
    id: string,
    trusted: boolean,
    options?: OperationOptions & { readonly ifRevision?: number | undefined },
  ): Promise<Integration>
  /** Revokes tokens, erases secrets, ends pending approvals. */
  remove(id: string, options?: OperationOptions): Promise<void>

  /**
   * Every tool: its label, whether it is enabled, its approval mode and the mode's effect, with the rule that decides.
   */
  tools(id: string, options?: OperationOptions): Promise<ToolOverview>
  /**
   * Changes the settings of tools, by their names on the server, in one commit. Fields left out keep their values.
   *
   * @param options - `ifRevision`: the {@link ToolOverview.revision} that was reviewed; rejects with `conflict` when it
   * has changed
   * @throws IntegrationError `invalid_input`, `tool_not_found`, `not_found`, `forbidden`, `conflict`
   *
   * @example
   * ```ts
   * // examples/guides/getting-started.ts#settings
   * await mine.configureTools(integration.id, {
   *   echo: { approval: 'auto' }, // runs without asking
   *   'get-sum': { approval: 'ask' }, // asks every time
   *   'get-env': { enabled: false }, // not needed here
   *   'get-tiny-image': { agents: ['builder'] }, // not for assistant
   * })
   * ```
   */
  configureTools(
    id: string,
    settings: Readonly<Record<string, ToolSettings>>,
    options?: OperationOptions & { readonly ifRevision?: string | undefined },
  ): Promise<void>
  /**
   * Asks the server for its tools now.
   *
   * @throws IntegrationError `authorization_failed` if a person must sign in or correct a credential; `not_found`,
   * `forbidden`, and every error of a server
   */
  refreshTools(id: string, options?: OperationOptions): Promise<ToolOverview>
  /**
   * Accepts new or changed tools: their current definitions become the accepted ones.
   *
   * @param tools - for each tool, by the server's name, the reviewed `definitionHash` of `tools()`
   * @throws IntegrationError `conflict` when a tool has a different definition now: review it again; `invalid_input`,
   * `tool_not_found`, `not_found`, `forbidden`
   */
  acceptTools(id: string, tools: Readonly<Record<string, string>>, options?: OperationOptions): Promise<void>

  /**
   * The tools that one agent may call now; an unknown agent is a type error, and `invalid_input`.
   *
   * @example
   * ```ts
   * // examples/guides/getting-started.ts#call
   * const toolset = await mine.toolset('assistant', {
   *   conversationId: 'chat-1',
   *   confirm: ({ agentId, tool, display }) => {
   *     console.log(`  ${agentId} wants to run ${tool.name}: ${display.text}`) // your product asks a person here
   *     return 'approve'
   *   },
   * })
   * const echoed = await toolset.call('everything__echo', { message: 'Hello' })
   * const sum = await toolset.call('everything__get-sum', { a: 1, b: 2 }) // asks first
   * console.log(echoed.type, sum.type === 'completed' ? sum.result.content : sum.modelText)
   * ```
   */
  toolset(agentId: AgentId, options?: OperationOptions & ToolsetOptions): Promise<Toolset>

  /** Requests to run a call. */
  readonly approvals: ActorApprovals
  /** Remembered decisions. */
  readonly grants: ActorGrants
  /**
   * The audit log: the actor's own entries; for admins, everything about shared integrations.
   *
   * @throws IntegrationError `invalid_input`
   */
  audit(query?: OperationOptions & AuditQuery): Promise<AuditPage>
  /**
   * The events of the durable feed that this actor may see: at least once, in order, `after` the last handled event.
   * Includes approvals and grants of others where the actor may decide or revoke them.
   *
   * @throws IntegrationError `invalid_input`
   */
  events(query?: OperationOptions & RegistryEventQuery): Promise<RegistryEventPage>
  /**
   * Listens to the events that this actor may see, from every process. Call events are delivered only in the process
   * that makes the call. An integration that the actor can no longer see is reported as `integration_removed`.
   *
   * @param name - the type of event; `'*'`: all
   * @returns a function that stops listening
   * @throws IntegrationError `closed`
   */
  on<Name extends ActorEvent['type'] | '*'>(name: Name, listener: (event: ActorEventOf<Name>) => void): () => void
}

/** Requests to run a call. */
export interface ActorApprovals {
  /**
   * The actor's own approvals, oldest first by default; or those of others that the actor may decide.
   *
   * @throws IntegrationError `invalid_input`; `forbidden` for an admin where the host doesn't let admins decide for
   * others
   */
  list(query?: OperationOptions & ApprovalQuery): Promise<ApprovalPage>
  /**
   * One approval.
   *
   * @throws IntegrationError `not_found`
   */
  get(approvalId: string, options?: OperationOptions): Promise<Approval>
  /**
   * Decides one approval, or several at once. Decisions are final.
   *
   * @throws IntegrationError `conflict` when it was already decided differently, expired or ended; `not_found`,
   * `forbidden`, `invalid_input`
   */
  decide(approvalId: string, decision: ApprovalDecision, options?: OperationOptions): Promise<Approval>
  decide(
    approvalIds: readonly string[],
    decision: ApprovalDecision,
    options?: OperationOptions,
  ): Promise<readonly Approval[]>
  /**
   * Cancels the actor's own request if it was not used yet. Cancelling again returns the same approval.
   *
   * @throws IntegrationError `conflict` when it was used, denied or ended; `not_found`, `forbidden`
   */
  cancel(approvalId: string, options?: OperationOptions): Promise<Approval>
}

/** Remembered decisions. */
export interface ActorGrants {
  /** The actor's own grants; with `userId` another person's, where the actor may see them. */
  list(options?: OperationOptions & { readonly userId?: string | undefined }): Promise<readonly Grant[]>
  /** Revokes a remembered decision: the next call asks again. */
  revoke(grantId: string, options?: OperationOptions): Promise<void>
}
