import type { z } from 'zod'
import type { ActorIntegrations } from '../index.js'
import type { Person } from './people.js'

/** Every path inside an object of functions: `list`, `approvals.decide`. */
type VerbsOf<T, Prefix extends string = ''> = {
  [Key in keyof T & string]: T[Key] extends (...args: never[]) => unknown
    ? `${Prefix}${Key}`
    : VerbsOf<T[Key], `${Prefix}${Key}.`>
}[keyof T & string]

/** A verb of {@link ActorIntegrations}, by its path. */
export type Verb = VerbsOf<ActorIntegrations>

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

type Params<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? { readonly [Key in Name]: string } & Params<Rest>
  : unknown

/** A checked request, as a route's verb needs it. */
export interface RouteCall<Path extends string, Query, Body> {
  readonly mine: ActorIntegrations
  /** People that the host finds for the actor; `undefined` without the option `people`. */
  people(search: string | undefined): Promise<readonly Person[] | undefined>
  readonly params: Params<Path>
  readonly query: Query
  readonly body: Body
  /** The tag in `If-Match`. */
  readonly ifMatch: string | undefined
  readonly signal: AbortSignal
}

/** A response of a route that is more than a JSON body. */
export class Reply {
  constructor(
    readonly body: unknown,
    readonly options: { readonly status?: number; readonly etag?: string | number; readonly location?: string } = {},
  ) {}
}

/** A response with its revision as its `ETag`. */
export function tagged(body: { readonly revision: string | number }): Reply {
  return new Reply(body, { etag: body.revision })
}

/** One operation of the HTTP API: its path, its input, its description and its implementation. */
export interface Route<Path extends string = string, Query = unknown, Body = unknown> {
  /** The verbs that the route calls: one, or two that differ in convenience only; none where the host supplies the result. */
  readonly verb: Verb | readonly Verb[]
  /** The operation's name in the OpenAPI document. @default the verb */
  readonly name?: string | undefined
  readonly method: Method
  readonly path: Path
  readonly summary: string
  readonly query?: z.ZodType<Query> | undefined
  readonly body?: z.ZodType<Body> | undefined
  /** Whether the body is optional. @default false */
  readonly bodyOptional?: boolean | undefined
  /** Whether the request takes or needs `If-Match` with the revision that was read. */
  readonly ifMatch?: 'optional' | 'required' | undefined
  /** The limit of requests per person and minute, in this process. @default none */
  readonly perMinute?: number | undefined
  /** Its response body; absent: none, with status 204. */
  readonly result?: z.ZodType | undefined
  run(call: RouteCall<Path, Query, Body>): Promise<unknown>
}

/** Declares a route; the types of parameters, query and body follow from its path and schemas. */
export function route<const Path extends string, Query = undefined, Body = undefined>(
  declared: Route<Path, Query, Body>,
): Route {
  // The handler passes values that these schemas have checked.
  return declared as unknown as Route
}
