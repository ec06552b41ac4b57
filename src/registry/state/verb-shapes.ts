import { invalid } from '../../model/invalid.js'
import { flag, func, listOf, object, optional, signal, text, textThat, whole, type Shape } from '../../model/shape.js'

const day = 86_400_000
/** A host's id of a workspace, a person, an agent, a conversation or a call. */
export const id = textThat(
  'be 1-200 characters of well-formed text without NUL',
  (value) => value.length >= 1 && value.length <= 200 && !/[\0\p{Surrogate}]/u.test(value),
)
const anything: Shape = () => []
const eventQuery = {
  after: optional(textThat("be the id of an event, or 'latest'", (value) => /^(?:\d{16}|latest)$/.test(value))),
  limit: optional(whole(1, 1000)),
}

const signIn = checkedBySchema('returnTo', 'ref')

/** The options of each method. Without this check, a misspelt option would do nothing. */
const fields = {
  list: checkedBySchema('scope', 'search', 'attention', 'limit', 'after'),
  connect: signIn,
  validate: signIn,
  reconnect: signIn,
  authorize: signIn,
  update: { ifRevision: optional(whole(0)) },
  trust: { ifRevision: optional(whole(0)) },
  configureTools: { ifRevision: optional(text(200)) },
  toolset: {
    confirm: optional(func),
    elicit: optional(func),
    conversationId: optional(id),
    integrations: optional(listOf(id)),
    search: optional(object({ pinned: optional(listOf(text(1024))), limit: optional(whole(1, 50)) })),
  },
  'toolset.call': {
    timeoutMs: optional(whole(1, day)),
    onProgress: optional(func),
    idempotencyKey: optional(id),
    confirm: optional(func),
    conversationId: optional(id),
  },
  'toolset.resume': {
    timeoutMs: optional(whole(1, day)),
    onProgress: optional(func),
    idempotencyKey: optional(id),
    confirm: optional(func),
    conversationId: optional(id),
    args: anything,
  },
  'toolset.explain': { conversationId: optional(id) },
  'approvals.list': checkedBySchema(
    'for',
    'status',
    'integrationId',
    'agentId',
    'conversationId',
    'order',
    'after',
    'limit',
  ),
  'grants.list': { userId: optional(id) },
  audit: checkedBySchema(
    'integrationId',
    'agentId',
    'userId',
    'action',
    'tool',
    'approvalId',
    'since',
    'until',
    'order',
    'after',
    'limit',
  ),
  events: eventQuery,
} as const satisfies Record<string, Readonly<Record<string, Shape>>>

/** A method with more options than a signal. */
type VerbWithOptions = keyof typeof fields

const shapes = new Map<string, Shape>(
  Object.entries(fields).map(([verb, own]) => [verb, object({ ...own, signal: optional(signal) })]),
)
const onlySignal = object({ signal: optional(signal) })

/** @throws IntegrationError `invalid_input`, naming the unknown or impossible values */
export function checkOptions(verb: VerbWithOptions | (string & {}), options: unknown): void {
  if (options !== undefined) check(`${verb}()`, shapes.get(verb) ?? onlySignal, options)
}

/** The id that a method is called with. What is no text becomes one that names nothing, so that it is not found. */
export function given(anId: unknown): string {
  return typeof anId === 'string' ? anId : `(${typeof anId})`
}

/** Queries and arguments of host code. */
export const hostShapes = {
  events: object({ ...eventQuery, workspaceId: id }),
  forgetUser: object({ workspaceId: id, userId: id, transferTo: optional(id) }),
  forgetWorkspace: object({ workspaceId: id }),
  close: object({ graceMs: optional(whole(0, day)) }),
  transferOwner: object({ userId: id }),
  trust: object({ trusted: flag }),
} as const

/** @throws IntegrationError `invalid_input` */
export function check(what: string, shape: Shape, value: unknown): void {
  const problems = shape(value, '')
  if (problems.length > 0) throw invalid(what, problems)
}

/** Fields of a query that a schema checks later. */
function checkedBySchema(...names: readonly string[]): Readonly<Record<string, Shape>> {
  return Object.fromEntries(names.map((name) => [name, anything]))
}
