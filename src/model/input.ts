import { z } from 'zod'
import { invalid } from './invalid.js'
import { approvalTransitions, type ApprovalStatus } from './approval.js'
import { isReservedParameter, scopeToken, signingAlgorithms } from './oauth-rules.js'
import { visible, visibleText } from './visible-text.js'
import { type FieldProblem } from './errors.js'

/** Schemas of the inputs that people and hosts send. */

/** Names are shown to other people of the workspace: no invisible characters. */
const name = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(200, 'must be at most 200 characters')
  .transform((text) => visible(text))
const wellFormed = (value: string): boolean => value.isWellFormed?.() ?? !/[\uD800-\uDFFF]/u.test(value)
const id = z
  .string()
  .min(1, 'must not be empty')
  .max(200, 'must be at most 200 characters')
  .refine(wellFormed, 'must be well-formed Unicode')
const agents = z.array(id).min(1, 'must name at least one agent').max(200)
const visibility = z.enum(['private', 'workspace'])
const credentials = z.enum(['shared', 'per_user'])
const scopes = z.array(z.string().regex(scopeToken, 'must be an OAuth scope token')).max(100)

/** Headers that HTTP, MCP or the library set themselves. */
const reserved =
  /^(?:host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect|cookie|set-cookie|origin|referer|accept|accept-encoding|last-event-id|mcp-.*|content-.*|sec-.*|user-agent|via|forwarded|x-forwarded-.*|x-real-ip|dpop)$/i

const headerName = z
  .string()
  .regex(
    /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/,
    'is not a header name that HTTP allows (RFC 9110): letters, digits and hyphens, without a colon or blanks',
  )
  .refine((value) => !reserved.test(value), 'is reserved: HTTP, MCP or the library sets it')
/** Pasted values often have blanks and line breaks around them, which are not part of a header value (RFC 9110). */
const headerValue = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(8192, 'must be at most 8192 characters')
  .regex(/^[\x20-\x7E\t]*$/, 'must be printable ASCII (RFC 9110)')
  .refine((value) => !/^(?:bearer|basic)$/i.test(value), 'must have a credential after the scheme')
  .refine((value) => !/^(bearer|basic)[ \t]+\1[ \t]/i.test(value), 'must name the scheme only once')

const headers = z
  .record(headerName, headerValue)
  .refine((all) => Object.keys(all).length <= 50, 'must be at most 50 headers')
  .refine(distinct, 'names a header twice')
  .superRefine(withoutOwnNames)
const headerEdits = z
  .record(headerName, headerValue.nullable())
  .refine((all) => Object.keys(all).length <= 50, 'must be at most 50 headers')
  .refine(distinct, 'names a header twice')
  .superRefine(withoutOwnNames)

const grant = z.union([
  z.literal('authorization_code'),
  z.strictObject({
    type: z.literal('client_credentials'),
    privateKeyPem: z.string().max(16_384).optional(),
    signingAlgorithm: z.enum(signingAlgorithms).optional(),
  }),
  z.strictObject({
    type: z.literal('id_jag'),
    idp: z.strictObject({
      issuer: z.string().max(2048),
      tokenEndpoint: z.string().max(2048),
      clientId: z.string().max(2048),
      clientSecret: z.string().max(8192).optional(),
      idToken: z.string().max(65_536),
    }),
  }),
])

const authorizationParameters = z
  .record(
    z
      .string()
      .min(1, 'must not be empty')
      .max(100)
      .refine((key) => !isReservedParameter(key), 'is reserved: it protects the sign-in or has its own option'),
    z.string().max(2048),
  )
  .refine((all) => Object.keys(all).length <= 50, 'must be at most 50 parameters')
const url = z
  .string()
  .max(2048)
  .refine((value) => URL.canParse(value), 'must be a URL')

/** OAuth settings, of an integration and of a connector. */
export const oauthInput = z.strictObject({
  clientId: z.string().min(1).max(2048).optional(),
  clientSecret: z.string().min(1).max(8192).optional(),
  issuer: z.string().max(2048).optional(),
  scopes: scopes.optional(),
  grant: grant.optional(),
  lenientIssuer: z.boolean().optional(),
  pkceWithoutMetadata: z.boolean().optional(),
  resource: z.union([z.literal(false), z.string().min(1).max(2048)]).optional(),
  authorizationParameters: authorizationParameters.optional(),
  refreshScope: z.boolean().optional(),
  prompt: z.union([z.literal(false), z.string().min(1).max(200)]).optional(),
  metadata: z
    .strictObject({
      issuer: url.optional(),
      authorizationEndpoint: url.optional(),
      tokenEndpoint: url.optional(),
      registrationEndpoint: url.optional(),
      revocationEndpoint: url.optional(),
    })
    .optional(),
  acceptIssuer: url.optional(),
})

const connectCommon = {
  agents,
  headers: headers.optional(),
  visibility: visibility.optional(),
  enabled: z.boolean().optional(),
  credentials: credentials.optional(),
  oauth: oauthInput.optional(),
}

/** `connect()`: a custom server, or a catalogue entry. */
export const connectInput = z.union([
  z.strictObject({ ...connectCommon, url: z.string().min(1).max(2048), name }),
  z.strictObject({ ...connectCommon, connector: id, name: name.optional() }),
])

const approvalMode = z.enum(['default', 'ask', 'auto'])

const checkCommon = { headers: headers.optional(), oauth: oauthInput.optional() }

/** `check()`. */
export const checkInput = z.union([
  z.strictObject({ ...checkCommon, url: z.string().min(1).max(2048) }),
  z.strictObject({ ...checkCommon, connector: id }),
])

/** `update()`. */
export const updateInput = z.strictObject({
  name: name.optional(),
  url: z.string().min(1).max(2048).optional(),
  headers: headerEdits.optional(),
  visibility: visibility.optional(),
  credentials: credentials.optional(),
  agents: agents.optional(),
  approval: approvalMode.optional(),
})

/** The checked input of `update()`. */
export type ParsedUpdate = z.output<typeof updateInput>

/** `authorize()`. */
export const authorizeInput = z.strictObject({ headers: headerEdits.optional(), scopes: scopes.optional() })

/** Values that `finishConnect()` returns unchanged. */
export const wayBackInput = z.strictObject({
  returnTo: z.string().min(1, 'must not be empty').max(2048, 'must be at most 2048 characters').optional(),
  ref: z.string().max(1024, 'must be at most 1024 characters').optional(),
})

/** @throws IntegrationError `invalid_input` */
export function parseWayBack(input: unknown): z.output<typeof wayBackInput> {
  return parse('The options', wayBackInput, input)
}

/** `reconnect()`. */
export const reconnectInput = z.strictObject({ scopes: scopes.optional(), oauth: oauthInput.optional() })

/** One tool's settings. */
export const toolSettingsInput = z.strictObject({
  enabled: z.boolean().optional(),
  approval: approvalMode.optional(),
  label: z.enum(['read', 'write']).nullable().optional(),
  agents: z.array(id).min(1, 'must name at least one agent, or be null for all').max(200).nullable().optional(),
})

// The transitions name every status.
const approvalStatuses = Object.keys(approvalTransitions) as ApprovalStatus[]

/** The page size. */
const limit = z.number().int('must be a whole number').min(1, 'must be at least 1').max(1000, 'must be at most 1000')

/** `list()`. */
export const listInput = z.strictObject({
  scope: z.enum(['mine', 'all']).optional(),
  search: z.string().max(200, 'must be at most 200 characters').optional(),
  attention: z.boolean().optional(),
  limit: limit.optional(),
  after: id.optional(),
})

/** A moment, in ms since the epoch. */
const moment = z.number().int('must be ms since the epoch').min(0, 'must be ms since the epoch')

/** Every {@link AuditEntry.action}. */
const auditAction = z.enum([
  'connect',
  'update',
  'enable',
  'disable',
  'remove',
  'trust',
  'transfer_owner',
  'configure_tools',
  'accept_tools',
  'sign_in',
  'sign_out',
  'decide',
  'revoke_grant',
  'call',
])

/** `audit()`. */
export const auditInput = z.strictObject({
  integrationId: id.optional(),
  agentId: id.optional(),
  userId: id.optional(),
  action: auditAction.optional(),
  tool: z.string().max(1024, 'must be at most 1024 characters').optional(),
  approvalId: id.optional(),
  since: moment.optional(),
  until: moment.optional(),
  order: z.enum(['oldest', 'newest']).optional(),
  after: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,100}$/, 'must be the `next` cursor of a previous page')
    .optional(),
  limit: limit.optional(),
})

/** `acceptTools()`: the reviewed definitions, by the server's tool name. */
export const acceptToolsInput = z
  .record(z.string().max(1024), z.string().max(128))
  .refine((all) => Object.keys(all).length > 0, 'must name at least one tool, with its definitionHash')

/** `approvals.list()`; the signal is not checked here. */
export const approvalListInput = z.strictObject({
  for: z.enum(['me', 'others']).optional(),
  status: z.enum(approvalStatuses).optional(),
  integrationId: id.optional(),
  agentId: id.optional(),
  conversationId: id.optional(),
  order: z.enum(['oldest', 'newest']).optional(),
  after: z.string().max(200).optional(),
  limit: z
    .number()
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(200, 'must be at most 200')
    .optional(),
  signal: z.unknown().optional(),
})

/** Models read the reason of a denial. */
const reason = z
  .string()
  .max(2000)
  .transform((text) => visibleText(text))

/** A decision about an approval; `remember` and edited arguments are checked where they are used. */
export const decisionInput = z.union([
  z.literal('approve').transform(() => ({ decision: 'approve' as const })),
  z.literal('deny').transform(() => ({ decision: 'deny' as const })),
  z.strictObject({ decision: z.literal('approve'), args: z.unknown().optional(), remember: z.unknown().optional() }),
  z.strictObject({ decision: z.literal('deny'), reason: reason.optional() }),
])

/**
 * Checks an input against its schema.
 * @throws IntegrationError `invalid_input` with the path of every field that is wrong; never with a value
 */
export function parse<T>(what: string, schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  throw invalid(what, result.error.issues.flatMap(problemsOf))
}

function problemsOf(issue: z.core.$ZodIssue): FieldProblem[] {
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // The closest alternative explains most.
    const closest = issue.errors.reduce((best, errors) => (errors.length < best.length ? errors : best))
    return closest.flatMap((inner) =>
      problemsOf({ ...inner, path: [...issue.path, ...inner.path] } as z.core.$ZodIssue),
    )
  }
  // An invalid key may be a secret that was pasted into the wrong field, so it is not repeated.
  const isWrongKey = issue.code === 'invalid_key' && !reserved.test(String(issue.path.at(-1)))
  const path = (isWrongKey ? issue.path.slice(0, -1) : issue.path)
    .map((part, n) => (typeof part === 'number' ? `[${part}]` : n === 0 ? String(part) : `.${String(part)}`))
    .join('')
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      path: path === '' ? key.slice(0, 100) : `${path}.${key.slice(0, 100)}`,
      message: 'is not a known field',
    }))
  if (issue.code === 'invalid_key' && issue.issues[0] !== undefined)
    return [{ path: path.slice(0, 200), message: (isWrongKey ? 'has a name that ' : '') + issue.issues[0].message }]
  if (issue.code === 'invalid_type')
    return [{ path, message: `must be ${issue.expected}${issue.input === undefined ? ', and is missing' : ''}` }]
  return [
    {
      path: path.slice(0, 200),
      message:
        issue.code === 'invalid_value'
          ? `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`
          : issue.message,
    },
  ]
}

/** Refuses a whole header line that was pasted as the value. */
function withoutOwnNames(all: Readonly<Record<string, string | null>>, context: z.RefinementCtx): void {
  for (const [header, value] of Object.entries(all))
    if (value?.toLowerCase().startsWith(`${header.toLowerCase()}:`) === true)
      context.addIssue({
        code: 'custom',
        path: [header],
        message: 'must not start with the header name: give only the text after the colon',
      })
}

function distinct(all: Record<string, unknown>): boolean {
  const names = Object.keys(all).map((header) => header.toLowerCase())
  return new Set(names).size === names.length
}
