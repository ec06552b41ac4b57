import {
  IntegrationError,
  type Actor,
  type ActorEvent,
  type ActorIntegrations,
  type RegistryRuntime,
} from '../index.js'
import { onAbort } from '../model/race.js'

/** The number of streams that one person can have open at once in this process. */
const streamsPerPerson = 4
/** Events buffered for a slow or returning reader; beyond this number it reads everything again. */
const bufferedEvents = 500
/** Comments keep proxies from closing a silent stream. */
const commentEveryMs = 20_000
/** A stream ends after this time; the client reconnects, and the host authenticates it again. */
const endsAfterMs = 300_000

type Clock = Pick<RegistryRuntime, 'setTimer'>

/** Live events as server-sent events: those that one person can see, from the last one they handled. */
export class EventStreams {
  readonly #open = new Map<string, number>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * @param after - the id of the last event that the client handled, by its own account
   * @param ends - aborts when the client has gone or the registry closes
   * @throws IntegrationError `limit_reached`
   */
  async open(mine: ActorIntegrations, actor: Actor, after: string | undefined, ends: AbortSignal): Promise<Response> {
    const leave = this.#enter(JSON.stringify([actor.workspaceId, actor.userId]))
    const stream = new EventStream(this.#clock, leave)
    onAbort(ends, () => stream.end())
    try {
      await stream.start(mine, after)
    } catch (error) {
      stream.end()
      throw error
    }
    return new Response(stream.body, {
      headers: {
        'Content-Type': 'text/event-stream; charset=utf-8',
        'Cache-Control': 'no-store, no-transform',
        'X-Accel-Buffering': 'no',
      },
    })
  }

  #enter(person: string): () => void {
    const open = this.#open.get(person) ?? 0
    if (open >= streamsPerPerson)
      throw new IntegrationError(
        'limit_reached',
        `You already have ${streamsPerPerson} event streams open. Share one stream between the tabs of a browser.`,
        { retryAfterMs: 5_000 },
      )
    this.#open.set(person, open + 1)
    return () => {
      const left = this.#open.get(person)! - 1
      if (left === 0) this.#open.delete(person)
      else this.#open.set(person, left)
    }
  }
}

class EventStream {
  readonly body: ReadableStream<Uint8Array>
  readonly #stops: (() => void)[]
  #frames: string[] = []
  #lastId: string | undefined
  #ended = false
  #wake: (() => void) | undefined

  constructor(clock: Clock, leave: () => void) {
    const encoder = new TextEncoder()
    this.#stops = [leave, clock.setTimer(() => this.end(), endsAfterMs), this.#comments(clock)]
    this.body = new ReadableStream(
      {
        pull: async (controller) => {
          if (this.#frames.length === 0 && !this.#ended) await new Promise<void>((resolve) => (this.#wake = resolve))
          if (this.#frames.length > 0) controller.enqueue(encoder.encode(this.#frames.splice(0).join('')))
          if (this.#ended) controller.close()
        },
        cancel: () => this.end(),
      },
      { highWaterMark: 0 },
    )
  }

  /** Sends the events since `after`, then live events, without gaps or duplicates. */
  async start(mine: ActorIntegrations, after: string | undefined): Promise<void> {
    const held: ActorEvent[] = []
    let hold: ((event: ActorEvent) => void) | undefined = (event) => {
      if (held.length <= bufferedEvents) held.push(event)
    }
    this.#stops.push(mine.on('*', (event) => (hold ?? ((now: ActorEvent) => this.#tell(now)))(event)))
    const { id, missed, events } = await since(mine, after)
    this.#lastId = id
    this.#send(`retry: 2000\n${idLine(id)}event: open\ndata: {}\n\n`)
    if (missed || held.length > bufferedEvents) this.#send(resetFrame(id))
    for (const event of [...events, ...held]) this.#tell(event)
    hold = undefined
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    for (const stop of this.#stops.splice(0)) stop()
    this.#notice()
  }

  #tell(event: ActorEvent): void {
    const id = 'id' in event ? event.id : undefined
    if (id !== undefined && this.#lastId !== undefined && id <= this.#lastId) return
    this.#lastId = id ?? this.#lastId
    if (this.#frames.length >= bufferedEvents) this.#reset()
    else this.#send(`${idLine(id)}data: ${JSON.stringify(event)}\n\n`)
  }

  /** Tells the client to read everything again, because it missed too many events. */
  #reset(): void {
    this.#frames = []
    this.#send(resetFrame(this.#lastId))
  }

  #send(frame: string): void {
    if (this.#ended) return
    this.#frames.push(frame)
    this.#notice()
  }

  #notice(): void {
    this.#wake?.()
    this.#wake = undefined
  }

  #comments(clock: Clock): () => void {
    let cancel = (): void => {}
    const next = (): void => {
      cancel = clock.setTimer(() => {
        if (this.#frames.length === 0) this.#send(':\n\n')
        next()
      }, commentEveryMs)
    }
    next()
    return () => cancel()
  }
}

/** The events after a cursor. An unknown, expired or foreign cursor returns none, and the current end of the feed. */
async function since(
  mine: ActorIntegrations,
  after: string | undefined,
): Promise<{ readonly id: string | undefined; readonly missed: boolean; readonly events: readonly ActorEvent[] }> {
  const latest = async (missed: boolean) => ({ id: (await mine.events({ after: 'latest' })).after, missed, events: [] })
  if (after === undefined) return latest(false)
  if (!/^\d{16}$/.test(after)) return latest(true)
  const events: ActorEvent[] = []
  for (let at = after; ;) {
    const page = await mine.events({ after: at, limit: 500 })
    if (page.missed === true) return { id: page.after, missed: true, events: [] }
    events.push(...page.events)
    if (events.length > bufferedEvents) return latest(true)
    if (page.after === undefined || page.after === at) return { id: after, missed: false, events }
    at = page.after
  }
}

function resetFrame(id: string | undefined): string {
  return `${idLine(id)}event: reset\ndata: {}\n\n`
}

function idLine(id: string | undefined): string {
  return id === undefined ? '' : `id: ${id}\n`
}
