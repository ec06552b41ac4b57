import type { Case } from '../case.js'
import type { Host } from '../lane/host.js'

/** Where one authorization server of the corpus is. */
export interface Place {
  readonly base: string
  /** Another origin of the same process: nothing secret may reach it. */
  readonly foreign: string
  readonly issuer: string
  /** How often this kind of request came in this run, this one included. */
  readonly turn: number
}

/** An HTTP response, which may never end; `hang` and `drop` are none. */
export type Reply =
  | 'hang'
  | 'drop'
  | 'endless'
  | {
      readonly status?: number
      readonly headers?: Readonly<Record<string, string | string[]>>
      readonly body?: unknown
      readonly isEndless?: boolean
      /** Sends a blank from time to time before the body, so often. */
      readonly drips?: number
    }

/** What an authorization server, or the MCP server that it protects, does other than an honest one. */
export interface Hostile {
  /** Fields of its metadata. `undefined` leaves one out. */
  readonly metadata?: (place: Place) => object
  /** The answer in place of its metadata. */
  readonly wellKnown?: (place: Place) => Reply
  /** Fields of the protected resource metadata. */
  readonly resource?: (place: Place) => object
  readonly resourceAnswer?: (place: Place) => Reply
  /** The `WWW-Authenticate` of the MCP server. */
  readonly challenge?: (place: Place) => string | string[]
  readonly register?: (given: Readonly<Record<string, unknown>>, place: Place) => Reply
  readonly token?: (given: Readonly<Record<string, unknown>>, place: Place) => Reply
  readonly refresh?: (given: Readonly<Record<string, unknown>>, place: Place) => Reply
  /** The answer to a call of the tool, with a token. */
  readonly call?: (place: Place) => Reply
}

export interface SignInCase extends Case {
  readonly hostile: Hostile
  /** Changes the honest callback. */
  readonly callback?: ((callback: URL) => void) | undefined
  /** What a person does there. @default signs in, and calls a tool after the token has expired */
  readonly meet?: ((host: Host, issuer: string) => Promise<string>) | undefined
  /** How much faster than ours the clock of deadlines runs. @default 10 where `timeout` is an outcome, otherwise 1 */
  readonly pace?: number | undefined
}

/** Cases of a table: the name, how it may end, what the server does. */
export function signInCases(
  rows: Readonly<Record<string, readonly [string, Hostile, Partial<SignInCase>?]>>,
): readonly SignInCase[] {
  return Object.entries(rows).map(([name, [outcomes, hostile, more]]) => ({
    name,
    outcomes: [outcomes],
    hostile,
    ...more,
  }))
}
