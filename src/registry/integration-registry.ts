import type { Report } from '../model/diagnostic.js'
import type { Actor } from '../model/actor.js'
import { parseActor } from './state/actor-input.js'
import { atFirstUse } from '../model/at-first-use.js'
import { createGuardedFetch } from '../egress/guarded-fetch.js'
import { ConnectionPool } from '../mcp/connection-pool.js'
import { refresherAtNeed } from '../oauth/refresher-at-need.js'
import { actorIntegrations, type ActorIntegrations } from './actor-integrations.js'
import { agentSource, connectorSource } from './state/host-lists.js'
import { actingAs, type Context } from './state/context.js'
import { decisionBoard } from './state/decision-board.js'
import { eventFeed, type RegistryEventPage, type RegistryEventQuery, type LocalEvent } from './state/event-feed.js'
import { guardedStorage, guardedVault } from './state/guarded-ports.js'
import { handles } from './state/handles.js'
import { liveEvents } from './state/live-events.js'
import { rateLimit } from './state/rate-limit.js'
import { callsInFlight } from './state/calls-in-flight.js'
import type { ActorEventOf } from './operations/actor-events.js'
import { maintain } from './operations/maintain.js'
import type { ResealReport } from './operations/reseal.js'
import type { SweepReport } from './operations/sweep.js'
import type { IntegrationRegistryOptions } from './state/options.js'
import { settle } from './state/settle-options.js'
import { diagnostics } from './state/diagnostics.js'
import { closed } from './state/errors.js'
import type { RegistryRuntime } from '../ports/runtime.js'
import { runtimeFrom } from './state/default-runtime.js'
import { toolLists } from './state/tool-list-cache.js'
import { toolsetBuilder, type ToolsetBuilder } from './gate/toolset-contents.js'
import { oneAtATime } from './settings/one-at-a-time.js'
import { check, hostShapes } from './state/verb-shapes.js'
import { watchOthers } from './operations/watch-others.js'

/**
 * Settings → MCP Integrations, and the gate behind it: one for a process, on a storage that others may share.
 */
export class IntegrationRegistry<const AgentId extends string = string> implements AsyncDisposable {
  readonly #context: Context
  readonly #builder: ToolsetBuilder
  readonly #report: Report
  readonly #closing = new AbortController()
  readonly #behind = new Set<Promise<unknown>>()
  readonly #ends: (() => Promise<void>)[] = []
  #closed: Promise<void> | undefined
  #isClosed = false

  /** @throws IntegrationError `invalid_input`, naming each option that is wrong */
  constructor(options: IntegrationRegistryOptions<AgentId>) {
    const settled = settle(options)
    const runtime = runtimeFrom(options.runtime)
    const report = (this.#report = diagnostics(options.onDiagnostic, runtime))
    const storage = guardedStorage(options.storage, {
      runtime,
      timeoutMs: settled.limits.storageTimeoutMs,
      closed: () => this.#isClosed,
    })
    const egress = createGuardedFetch({
      egress: settled.egress,
      maxResponseBytes: settled.limits.maxResponseBytes,
      runtime,
    })
    const { idleConnectionMs, maxConnections, concurrencyPerIntegration } = settled.limits
    const pool = new ConnectionPool({
      runtime,
      idleMs: idleConnectionMs,
      maxConnections,
      concurrency: concurrencyPerIntegration,
    })
    const vault = guardedVault(options.credentials)
    const oauth = {
      fetch: egress.fetch,
      runtime,
      clientName: settled.oauth?.clientName ?? 'MCP client',
      redirectUrl: settled.oauth?.redirectUrl ?? '',
      clientMetadataUrl: settled.oauth?.clientMetadataUrl,
      allowLoopback: settled.egress.allowLoopback ?? false,
      report,
    }
    const refresher = refresherAtNeed({ env: oauth, storage, vault })
    const runInBackground = (work: () => Promise<unknown>): void => this.#follow(work)
    const feed = eventFeed({
      storage,
      runtime,
      report,
      eventsMs: settled.retention.eventsMs,
      auditMs: settled.retention.auditMs,
    })
    const live = liveEvents({ feed, storage, runtime, report })
    const context: Context = {
      options: settled,
      storage,
      vault,
      runtime,
      fetch: egress.fetch,
      pool,
      oauth,
      refresher,
      feed,
      live,
      calls: callsInFlight(),
      decisions: decisionBoard(),
      lists: toolLists(storage),
      handles: handles(storage),
      registering: new Map(),
      checks: rateLimit('check()', 30, runtime),
      agentsOf: agentSource(options.agents),
      connectorsOf: connectorSource(options.connectors ?? []),
      refreshTools: oneAtATime(
        async (target) => (await loadToolRefresh()).checkTarget(context, target, { background: true }),
        runInBackground,
      ),
      report,
      runInBackground,
      closing: this.#closing.signal,
    }
    this.#context = context
    this.#builder = toolsetBuilder(context)
    const unwatch = watchOthers(context, options.storage)
    const { maintenance } = options
    const endMaintenance = maintenance === undefined ? () => {} : maintain(context, maintenance.everyMs)
    this.#closing.signal.addEventListener('abort', endMaintenance, { once: true })
    this.#ends.push(
      async () => this.#builder.close(),
      async () => unwatch(),
      async () => live.close(),
      () => pool.close(),
      () => refresher.close(),
      () => egress.close(),
    )
  }

  /** Aborts when the registry begins to close. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  /** The clock, timers and ids that the registry works with. */
  get runtime(): Pick<RegistryRuntime, 'now' | 'setTimer' | 'randomId'> {
    return this.#context.runtime
  }

  /** Where authorization servers send people back, as `oauth.redirectUrl` has it. */
  get redirectUrl(): string | undefined {
    return this.#context.options.oauth?.redirectUrl
  }

  /**
   * What one person can do. The host asserts who they are; there is no unscoped read.
   *
   * @throws IntegrationError `invalid_input`
   */
  actingAs(actor: Actor): ActorIntegrations<AgentId> {
    this.#open()
    return actorIntegrations(actingAs(this.#context, parseActor(actor)), this.#builder)
  }

  /**
   * Listens to what happens in this process, to everybody in every workspace: for the host itself. What one person may
   * hear comes from `actingAs(…).on()`; `events()` is the durable feed.
   *
   * @param name - the type of event; `'*'`: all
   * @returns a function that ends it
   */
  on<Name extends LocalEvent['type'] | '*'>(name: Name, listener: (event: ActorEventOf<Name>) => void): () => void {
    // The emitter knows all events as one union; the name picks the member.
    const heard = listener as (event: LocalEvent) => void
    const { local } = this.#context.feed
    local.on<LocalEvent['type'] | '*'>(name, heard)
    return () => void local.off<LocalEvent['type'] | '*'>(name, heard)
  }

  /** The durable feed of a workspace: at least once, in order, `after` the last event you have handled. */
  async events(query: RegistryEventQuery & { readonly workspaceId: string }): Promise<RegistryEventPage> {
    this.#open()
    check('events()', hostShapes.events, query)
    return this.#context.feed.read(query)
  }

  /** Finishes what time or a dead process left. Run it on a schedule, from any process, or set `maintenance`. */
  async sweep(): Promise<SweepReport> {
    this.#open()
    return (await loadVerbs()).sweep(this.#context)
  }

  /** Ends everything of one person: private integrations, own credentials, approvals, grants. Shared integrations stay. */
  async forgetUser(who: {
    readonly workspaceId: string
    readonly userId: string
    readonly transferTo?: string | undefined
  }): Promise<void> {
    this.#open()
    check('forgetUser()', hostShapes.forgetUser, who)
    await (await loadVerbs()).forgetUser(this.#context, who)
  }

  /** Revokes every token and erases every record of a workspace. */
  async forgetWorkspace(workspaceId: string): Promise<void> {
    this.#open()
    check('forgetWorkspace()', hostShapes.forgetWorkspace, { workspaceId })
    await (await loadVerbs()).forgetWorkspace(this.#context, workspaceId)
  }

  /** Seals every secret with the current key; resumes by itself when it was interrupted. */
  async resealAll(): Promise<ResealReport> {
    this.#open()
    return (await loadVerbs()).resealAll(this.#context)
  }

  /** How many stored secrets depend on each key. */
  async keyUsage(): Promise<Readonly<Record<string, number>>> {
    this.#open()
    return (await loadVerbs()).keyUsage(this.#context)
  }

  /**
   * Takes no new calls, gives those under way up to `graceMs` to finish, aborts the rest, and leaves no socket or timer.
   * A token refresh under way is still saved when its answer comes within 4 s after that. Safe twice.
   *
   * @param options - `graceMs`: `@default 5000`
   */
  async close(options: { readonly graceMs?: number | undefined } = {}): Promise<void> {
    check('close()', hostShapes.close, options)
    this.#closed ??= this.#shutDown(options.graceMs ?? 5_000)
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #shutDown(graceMs: number): Promise<void> {
    const { calls, decisions, runtime } = this.#context
    this.#closing.abort()
    decisions.noticeAll()
    const cancelGrace = runtime.setTimer(() => calls.endAll('closed'), graceMs)
    let cancelLate = (): void => {}
    const late = new Promise<void>((resolve) => (cancelLate = runtime.setTimer(resolve, graceMs + settlingMs)))
    await Promise.race([late, calls.drained()])
    await Promise.race([late, Promise.allSettled(this.#behind)])
    for (const end of this.#ends)
      await Promise.race([
        late,
        end().catch((error: unknown) =>
          this.#report({ area: 'close', message: 'Something could not be ended by close().', error }),
        ),
      ])
    cancelGrace()
    cancelLate()
    this.#isClosed = true
    this.#context.feed.local.removeAllListeners()
  }

  #open(): void {
    if (this.#closing.signal.aborted) throw closed()
  }

  #follow(work: () => Promise<unknown>): void {
    const done = Promise.resolve()
      .then(work)
      .catch((error: unknown) => {
        if (!this.#isClosed)
          this.#report({
            area: 'background',
            message: 'Work behind an answer failed. The answer was right when it was given; what it tells may be old.',
            error,
          })
      })
      .finally(() => this.#behind.delete(done))
    this.#behind.add(done)
  }
}

/** How long what is to be saved or ended may take after the calls' grace, in ms. */
const settlingMs = 4_000

const loadVerbs = atFirstUse(() => import('./host-verbs.js'))
const loadToolRefresh = atFirstUse(() => import('./settings/refresh-tools.js'))
