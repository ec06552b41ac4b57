import { z } from 'zod'
import { approvalTransitions, type ApprovalStatus } from './approval.js'
import { boundedRecord } from './bounded-record.js'
import { headerEdits, headers } from './header-input.js'
import { oauthInput, scopes } from './oauth-input.js'
import { parse } from './parse.js'
import { visible, visibleText } from './visible-text.js'

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

/** The names of tools of one integration, which has at most 1000. */
const mostTools = { most: 1000, what: 'tools' }
const toolName = z.string().max(1024, 'must be at most 1024 characters')

/** `configureTools()`: the settings to change, by the server's tool name. */
export const configureToolsInput = boundedRecord(mostTools, toolName, toolSettingsInput)

/** `acceptTools()`: the reviewed definitions, by the server's tool name. */
export const acceptToolsInput = boundedRecord(mostTools, toolName, z.string().max(128)).refine(
  (all) => Object.keys(all).length > 0,
  'must name at least one tool, with its definitionHash',
)

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
