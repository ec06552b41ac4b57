import type { Actor } from '../model/actor.js'
import { parseActor } from './state/actor-input.js'
import { atFirstUse } from '../model/at-first-use.js'
import { actorIntegrations } from './acting-as.js'
import type { ActorIntegrations } from './actor-integrations.js'
import { actingAs } from './state/context.js'
import type { RegistryEventPage, RegistryEventQuery, LocalEvent } from './state/event-feed.js'
import type { ActorEventOf } from './operations/actor-events.js'
import type { ResealReport } from './operations/reseal.js'
import type { SweepReport } from './operations/sweep.js'
import type { IntegrationRegistryOptions } from './state/options.js'
import { openContext, type OpenContext } from './open-context.js'
import { closed } from './state/errors.js'
import type { RegistryRuntime } from '../ports/runtime.js'
import { check, hostShapes } from './state/verb-shapes.js'

/**
 * Settings → MCP Integrations, and the gate behind it: one for a process, on a storage that others may share.
 *
 * @example
 * ```ts
 * // examples/guides/getting-started.ts#registry
 * import Database from 'libsql'
 * import { encryptedCredentials, IntegrationRegistry } from 'mcp-integrations'
 * import { sqliteStorage } from 'mcp-integrations/sqlite'
 *
 * const registry = new IntegrationRegistry({
 *   storage: sqliteStorage({ database: new Database(':memory:') }), // a file's name keeps everything
 *   credentials: encryptedCredentials({ keys: [{ id: '2026-01', secret: process.env['MCP_KEY'] ?? '' }] }),
 *   agents: ['assistant', 'builder'],
 *   egress: { allowLoopback: true }, // for development: servers on this machine
 * })
 * ```
 */
export class IntegrationRegistry<const AgentId extends string = string> implements AsyncDisposable {
  readonly #opened: OpenContext
  readonly #closing = new AbortController()
  #closed: Promise<void> | undefined
  #isClosed = false

  /** @throws IntegrationError `invalid_input`, naming each option that is wrong */
  constructor(options: IntegrationRegistryOptions<AgentId>) {
    this.#opened = openContext(options, { closing: this.#closing.signal, isClosed: () => this.#isClosed })
  }

  /** Aborts when the registry begins to close. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  /** The clock, timers and ids that the registry works with. */
  get runtime(): Pick<RegistryRuntime, 'now' | 'setTimer' | 'randomId'> {
    return this.#opened.context.runtime
  }

  /** Where authorization servers send people back, as `oauth.redirectUrl` has it. */
  get redirectUrl(): string | undefined {
    return this.#opened.context.options.oauth?.redirectUrl
  }

  /**
   * What one person can do. The host asserts who they are; there is no unscoped read.
   *
   * @throws IntegrationError `invalid_input`
   */
  actingAs(actor: Actor): ActorIntegrations<AgentId> {
    this.#mustBeOpen()
    return actorIntegrations(actingAs(this.#opened.context, parseActor(actor)), this.#opened.builder)
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
    const typed = listener as (event: LocalEvent) => void
    const { local } = this.#opened.context.feed
    local.on<LocalEvent['type'] | '*'>(name, typed)
    return () => void local.off<LocalEvent['type'] | '*'>(name, typed)
  }

  /** The durable feed of a workspace: at least once, in order, `after` the last event you have handled. */
  async events(query: RegistryEventQuery & { readonly workspaceId: string }): Promise<RegistryEventPage> {
    this.#mustBeOpen()
    check('events()', hostShapes.events, query)
    return this.#opened.context.feed.read(query)
  }

  /** Finishes what time or a dead process left. Run it on a schedule, from any process, or set `maintenance`. */
  async sweep(): Promise<SweepReport> {
    this.#mustBeOpen()
    return (await loadVerbs()).sweep(this.#opened.context)
  }

  /** Ends everything of one person: private integrations, own credentials, approvals, grants. Shared integrations stay. */
  async forgetUser(who: {
    readonly workspaceId: string
    readonly userId: string
    readonly transferTo?: string | undefined
  }): Promise<void> {
    this.#mustBeOpen()
    check('forgetUser()', hostShapes.forgetUser, who)
    await (await loadVerbs()).forgetUser(this.#opened.context, who)
  }

  /** Revokes every token and erases every record of a workspace. */
  async forgetWorkspace(workspaceId: string): Promise<void> {
    this.#mustBeOpen()
    check('forgetWorkspace()', hostShapes.forgetWorkspace, { workspaceId })
    await (await loadVerbs()).forgetWorkspace(this.#opened.context, workspaceId)
  }

  /** Seals every secret with the current key; resumes by itself when it was interrupted. */
  async resealAll(): Promise<ResealReport> {
    this.#mustBeOpen()
    return (await loadVerbs()).resealAll(this.#opened.context)
  }

  /** How many stored secrets depend on each key. */
  async keyUsage(): Promise<Readonly<Record<string, number>>> {
    this.#mustBeOpen()
    return (await loadVerbs()).keyUsage(this.#opened.context)
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
    const { context, background, ends } = this.#opened
    const { calls, decisions, runtime, report } = context
    this.#closing.abort()
    decisions.noticeAll()
    const cancelGrace = runtime.setTimer(() => calls.endAll('closed'), graceMs)
    let cancelLate = (): void => {}
    const late = new Promise<void>((resolve) => (cancelLate = runtime.setTimer(resolve, graceMs + settlingMs)))
    await Promise.race([late, calls.drained()])
    await Promise.race([late, background.settled()])
    for (const end of ends) {
      const ended = end().catch((error: unknown) =>
        report({ area: 'close', message: 'Something could not be ended by close().', error }),
      )
      await Promise.race([late, ended])
    }
    cancelGrace()
    cancelLate()
    this.#isClosed = true
    context.feed.local.removeAllListeners()
  }

  #mustBeOpen(): void {
    if (this.#closing.signal.aborted) throw closed()
  }
}

/** How long what is to be saved or ended may take after the calls' grace, in ms. */
const settlingMs = 4_000

const loadVerbs = atFirstUse(() => import('./host-verbs.js'))
