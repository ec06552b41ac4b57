import type { Actor } from '../model/actor.js'
import { parseActor } from './state/actor-input.js'
import { atFirstUse } from '../model/at-first-use.js'
import { endsBefore } from '../model/race.js'
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
 * Settings → MCP Integrations, and the gate behind it. Create one per process; several processes can share a storage.
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

  /** The option `oauth.redirectUrl`: where authorization servers redirect people to. */
  get redirectUrl(): string | undefined {
    return this.#opened.context.options.oauth?.redirectUrl
  }

  /**
   * Returns the methods for one person. The host authenticates the person. There is no read without a person.
   *
   * @throws IntegrationError `invalid_input`
   */
  actingAs(actor: Actor): ActorIntegrations<AgentId> {
    this.#mustBeOpen()
    return actorIntegrations(actingAs(this.#opened.context, parseActor(actor)), this.#opened.builder)
  }

  /**
   * Listens to the events of this process, of all workspaces and people: for the host itself. Use `actingAs(…).on()` for
   * the events that one person may see, and `events()` for the durable feed.
   *
   * @param name - the type of event; `'*'`: all
   * @returns a function that stops listening
   */
  on<Name extends LocalEvent['type'] | '*'>(name: Name, listener: (event: ActorEventOf<Name>) => void): () => void {
    // All events have one union type; the name selects the member.
    const typed = listener as (event: LocalEvent) => unknown
    const own = (event: LocalEvent): unknown => (name === '*' || event.type === name ? typed(event) : undefined)
    const { local } = this.#opened.context.feed
    local.on('stored', own)
    local.on('call', own)
    return () => {
      local.off('stored', own)
      local.off('call', own)
    }
  }

  /** The durable feed of a workspace: at least once, in order, `after` the last event you have handled. */
  async events(query: RegistryEventQuery & { readonly workspaceId: string }): Promise<RegistryEventPage> {
    this.#mustBeOpen()
    check('events()', hostShapes.events, query)
    return this.#opened.context.feed.read(query)
  }

  /** Finishes expired and interrupted work. Run it on a schedule, in any process, or set `maintenance`. */
  async sweep(): Promise<SweepReport> {
    this.#mustBeOpen()
    return (await loadVerbs()).sweep(this.#opened.context)
  }

  /** Removes one person's private integrations, own credentials, approvals and grants. Shared integrations stay. */
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

  /** Seals every secret with the current key. After an interruption, run it again: it continues with the rest. */
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
   * Refuses new calls, gives running calls up to `graceMs` to finish, aborts the rest, and leaves no socket or timer open.
   * A running token refresh is still saved if the response arrives within 4 s after that. Safe to call twice.
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
    const late = new AbortController()
    const stopGrace = runtime.setTimer(() => calls.endAll('closed'), graceMs)
    const stopLate = runtime.setTimer(() => late.abort(), graceMs + settlingMs)
    await endsBefore(late.signal, calls.drained())
    await endsBefore(late.signal, background.settled())
    for (const end of ends) {
      const ended = end().catch((error: unknown) =>
        report({ area: 'close', message: 'close() could not end a resource.', error }),
      )
      await endsBefore(late.signal, ended)
    }
    stopGrace()
    stopLate()
    this.#isClosed = true
    context.feed.local.removeAllListeners()
  }

  #mustBeOpen(): void {
    if (this.#closing.signal.aborted) throw closed()
  }
}

/** The time limit for saving and ending after `graceMs`, in ms. */
const settlingMs = 4_000

const loadVerbs = atFirstUse(() => import('./host-verbs.js'))
