import type { BridgeOptions } from '../../src/bridges/bridged-tool.js'
import type { ToolTurn, TurnOptions } from '../../src/bridges/tool-turn.js'
import type { Toolset } from 'mcp-integrations'
import type { Step } from './bench.js'
import type { BeginOptions, Conversation, Framework, Read } from './matrix.js'

/** A bridge to a bare model API. */
interface Bridge<Calls, Output> {
  readonly definitions: readonly unknown[]
  run(calls: Calls, options?: TurnOptions): Promise<ToolTurn<Output>>
  resume(turn: ToolTurn<Output>, options?: TurnOptions): Promise<ToolTurn<Output>>
}

/** What is different between the APIs. */
export interface BareApi<Message, Calls, Output> {
  readonly name: string
  readonly search: Framework['search']
  readonly image: Framework['image']
  readonly audio: Framework['audio']
  readonly bridge: (toolset: Toolset, options: BridgeOptions) => Bridge<Calls, Output>
  readonly user: (text: string) => Message
  /** Sends one request through the real client. `fetch` answers it. */
  readonly ask: (
    fetch: typeof globalThis.fetch,
    messages: readonly Message[],
    definitions: readonly unknown[],
  ) => Promise<{ readonly said: readonly Message[]; readonly calls?: Calls; readonly text?: string }>
  /** The body with which the API says a step. */
  readonly answer: (step: Step) => unknown
  readonly append: (outputs: readonly Output[]) => readonly Message[]
  /** The field of a request's body that holds the messages. */
  readonly messagesField: string
  readonly readIn: (message: Message) => readonly Read[]
  readonly namesIn: (body: string) => readonly string[]
}

/** The loop that a host writes, with its durable pause. */
export function bareLoop<Message, Calls, Output>(api: BareApi<Message, Calls, Output>): Framework {
  async function goOn(
    bridge: Bridge<Calls, Output>,
    messages: Message[],
    script: readonly Step[],
    options: TurnOptions = {},
  ): Promise<Conversation> {
    const messagesIn = (body: string) =>
      (JSON.parse(body) as Record<string, readonly Message[] | undefined>)[api.messagesField] ?? []
    const { fetch, requests } = recordingFetch(script.map((step) => api.answer(step)))
    const result = (rest: Pick<Conversation, 'text' | 'stored'>): Conversation => ({
      read: messagesIn(requests.at(-1) ?? '{}').flatMap(api.readIn),
      shown: api.namesIn(requests[0] ?? '{}'),
      firstRequest: requests[0] ?? '',
      ...rest,
    })
    // A script that goes on after the last words is a conversation in which the person says more.
    for (let said = 0; ;) {
      const { said: heard, calls, text } = await api.ask(fetch, messages, bridge.definitions)
      messages.push(...heard)
      said++
      if (calls === undefined) {
        if (said >= script.length) return result({ text: text ?? '', stored: JSON.stringify({ messages }) })
        messages.push(api.user('Go on.'))
        continue
      }
      const turn = await bridge.run(calls, options)
      if (turn.waiting.length > 0) return result({ stored: JSON.stringify({ messages, turn }) })
      messages.push(...api.append(turn.outputs))
    }
  }
  return {
    name: api.name,
    search: api.search,
    image: api.image,
    audio: api.audio,
    lacks: { 'asks by itself': 'the API knows no approval', 'host policy': 'the API knows no approval' },
    begin: (toolset, script, { asks: _asks, hostLetsAll: _all, signal, ...options }: BeginOptions = {}) =>
      goOn(api.bridge(toolset, options), [api.user('Go.')], script, { signal }),
    async resume(toolset, stored, script) {
      const { messages, turn } = JSON.parse(stored) as { messages: Message[]; turn: ToolTurn<Output> }
      const bridge = api.bridge(toolset, {})
      const resumed = await bridge.resume(turn)
      if (resumed.waiting.length > 0) throw new Error('It still waits.')
      return goOn(bridge, [...messages, ...api.append(resumed.outputs)], script)
    },
  }
}

/** Answers one request after the other, and keeps their bodies. */
export function recordingFetch(answers: readonly unknown[]): {
  readonly fetch: typeof globalThis.fetch
  readonly requests: string[]
} {
  const requests: string[] = []
  return {
    requests,
    fetch: async (input, init) => {
      const request = new Request(input, init)
      const body = answers[requests.length]
      requests.push(await request.text())
      if (body === undefined) throw new Error('The script has no more steps.')
      return Response.json(body)
    },
  }
}
