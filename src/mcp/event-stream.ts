import { parseJson } from './answer-body.js'
import type { BodySource } from '../model/lean-response.js'
import { flooded, type FloodGate } from './flood-gate.js'
import { WorkPace } from './work-pace.js'

/** Handles the events of a stream. */
export interface EventReader {
  /** The messages that an event's JSON stands for; an empty list leaves the event out. */
  read(data: unknown): readonly object[]
  /** An event holds something that can't be read as messages. */
  onUnreadable?: (() => void) | undefined
  /** HTTP+SSE: the URL that requests are to be sent to. */
  onEndpoint?: ((url: string) => void) | undefined
  /** Ends a stream that floods. */
  readonly gate: FloodGate
  /** Called when the stream ended, with the error that ended it, if any. */
  onEnd(failure: unknown): void
}

/**
 * The same stream with every event read by `read`. A body that says it is a stream and is JSON becomes one event.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export function readEvents(
  body: ReadableStream<Uint8Array>,
  { gate, onEnd, ...reading }: EventReader,
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  const encoder = new TextEncoder()
  const splitter = new EventSplitter()
  const pace = new WorkPace()
  const counted: EventReader['read'] = (data) => {
    const messages = reading.read(data)
    gate.asked(messages)
    return messages
  }
  const rewrite = (events: readonly StreamEvent[]): string =>
    events
      .map((event) => {
        gate.message()
        return event.length === 0 ? '' : rewritten(event, { ...reading, read: counted })
      })
      .join('')
  let waiting: readonly StreamEvent[] = []
  let done = false

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          for (;;) {
            if (waiting.length === 0) {
              if (done) {
                onEnd(undefined)
                return controller.close()
              }
              const chunk = await reader.read()
              done = chunk.done
              gate.read(chunk.value?.byteLength ?? 0)
              const events = splitter.take(decoder.decode(chunk.value, { stream: !done }))
              waiting = done ? [...events, ...splitter.rest()] : events
            }
            const now = waiting.slice(0, eventsAtOnce)
            waiting = waiting.slice(eventsAtOnce)
            const text = rewrite(now)
            if (text !== '') controller.enqueue(encoder.encode(text))
            await pace.after(now.length * unitsOfMessage)
            if (text !== '') return
          }
        } catch (error) {
          onEnd(error)
          void reader.cancel(error).catch(() => undefined)
          throw error
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

/** The cost of reading one message, in values visited. */
const unitsOfMessage = 500

/** Events that are handed on at once: whoever reads them takes no pause between them. */
const eventsAtOnce = 40
/** How often an event that has not ended is looked at: each look reads all of it. */
const maxParses = 3
/** Lines of one event: each is looked at, however short it is. */
const maxLines = 100_000

/** One event, line by line, without the empty line that ends it. */
export type StreamEvent = readonly string[]

/** Takes the text of an event stream apart, whatever chunks it comes in. */
export class EventSplitter {
  readonly #lines = new LineSplitter()
  #pending: string[] = []
  #isJson: boolean | undefined
  readonly #json: string[] = []
  #looks = 0

  /** The events that end with this text; an empty one where only its end came. */
  take(text: string): readonly StreamEvent[] {
    this.#isJson ??= text.trim() === '' ? undefined : /^\s*[[{]/.test(text)
    if (this.#isJson === true) {
      this.#json.push(text)
      return []
    }
    const events: StreamEvent[] = []
    for (const line of this.#lines.take(text)) {
      if (line === '') events.push(this.#taken())
      else if (!line.startsWith(':')) this.#keep(line)
    }
    const whole = this.#takeWhole(text)
    return whole === undefined ? events : [...events, whole]
  }

  /** An event that its stream ended under still was sent whole, but for the empty line after it. */
  rest(): readonly StreamEvent[] {
    if (this.#isJson === true)
      return [
        [
          `data: ${this.#json
            .join('')
            .trim()
            .replace(/[\r\n]+/g, ' ')}`,
        ],
      ]
    const last = this.#lines.rest()
    if (last !== '') this.#pending.push(last)
    return this.#pending.length === 0 ? [] : [this.#taken()]
  }

  /** Some servers send no empty line after an event and keep the stream open: JSON that is whole is an event. */
  #takeWhole(text: string): StreamEvent | undefined {
    if (!/\}\s{0,2}$/.test(text.slice(-3)) || ++this.#looks > maxParses) return undefined
    const last = this.#lines.rest()
    const event = last === '' ? this.#pending : [...this.#pending, last]
    if (!isWhole(dataLines(event))) return undefined
    this.#lines.clear()
    this.#pending = [...event]
    return this.#taken()
  }

  /** Comments are for whoever listens to the wire. @throws IntegrationError `response_too_large` */
  #keep(line: string): void {
    if (this.#pending.push(line) > maxLines) throw flooded()
  }

  #taken(): StreamEvent {
    const event = this.#pending
    this.#pending = []
    this.#looks = 0
    return event
  }
}

/** The events of a body, as they come; a server that floods is cut off. */
export class EventReading {
  ended = false
  readonly #chunks: BodySource
  readonly #gate: FloodGate
  readonly #decoder = new TextDecoder()
  readonly #splitter = new EventSplitter()

  constructor(chunks: BodySource, gate: FloodGate) {
    this.#chunks = chunks
    this.#gate = gate
  }

  /** What came next, and the events that end with it. */
  async next(): Promise<{ readonly chunk: Uint8Array | undefined; readonly events: readonly StreamEvent[] }> {
    const chunk = await this.#chunks.read()
    this.ended = chunk === undefined
    this.#gate.read(chunk?.byteLength ?? 0)
    const whole = this.#splitter.take(this.#decoder.decode(chunk, { stream: !this.ended }))
    const events = this.ended ? [...whole, ...this.#splitter.rest()] : whole
    this.#gate.message(events.length)
    return { chunk, events }
  }

  cancel(): void {
    this.#chunks.cancel()
  }
}

/** The JSON of an event; `undefined` where it holds none. */
export function dataOf(event: StreamEvent): unknown {
  return parse(dataLines(event))
}

function dataLines(event: StreamEvent): readonly string[] {
  return event.filter(isData).map((line) => line.replace(dataField, ''))
}

/** One event, as it is to be read: its other fields go along with the first of its messages, whatever its type is called. */
function rewritten(
  event: StreamEvent,
  { read, onEndpoint, onUnreadable }: Pick<EventReader, 'read' | 'onEndpoint' | 'onUnreadable'>,
): string {
  const fields = event.filter((line) => !isData(line))
  const data = dataLines(event)
  const asIs = `${event.join('\n')}\n\n`
  if (fields.some((line) => /^event: ?endpoint\s*$/.test(line))) {
    onEndpoint?.(data.join('\n'))
    return asIs
  }
  const parsed = parse(data)
  if (parsed === undefined) {
    if (data.some((line) => line.trim() !== '')) onUnreadable?.()
    return asIs
  }
  const messages = read(parsed).map((message) => `data: ${JSON.stringify(message)}\n\n`)
  const [first = '\n', ...others] = messages
  const kept = fields.filter((line) => !line.startsWith('event:'))
  return `${kept.map((line) => `${line}\n`).join('')}${first}${others.join('')}`
}

/** A line of data, also where its field is written in another way, or is left out. */
function isData(line: string): boolean {
  return line.startsWith('data:') || /^\s*(?:data\s*(?::|$)|\{)/i.test(line)
}

const dataField = /^\s*data\s*:? ?/i

function isWhole(lines: readonly string[]): boolean {
  const text = lines.join('\n')
  if (!/^\s*[[{]/.test(text)) return false
  try {
    return typeof JSON.parse(text) === 'object'
  } catch {
    return false
  }
}

/** The JSON of an event: its lines are one text, or each is one of its own. */
function parse(lines: readonly string[]): unknown {
  const text = lines.join('\n')
  if (!/^\s*[[{"]/.test(text)) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return parseJson(text)
  }
}

/** Lines that end with CR, LF or both, whatever chunks they come in. What was looked at once is not looked at again. */
class LineSplitter {
  #begun: string[] = []
  #afterCarriageReturn = false

  take(text: string): readonly string[] {
    const fresh = this.#afterCarriageReturn && text.startsWith('\n') ? text.slice(1) : text
    if (text !== '') this.#afterCarriageReturn = text.endsWith('\r')
    const lines = fresh.split(/\r\n|\r|\n/)
    const last = lines.pop() ?? ''
    if (lines.length > 0) {
      lines[0] = this.rest() + lines[0]!
      this.#begun = []
    }
    if (last !== '') this.#begun.push(last)
    return lines
  }

  /** What follows the last end of a line. */
  rest(): string {
    return this.#begun.join('')
  }

  clear(): void {
    this.#begun = []
  }
}
