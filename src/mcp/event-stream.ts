import { limitedJson, parseJson } from './answer-body.js'
import type { BodySource } from '../model/lean-response.js'
import { flooded, type FloodGate } from './flood-gate.js'
import { WorkPace } from './work-pace.js'

/** Handles the events of a stream. */
export interface EventReader {
  /** Returns the messages in an event's JSON. For an empty list, the event is dropped. */
  read(data: unknown): readonly object[]
  /** Called for an event without readable messages. */
  onUnreadable?: (() => void) | undefined
  /** HTTP+SSE: called with the URL to send requests to. */
  onEndpoint?: ((url: string) => void) | undefined
  /** Ends a stream with too many messages. */
  readonly gate: FloodGate
  /** Called when the stream ended, with the error that ended it, if any. */
  onEnd(failure: unknown): void
}

/**
 * Returns the same stream with every event converted by `read`. A JSON body that is labelled as a stream becomes one
 * event.
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

/** The maximum number of events in one chunk, because the reader doesn't pause between them. */
const eventsAtOnce = 40
/** How often an unfinished event is parsed, because each attempt reads all of it. */
const maxParses = 3
/** The maximum number of lines of one event. */
const maxLines = 100_000

/** The lines of one event, without the empty line at its end. */
export type StreamEvent = readonly string[]

/** Splits the text of an event stream into events. Chunks can end anywhere. */
export class EventSplitter {
  readonly #lines = new LineSplitter()
  #pending: string[] = []
  #isJson: boolean | undefined
  readonly #json: string[] = []
  #looks = 0

  /** Takes more text, and returns the events that it completes. */
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

  /** The last event at the end of the stream, which is complete except for its empty line. */
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

  /** Some servers send no empty line after an event and keep the stream open, so complete JSON counts as an event. */
  #takeWhole(text: string): StreamEvent | undefined {
    if (!/\}\s{0,2}$/.test(text.slice(-3)) || ++this.#looks > maxParses) return undefined
    const last = this.#lines.rest()
    const event = last === '' ? this.#pending : [...this.#pending, last]
    if (!isWhole(dataLines(event))) return undefined
    this.#lines.clear()
    this.#pending = [...event]
    return this.#taken()
  }

  /** Adds a line to the current event, without comments. @throws IntegrationError `response_too_large` */
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

/** Reads the events of a body. The stream ends if the server sends too many. */
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

  /** Reads the next chunk, and returns it with the events that it completes. */
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

/** The JSON of an event; `undefined` if it has none. */
export function dataOf(event: StreamEvent): unknown {
  return parse(dataLines(event))
}

function dataLines(event: StreamEvent): readonly string[] {
  return event.filter(isData).map((line) => line.replace(dataField, ''))
}

/** Rewrites an event with the read messages. The other fields are kept with the first message. */
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

/** Whether a line is data, including misspelt or missing field names. */
function isData(line: string): boolean {
  return line.startsWith('data:') || /^\s*(?:data\s*(?::|$)|\{)/i.test(line)
}

const dataField = /^\s*data\s*:? ?/i

function isWhole(lines: readonly string[]): boolean {
  const text = textOf(lines)
  if (!/^\s*[[{]/.test(text)) return false
  try {
    return typeof JSON.parse(text) === 'object'
  } catch {
    return false
  }
}

/** Parses the JSON of an event: of all lines together, or of each line. */
function parse(lines: readonly string[]): unknown {
  const text = textOf(lines)
  if (!/^\s*[[{"]/.test(text)) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return parseJson(text)
  }
}

/** The text of an event's data. @throws IntegrationError `response_too_large` */
function textOf(lines: readonly string[]): string {
  return limitedJson(lines.join('\n'), 'skip')
}

/** Splits text into lines that end with CR, LF or both. Reads every character once. */
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

  /** The text after the last line end. */
  rest(): string {
    return this.#begun.join('')
  }

  clear(): void {
    this.#begun = []
  }
}
