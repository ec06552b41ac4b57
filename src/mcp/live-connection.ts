import PQueue from 'p-queue'
import { IntegrationError, isIntegrationError } from '../model/errors.js'
import type { JsonObject } from '../model/json.js'
import type { ToolDefinition } from '../model/tool.js'
import { CallClock } from './call-clock.js'
import { withCleanWords } from './clean-words.js'
import type {
  ToolAnswer,
  CallOptions,
  Connection,
  OpenOptions,
  Sending,
  ServerProfile,
  ToolListing,
} from './connection-contract.js'
import { answerQuestions, type Asking } from './elicitation.js'
import { watchTools, type Watch } from './list-changes.js'
import { NewsPace } from './news-pace.js'
import type { OpenClient } from './connect-client.js'
import { openClient } from './open-client.js'
import { isReset, isSessionLost } from './mcp-errors.js'
import type { Doing } from './http-error.js'
import { inFreshSession, methodNotFound, rpcErrorOf, serverError } from './server-errors.js'
import { isOver, isPingRefused } from './session-check.js'
import { readToolList } from './tool-listing.js'
import { callOn, failedAnswer, type TimedCall } from './tool-call.js'

/** How long closing waits for the server to end its session, in ms. */
const closeSessionMs = 2_000

/** A {@link Connection} with the SDK's client. Opens a new session if the server lost the old one. */
export class LiveConnection implements Connection {
  readonly #options: OpenOptions
  #open: OpenClient
  #reopening: Promise<void> | undefined
  #closed = false
  /** Whether it was closed because the integration changed, not with the whole registry. */
  #replaced = false
  #watch: Watch
  /** Shared by all sessions of the connection, so that a new session doesn't reset the limit. */
  readonly #news: NewsPace
  /** Only where calls have to wait for each other: most connections need none. */
  #oneByOne: PQueue | undefined
  #asking: Asking | undefined

  static async open(options: OpenOptions): Promise<LiveConnection> {
    const connection = new LiveConnection(options, await openClient(options, options.profile))
    await connection.#watch.ready
    return connection
  }

  private constructor(options: OpenOptions, open: OpenClient) {
    const { signal: _signal, profile: _profile, onToolsChanged, ...kept } = options
    this.#news = new NewsPace(kept.runtime, () => onToolsChanged?.())
    this.#options = { ...kept, onToolsChanged: onToolsChanged === undefined ? undefined : () => this.#news.news() }
    this.#open = open
    this.#watch = this.#attend()
  }

  get profile(): ServerProfile {
    return this.#open.profile
  }

  get usable(): boolean {
    return !this.#closed && !this.#open.state.broken
  }

  get exclusive(): boolean {
    return this.#asksOneByOne && this.profile.transport !== 'local'
  }

  /** Whether calls with elicitation run one at a time: everywhere except 2026-07-28 over HTTP. */
  get #asksOneByOne(): boolean {
    return this.#options.elicits && !(this.profile.era === 'modern' && this.profile.transport === 'streamable-http')
  }

  async listTools(options: {
    readonly signal?: AbortSignal | undefined
    readonly timeoutMs: number
    readonly maxTools: number
    readonly maxCharacters?: number | undefined
  }): Promise<ToolListing> {
    return this.#during('list', options, (clock) =>
      this.#recovering((open) => {
        const capabilities = (this.profile.serverCapabilities ?? {}) as JsonObject
        const saysNothing = Object.keys(capabilities).length === 0
        if (capabilities.tools === undefined && !saysNothing) return Promise.resolve(noTools)
        const listed = readToolList(open, clock, options)
        return saysNothing ? listed.catch(noneWhereUnknown) : listed
      }, 'list'),
    )
  }

  async callTool(definition: ToolDefinition, args: JsonObject, options: CallOptions): Promise<ToolAnswer> {
    let hasLeft = false
    const sending: Sending = {
      async beforeSend(waited) {
        await options.beforeSend?.(waited)
        hasLeft = true
      },
      onRefused: () => void (hasLeft = false),
    }
    return this.#during(
      'call',
      options,
      (clock) =>
        this.#sendCall({ definition, args, options, clock, sending }).catch((error: unknown) =>
          failedAnswer(error, this.#options.cleanWords),
        ),
      () => hasLeft,
    )
  }

  async close({ endSession = false }: { readonly endSession?: boolean | undefined } = {}): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#replaced = endSession
    this.#watch.stop()
    this.#news.stop()
    await this.#discard(this.#open, endSession)
  }

  #sendCall(call: TimedCall): Promise<ToolAnswer> {
    const { options, clock } = call
    const asking = { elicit: options.elicit, clock, asked: 0 }
    const send = (open: OpenClient): Promise<ToolAnswer> => callOn(open, call)
    if (!this.#options.elicits) return this.#recovering(send, 'call')
    if (!this.#asksOneByOne) return this.#recovering(() => this.#callAlone(call, asking), 'call')
    this.#oneByOne ??= new PQueue({ concurrency: 1 })
    return this.#oneByOne.add(async () => {
      if (clock.ended !== undefined) throw clock.ended
      this.#asking = asking
      try {
        return await this.#recovering(send, 'call')
      } finally {
        this.#asking = undefined
      }
    })
  }

  /** Uses a separate client for one call. A 2026-07-28 server has no session, so this costs no request. */
  async #callAlone(call: TimedCall, asking: Asking): Promise<ToolAnswer> {
    const { endpoint, runtime, timeoutMs } = this.#options
    const own = await openClient({ endpoint, runtime, timeoutMs, elicits: true }, this.profile)
    try {
      answerQuestions(await own.sdk(), () => asking)
      return await callOn(own, call)
    } finally {
      void own.close().catch(() => undefined)
    }
  }

  /** @param mayRun - whether work that is ended early may still have an effect at the server */
  async #during<T>(
    doing: Doing,
    options: { readonly signal?: AbortSignal | undefined; readonly timeoutMs: number },
    work: (clock: CallClock) => Promise<T>,
    mayRun: () => boolean = () => false,
  ): Promise<T> {
    const clock = new CallClock({
      runtime: this.#options.runtime,
      timeoutMs: options.timeoutMs,
      signal: options.signal,
    })
    const early = clock.ended ?? (this.#closed ? this.#closedError() : undefined)
    if (early !== undefined) {
      clock.stop()
      throw early
    }
    try {
      return await clock.race(work(clock))
    } catch (error) {
      const failure = clock.ended?.with({ mayHaveRun: mayRun() }) ?? serverError(error, doing)
      if (this.#replaced && isReset(failure) && !mayHaveBegun(failure)) throw this.#closedError()
      throw withCleanWords(failure, this.#options.cleanWords)
    } finally {
      clock.stop()
    }
  }

  #closedError(): IntegrationError {
    return this.#replaced
      ? new IntegrationError('conflict', 'The integration was changed while its server was used. Try again.')
      : new IntegrationError('closed', 'The connection was closed.')
  }

  /**
   * Runs work, and once more on a new connection if the server refused it before doing anything, because the session was
   * lost or the era changed. A refusal with a stored profile is never final.
   */
  async #recovering<T>(work: (open: OpenClient) => Promise<T>, doing: Doing, again = true): Promise<T> {
    const open = this.#open
    try {
      const result = await work(open)
      open.state.proven = true
      return result
    } catch (error) {
      const failure = serverError(error, doing)
      // The server may have closed an idle socket just before the request. Listing again is harmless.
      if (doing === 'list' && again && this.usable && isReset(failure))
        return await this.#recovering(work, doing, false)
      if (this.#closed || !(await isOver(open, error, failure, this.#options))) throw error
      const { era, protocolVersion } = open.profile
      await this.#renew(open, era === 'legacy' && !saysAnotherRevision(failure))
      if (doing === 'call' && mayHaveBegun(failure)) throw error
      // Without a session, only a changed revision explains the refusal. If the server agrees on the same revision again, the
      // tool may have run.
      const agreesAgain = this.profile.era === era && this.profile.protocolVersion === protocolVersion
      if (doing === 'call' && agreesAgain && (era === 'modern' || saysAnotherRevision(failure))) throw error
      return await work(this.#open).catch(async (second: unknown) => {
        const isLostAgain =
          isSessionLost(serverError(second, doing)) && (await isPingRefused(this.#open, this.#options))
        throw isLostAgain ? second : inFreshSession(second)
      })
    }
  }

  /** Requests that lost the same session share one new session. */
  async #renew(lost: OpenClient, sameEra: boolean): Promise<void> {
    if (this.#open !== lost) return
    this.#reopening ??= this.#reopen(lost, sameEra).finally(() => (this.#reopening = undefined))
    await this.#reopening
  }

  async #reopen(lost: OpenClient, sameEra: boolean): Promise<void> {
    const { sessionId: _gone, ...known } = lost.profile
    try {
      const next = await openClient(this.#options, sameEra ? known : undefined)
      if (this.#closed) return await this.#discard(next, true)
      this.#open = next
    } catch (error) {
      lost.state.broken = true
      throw error
    } finally {
      void this.#discard(lost, false)
    }
    this.#watch.stop()
    this.#watch = this.#attend()
    await this.#watch.ready
    this.#options.onProfileChanged?.(this.profile)
  }

  #attend(): Watch {
    const open = this.#open
    if (this.#options.elicits) void open.sdk().then((client) => answerQuestions(client, () => this.#asking))
    return watchTools(open, this.#options)
  }

  async #discard(open: OpenClient, endSession: boolean): Promise<void> {
    // A connection with elicitation has its own session, so ending it affects no other.
    if ((endSession || this.#options.elicits) && !open.state.broken && open.transport.sessionId !== undefined) {
      const clock = new CallClock({ runtime: this.#options.runtime, timeoutMs: closeSessionMs })
      await clock.race(open.terminate()).catch(() => undefined)
      clock.stop()
    }
    open.state.broken = true
    await open.close().catch(() => undefined)
  }
}

const noTools: ToolListing = { tools: [], texts: [], quarantined: [], isCut: false }

/** A server without declared capabilities that doesn't know `tools/list` has no tools. */
function noneWhereUnknown(error: unknown): ToolListing {
  if (rpcErrorOf(error)?.code === methodNotFound) return noTools
  throw error
}

function saysAnotherRevision(failure: Error): boolean {
  return isIntegrationError(failure) && failure.reason === 'unsupported_version'
}

/** Whether a tool may have run, so that the request must not be sent again. */
function mayHaveBegun(failure: Error): boolean {
  return isIntegrationError(failure) && failure.mayHaveRun
}
