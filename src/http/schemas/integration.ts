import { z } from 'zod'

/** ms since the epoch. */
export const moment = z.number().describe('ms since the epoch')
/** The approval mode of a tool or an integration. */
export const approvalMode = z.enum(['default', 'ask', 'auto'])
/** A server's description of itself. */
const serverInfo = z.strictObject({
  name: z.string(),
  title: z.string().optional(),
  version: z.string().optional(),
  websiteUrl: z.string().optional(),
  icon: z.string().optional(),
  instructions: z.string().optional(),
})

/** An `Integration`. */
export const integration = z.strictObject({
  id: z.string(),
  handle: z.string(),
  workspaceId: z.string(),
  ownerId: z.string(),
  name: z.string(),
  connectorId: z.string().optional(),
  origin: z.string(),
  url: z.string().optional().describe('Only for those who may edit'),
  headers: z
    .array(z.strictObject({ name: z.string(), setAt: moment }))
    .optional()
    .describe('Only for people who may edit; without values'),
  auth: z.enum(['none', 'header', 'oauth']),
  visibility: z.enum(['private', 'workspace']),
  credentials: z.enum(['shared', 'per_user']),
  enabled: z.boolean(),
  trusted: z.boolean(),
  approval: approvalMode,
  agents: z.array(z.string()),
  allowed: z.array(z.string()).describe('The operations that the actor may use now'),
  status: z.enum(['connected', 'error', 'reconnect_required', 'connecting']),
  statusDetail: z.strictObject({
    reason: z.string(),
    message: z.string(),
    action: z.enum(['validate', 'reconnect', 'edit', 'wait']).optional(),
    serverMessage: z.string().optional().describe('Text of the server: untrusted'),
    checkedAt: moment.optional(),
    lastWorkedAt: moment.optional(),
  }),
  tools: z.strictObject({
    total: z.number(),
    enabled: z.number(),
    ask: z.number(),
    changed: z.number(),
    held: z.number(),
  }),
  server: serverInfo.optional(),
  protocolVersion: z.string().optional(),
  account: z.string().optional(),
  revision: z.number(),
  createdAt: moment,
  updatedAt: moment,
})

const wayBack = { returnTo: z.string().optional(), ref: z.string().optional() }

/** A `ConnectResult`. */
export const connectResult = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('connected'), integration, ...wayBack }),
  z.strictObject({ type: z.literal('authorization_required'), integration, authorizationUrl: z.string() }),
  z.strictObject({ type: z.literal('failed'), integration, ...wayBack }),
])

/** A `ServerCheck`. */
export const serverCheck = z.strictObject({
  auth: z.enum(['none', 'header', 'oauth']),
  origin: z.string(),
  protocolVersion: z.string().optional(),
  server: serverInfo.optional(),
  tools: z.array(z.strictObject({ name: z.string(), title: z.string().optional() })).optional(),
})

/** An `AvailableConnector`. */
export const connector = z.strictObject({
  id: z.string(),
  name: z.string(),
  url: z.string().optional(),
  auth: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('none') }),
    z.strictObject({ type: z.literal('oauth'), scopes: z.array(z.string()).optional() }),
    z.strictObject({
      type: z.literal('header'),
      name: z.string(),
      title: z.string().optional(),
      description: z.string().optional(),
    }),
  ]),
  description: z.string().optional(),
  icon: z.string().optional(),
  category: z.string().optional(),
  documentationUrl: z.string().optional(),
  trusted: z.boolean(),
  connected: z.number(),
})
