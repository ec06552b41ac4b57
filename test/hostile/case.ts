import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Host } from './lane/host.js'

export type Transport = 'modern' | 'legacy' | 'sse'

export interface Message {
  readonly id?: string | number
  readonly method: string
  readonly params?: {
    readonly cursor?: string
    readonly name?: string
    readonly inputResponses?: object
    readonly _meta?: { readonly progressToken?: unknown }
  }
}

/** One request to a hostile server, and how it can be answered. */
export interface Exchange {
  readonly message: Message
  readonly base: string
  /** Another origin of the same process: nothing secret may reach it. */
  readonly foreign: string
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** HTTP+SSE: the event stream of the run. */
  readonly stream?: ServerResponse | undefined
  readonly era: 'modern' | 'legacy'
  /** How often this method was requested in this run, this time included. */
  readonly turn: number
  /** Answers with one JSON-RPC message, as the transport has it. */
  send(value: unknown): void
}

/** The event stream of HTTP+SSE, just requested, before anything of it is sent. */
export interface Opening {
  readonly response: ServerResponse
  /** Where messages can be sent to. */
  readonly endpoint: string
  readonly base: string
  readonly foreign: string
}

export type Answer = (exchange: Exchange) => void | Promise<void>

/** What every case has: its name, how it may end, and what may be requested how often at most. */
export interface Case {
  readonly name: string
  /** What may come of it: an error code, or how connecting or calling ended. */
  readonly outcomes: readonly string[]
  /** The most requests of a kind: methods of MCP, or `token`, `register`, `authorize` of an authorization server. */
  readonly most?: Readonly<Record<string, number>> | undefined
}

/** A hostile server over HTTP: how it answers, and over which transports it is met. */
export interface ServerCase extends Case {
  readonly transports: readonly Transport[]
  readonly answer: Answer
  /** HTTP+SSE: opens the event stream. @default names the endpoint */
  readonly opens?: ((opening: Opening) => void) | undefined
  /** Where the outcome depends on the transport: what it is over each. */
  readonly outcomesOver?: Partial<Record<Transport, string>> | undefined
  /** What a person does there. @default connects, and calls the tool that every hostile server has */
  readonly meet?: ((host: Host, url: string) => Promise<string>) | undefined
}

export const everywhere = ['modern', 'legacy', 'sse'] as const
/** Where an answer is the body of a response. */
export const overHttp = ['modern', 'legacy'] as const

/** Cases of a table: the name, where it is met, how it ends (over each transport, where they differ), how it answers. */
export function serverCases(
  rows: Readonly<
    Record<
      string,
      readonly [readonly Transport[], string | Partial<Record<Transport, string>>, Answer, Partial<ServerCase>?]
    >
  >,
): readonly ServerCase[] {
  return Object.entries(rows).map(([name, [transports, outcomes, answer, more]]) => ({
    name,
    transports,
    outcomes: typeof outcomes === 'string' ? [outcomes] : Object.values(outcomes),
    outcomesOver: typeof outcomes === 'string' ? undefined : outcomes,
    answer,
    ...more,
  }))
}

/** @throws if two cases have one name: a server is found by it, so one of them would never be met */
export function distinct<C extends Case>(cases: readonly C[]): readonly C[] {
  const names = new Set<string>()
  for (const { name } of cases) {
    if (names.has(name)) throw new Error(`Two cases are called "${name}".`)
    names.add(name)
  }
  return cases
}
