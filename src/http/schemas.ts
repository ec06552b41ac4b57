import { z } from 'zod'
import { problemStatus, type ProblemCode } from './problem.js'
import { approval, auditEntry, event, grant } from './schemas/approval.js'
import { connector, connectResult, integration, serverCheck } from './schemas/integration.js'
import { importReport, listPreview } from './schemas/list.js'
import { explanation, toolOverview, toolset } from './schemas/tool.js'

// Response schemas for the OpenAPI document: every member, and no other.

/** The body of every error response. */
export const problem = z.strictObject({
  status: z.number(),
  code: z.enum(Object.keys(problemStatus) as [ProblemCode]),
  title: z.string(),
  detail: z.string(),
  fields: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
  integrationId: z.string().optional(),
  mayHaveRun: z.literal(true).optional(),
  reason: z.string().optional(),
  rule: z.string().optional(),
  retryAfterMs: z.number().optional(),
})

/** The response schemas by their names in the OpenAPI document. */
export const schemas = {
  Integration: integration,
  IntegrationList: z.strictObject({ integrations: z.array(integration), next: z.string().optional() }),
  ConnectResult: connectResult,
  ServerCheck: serverCheck,
  ServerImport: z.union([importReport(problem), listPreview]),
  ToolOverview: toolOverview,
  ConnectorList: z.strictObject({ connectors: z.array(connector) }),
  AgentList: z.strictObject({ agents: z.array(z.strictObject({ id: z.string(), name: z.string().optional() })) }),
  Toolset: toolset,
  Explanation: explanation,
  Approval: approval,
  ApprovalPage: z.strictObject({ approvals: z.array(approval), next: z.string().optional() }),
  GrantList: z.strictObject({ grants: z.array(grant) }),
  AuditPage: z.strictObject({ entries: z.array(auditEntry), next: z.string().optional() }),
  EventPage: z.strictObject({
    events: z.array(event),
    after: z.string().optional(),
    missed: z.literal(true).optional(),
  }),
  PeopleList: z.strictObject({ people: z.array(z.strictObject({ id: z.string(), name: z.string() })).optional() }),
  Me: z.strictObject({
    workspaceId: z.string(),
    userId: z.string(),
    role: z.enum(['member', 'admin']),
    decidesForOthers: z.boolean(),
  }),
}
