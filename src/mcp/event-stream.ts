import { parseJson } from './answer-body.js'
import type { FloodGate } from './flood-gate.js'
import { WorkPace } from './work-pace.js'

/** What is done with the events of a stream while they pass. */
export interface EventReader {
  /** The messages that an event's JSON stands for; an empty list leaves the event out. */
  read(data: unknown): readonly object[]
  /** An event holds something that can't be read as messages. */
  onUnreadable?: (() => void) | undefined
  /** HTTP+SSE: the URL that requests are to be sent to. */
  onEndpoint?: ((url: string) => void) | undefined
  /** Ends a stream that floods. */
  readonly gate: FloodGate
  /** The stream ended, with the fault that ended it if there was one. */
  onEnd(fault: unknown): void
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
  const lines = new LineSplitter()
  const pace = new WorkPace()
  let messages = 0
  let isJson: boolean | undefined
  let pending: string[] = []
  const json: string[] = []

  const endEvent = (): string => {
    const event = pending
    pending = []
    gate.message()
    messages++
    return event.length === 0 ? '' : rewritten(event, reading)
  }
  const take = (text: string): string => {
    isJson ??= text.trim() === '' ? undefined : /^\s*[[{]/.test(text)
    if (isJson === true) {
      json.push(text)
      return ''
    }
    let out = ''
    for (const line of lines.take(text)) {
      if (line === '') out += endEvent()
      else pending.push(line)
    }
    return out
  }
  const rest = (): string => {
    if (isJson === true)
      return rewritten(
        [
          `data: ${json
            .join('')
            .trim()
            .replace(/[\r\n]+/g, ' ')}`,
        ],
        reading,
      )
    // An event that its stream ended under still was sent whole, but for the empty line after it.
    const last = lines.rest()
    if (last !== '') pending.push(last)
    return pending.length === 0 ? '' : endEvent()
  }

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          for (;;) {
            const { done, value } = await reader.read()
            gate.read(value?.byteLength ?? 0)
            const text = done ? take(decoder.decode()) + rest() : take(decoder.decode(value, { stream: true }))
            if (text !== '') controller.enqueue(encoder.encode(text))
            await pace.after(messages * unitsOfMessage)
            messages = 0
            if (done) {
              onEnd(undefined)
              return controller.close()
            }
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

/** What reading one message costs, here and where it goes, in values visited. */
const unitsOfMessage = 500

/** One event, as it is to be read: its other fields go along with the first of its messages, whatever its type is called. */
function rewritten(
  event: readonly string[],
  { read, onEndpoint, onUnreadable }: Pick<EventReader, 'read' | 'onEndpoint' | 'onUnreadable'>,
): string {
  const fields = event.filter((line) => !isData(line))
  const data = event.filter(isData).map((line) => line.replace(dataField, ''))
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

  rest(): string {
    return this.#begun.join('')
  }
}
