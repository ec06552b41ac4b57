import { z } from 'zod'
import { problemStatus } from './problem.js'

// What routes answer, as the document describes it. Objects may have more fields: clients leave alone what they don't know.

const moment = z.number().describe('ms since the epoch')
const approvalMode = z.enum(['default', 'ask', 'auto'])

const integration = z.looseObject({
  id: z.string(),
  handle: z.string(),
  workspaceId: z.string(),
  ownerId: z.string(),
  name: z.string(),
  connectorId: z.string().optional(),
  origin: z.string(),
  url: z.string().optional(),
  headers: z.array(z.looseObject({ name: z.string(), setAt: moment })).optional(),
  auth: z.enum(['none', 'header', 'oauth']),
  visibility: z.enum(['private', 'workspace']),
  credentials: z.enum(['shared', 'per_user']),
  enabled: z.boolean(),
  trusted: z.boolean(),
  agents: z.array(z.string()),
  allowed: z.array(z.string()),
  status: z.enum(['connected', 'error', 'reconnect_required', 'connecting']),
  statusDetail: z.looseObject({
    reason: z.string(),
    message: z.string(),
    action: z.string().optional(),
    checkedAt: moment.optional(),
    lastWorkedAt: moment.optional(),
  }),
  tools: z.looseObject({
    total: z.number(),
    enabled: z.number(),
    ask: z.number(),
    changed: z.number(),
    held: z.number(),
  }),
  server: z.looseObject({ name: z.string() }).optional(),
  protocolVersion: z.string().optional(),
  account: z.string().optional(),
  revision: z.number(),
  createdAt: moment,
  updatedAt: moment,
})

const connectResult = z.looseObject({
  type: z.enum(['connected', 'authorization_required', 'failed']),
  integration,
  authorizationUrl: z.string().optional(),
})

const tool = z.looseObject({
  name: z.string(),
  modelName: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  inputSchema: z.looseObject({}),
  definitionHash: z.string(),
  enabled: z.boolean(),
  approval: z.looseObject({ mode: approvalMode, rule: z.string() }),
  agents: z.array(z.string()).optional(),
  change: z.looseObject({ kind: z.string(), differences: z.array(z.looseObject({ path: z.string() })) }).optional(),
})

const approval = z.looseObject({
  approvalId: z.string(),
  userId: z.string(),
  agentId: z.string(),
  status: z.string(),
  arguments: z.looseObject({}),
  rule: z.string(),
  why: z.string(),
  requestedAt: moment,
  expiresAt: moment,
})

const grant = z.looseObject({ id: z.string(), userId: z.string(), integrationId: z.string(), tool: z.string() })
const event = z.looseObject({ id: z.string(), type: z.string(), workspaceId: z.string(), at: moment })
const entry = z.looseObject({ id: z.string(), action: z.string(), workspaceId: z.string(), at: moment })

/** The answers by the name that the document gives them. */
export const schemas = {
  Integration: integration,
  IntegrationList: z.looseObject({ integrations: z.array(integration), next: z.string().optional() }),
  ConnectResult: connectResult,
  ServerCheck: z.looseObject({ auth: z.enum(['none', 'header', 'oauth']), origin: z.string() }),
  ServerImport: z.union([
    z
      .looseObject({ rows: z.array(z.looseObject({ name: z.string(), type: z.string() })) })
      .describe('What became of each server'),
    z
      .looseObject({ format: z.string(), servers: z.array(z.looseObject({ name: z.string() })) })
      .describe('With preview=1: what would be connected'),
  ]),
  ToolOverview: z.looseObject({ tools: z.array(tool), missing: z.array(z.string()), revision: z.string() }),
  ConnectorList: z.looseObject({ connectors: z.array(z.looseObject({ id: z.string(), name: z.string() })) }),
  AgentList: z.looseObject({ agents: z.array(z.looseObject({ id: z.string(), name: z.string().optional() })) }),
  Toolset: z.looseObject({
    agentId: z.string(),
    tools: z.array(z.looseObject({})),
    unavailable: z.array(z.looseObject({})),
  }),
  Explanation: z.looseObject({ type: z.enum(['auto', 'ask', 'deny', 'unavailable']), why: z.string() }),
  Approval: approval,
  ApprovalPage: z.looseObject({ approvals: z.array(approval), next: z.string().optional() }),
  GrantList: z.looseObject({ grants: z.array(grant) }),
  AuditPage: z.looseObject({ entries: z.array(entry), next: z.string().optional() }),
  EventPage: z.looseObject({
    events: z.array(event),
    after: z.string().optional(),
    missed: z.literal(true).optional(),
  }),
  PeopleList: z.looseObject({
    people: z.array(z.looseObject({ id: z.string(), name: z.string() })).optional(),
  }),
  Me: z.looseObject({
    workspaceId: z.string(),
    userId: z.string(),
    role: z.enum(['member', 'admin']),
    decidesForOthers: z.boolean(),
  }),
}

/** Every answer that is not a success. */
export const problem = z.looseObject({
  status: z.number(),
  code: z.enum(Object.keys(problemStatus) as [keyof typeof problemStatus]),
  title: z.string(),
  detail: z.string(),
  fields: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  integrationId: z.string().optional(),
  mayHaveRun: z.literal(true).optional(),
  reason: z.string().optional(),
  rule: z.string().optional(),
  retryAfterMs: z.number().optional(),
})
