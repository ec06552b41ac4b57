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

/** A request as the verb behind a route needs it. */
export interface RouteCall<Path extends string, Query, Body> {
  readonly mine: ActorIntegrations
  /** People whom the host finds for the actor; `undefined` where it lists nobody. */
  people(search: string | undefined): Promise<readonly Person[] | undefined>
  readonly params: Params<Path>
  readonly query: Query
  readonly body: Body
  /** What `If-Match` names. */
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

/** One operation of the HTTP API: what routes it, checks its input, describes it and carries it out. */
export interface Route<Path extends string = string, Query = unknown, Body = unknown> {
  /** What it reaches: one verb, or two that differ in convenience only; none where the host answers. */
  readonly verb: Verb | readonly Verb[]
  /** What the document calls it, where it is not the one route of one verb. @default the verb */
  readonly name?: string | undefined
  readonly method: Method
  readonly path: Path
  readonly summary: string
  readonly query?: z.ZodType<Query> | undefined
  readonly body?: z.ZodType<Body> | undefined
  /** A body may be left out. @default false */
  readonly bodyOptional?: boolean | undefined
  /** Whether `If-Match` must name what was seen. */
  readonly ifMatch?: 'optional' | 'required' | undefined
  /** How often a person may ask it within a minute, in this process. @default as often as they like */
  readonly perMinute?: number | undefined
  /** Its response body; absent: none, with status 204. */
  readonly result?: z.ZodType | undefined
  run(call: RouteCall<Path, Query, Body>): Promise<unknown>
}

/** Declares a route; its parameters, query and body are typed by what it names. */
export function route<const Path extends string, Query = undefined, Body = undefined>(
  declared: Route<Path, Query, Body>,
): Route {
  // The handler hands in what these very schemas have checked.
  return declared as unknown as Route
}
