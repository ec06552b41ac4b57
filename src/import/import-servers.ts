import PQueue from 'p-queue'
import { isIntegrationError } from '../index.js'
import type {
  ActorIntegrations,
  ConnectResult,
  FieldProblem,
  IntegrationError,
  IntegrationVisibility,
} from '../index.js'
import { invalid } from '../model/invalid.js'
import { maxServers, type ServerEntry } from './server-entry.js'
import { fillTemplate } from './template.js'

/** Options of `importServers()`. */
export interface ImportOptions<AgentId extends string = string> {
  /** The agents that can use the new integrations: at least one. */
  readonly agents: readonly AgentId[]
  /** Names of the servers to connect. `@default` all of the list */
  readonly only?: readonly string[] | undefined
  /** Answers to the variables of each server, by the server's name and the variable's. */
  readonly answers?: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined
  /** `@default 'private'` */
  readonly visibility?: IntegrationVisibility | undefined
  /** Whether to turn the integrations on at once. `@default false` */
  readonly enabled?: boolean | undefined
  /** Servers that are connected at the same time, 1-16. `@default 4` */
  readonly concurrency?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** The result of one server of a list. */
export type ImportRow =
  | {
      readonly name: string
      readonly type: 'connected' | 'authorization_required' | 'failed'
      readonly result: ConnectResult
    }
  /** The server can't be connected. `message` is the reason. */
  | { readonly name: string; readonly type: 'unsupported'; readonly message: string }
  /** A variable has no answer, or an answer that is not allowed. Nothing was stored. */
  | { readonly name: string; readonly type: 'missing_answers'; readonly fields: readonly FieldProblem[] }
  /** `connect()` threw: the server can't be reached, or its URL or a header is not allowed. Nothing was stored. */
  | { readonly name: string; readonly type: 'refused'; readonly error: IntegrationError }

/** The result of a list, in its order. */
export interface ImportReport {
  /** One row for each server to connect. */
  readonly rows: readonly ImportRow[]
}

/**
 * Connects the servers of a list. Each row of the result is an integration or the reason why there is none; one failure never affects
 * the others. Approval settings in a list are not applied.
 *
 * @throws IntegrationError `invalid_input`: more than 200 servers, or `only` names one that the list doesn't have
 */
export async function importServers<AgentId extends string>(
  mine: Pick<ActorIntegrations<AgentId>, 'connect'>,
  servers: readonly ServerEntry[],
  options: ImportOptions<AgentId>,
): Promise<ImportReport> {
  if (servers.length > maxServers)
    throw invalid('importServers()', [{ path: 'servers', message: `must be at most ${maxServers}` }])
  const chosen = chosenOf(servers, options.only)
  const queue = new PQueue({ concurrency: Math.min(16, Math.max(1, options.concurrency ?? 4)) })
  const rows = await Promise.all(chosen.map((server) => queue.add(() => importServer(mine, server, options))))
  return { rows }
}

function chosenOf(servers: readonly ServerEntry[], only: readonly string[] | undefined): readonly ServerEntry[] {
  if (only === undefined) return servers
  const known = new Set(servers.map(({ name }) => name))
  const fields = only.flatMap((name, n) =>
    known.has(name) ? [] : [{ path: `only[${n}]`, message: 'is not the name of a server in the list' }],
  )
  if (fields.length > 0) throw invalid('importServers()', fields)
  const wanted = new Set(only)
  return servers.filter(({ name }) => wanted.has(name))
}

async function importServer<AgentId extends string>(
  mine: Pick<ActorIntegrations<AgentId>, 'connect'>,
  server: ServerEntry,
  { agents, answers, visibility, enabled = false, signal }: ImportOptions<AgentId>,
): Promise<ImportRow> {
  const { name } = server
  if (server.url === undefined)
    return { name, type: 'unsupported', message: server.unsupported ?? 'The list has no URL for this server.' }
  const given = answersFor(server, ownValue(answers, name) ?? {})
  if ('fields' in given) return { name, type: 'missing_answers', fields: given.fields }
  try {
    const url = fillTemplate(server.url, given.values)
    if (url === undefined)
      return { name, type: 'missing_answers', fields: [{ path: 'url', message: 'has a variable without an answer' }] }
    const headers = server.headers.flatMap((header) => {
      const value = fillTemplate(header.value, given.values)
      return value === undefined ? [] : [[header.name, value] as const]
    })
    const result = await mine.connect(
      { name, url, headers: Object.fromEntries(headers), agents, visibility, enabled, oauth: server.oauth },
      { signal },
    )
    return { name, type: result.type, result }
  } catch (error) {
    if (!isIntegrationError(error)) throw error
    return { name, type: 'refused', error }
  }
}

function answersFor(
  { variables }: ServerEntry,
  answers: Readonly<Record<string, string>>,
): { readonly values: ReadonlyMap<string, string> } | { readonly fields: readonly FieldProblem[] } {
  const values = new Map<string, string>()
  const fields: FieldProblem[] = []
  for (const { name, required, default: fallback, choices } of variables) {
    const value = ownValue(answers, name) ?? fallback
    if (value === undefined || value === '') {
      if (required) fields.push({ path: name, message: 'needs an answer' })
    } else if (typeof value !== 'string') fields.push({ path: name, message: 'must be text' })
    else if (choices !== undefined && !choices.includes(value))
      fields.push({ path: name, message: `must be one of ${choices.join(', ')}` })
    else values.set(name, value)
  }
  return fields.length > 0 ? { fields } : { values }
}

/** A name in a list can be anything, even `__proto__`. */
function ownValue<T>(all: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return all !== undefined && Object.hasOwn(all, name) ? all[name] : undefined
}
