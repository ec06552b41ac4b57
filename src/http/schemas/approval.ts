import { z } from 'zod'
import { moment } from './integration.js'
import { annotations, change, label } from './tool.js'

const approvalStatus = z.enum([
  'pending',
  'approved',
  'denied',
  'cancelled',
  'expired',
  'superseded',
  'dispatched',
  'finished',
  'unknown',
])

/** An `Approval`. */
export const approval = z.strictObject({
  approvalId: z.string(),
  requestHash: z.string(),
  workspaceId: z.string(),
  userId: z.string(),
  agentId: z.string(),
  conversationId: z.string().optional(),
  integration: z.strictObject({
    id: z.string(),
    name: z.string(),
    handle: z.string(),
    origin: z.string(),
    ownerId: z.string(),
    trusted: z.boolean(),
  }),
  tool: z.strictObject({
    name: z.string(),
    modelName: z.string(),
    label: label.optional(),
    untrusted: z
      .strictObject({
        title: z.string().optional(),
        description: z.string().optional(),
        annotations: annotations.optional(),
      })
      .describe('Text of the server: untrusted'),
  }),
  arguments: z.looseObject({}).describe('Exactly the arguments that will be sent'),
  display: z.strictObject({ text: z.string(), hiddenCharacters: z.number() }),
  rule: z.string(),
  why: z.string(),
  change: change.optional(),
  risk: z.string().optional(),
  requestedAt: moment,
  expiresAt: moment,
  status: approvalStatus,
  decidedAt: moment.optional(),
  decidedBy: z.string().optional(),
  reason: z.string().optional(),
  edited: z.boolean().optional(),
})

/** A `Grant`. */
export const grant = z.strictObject({
  id: z.string(),
  workspaceId: z.string(),
  userId: z.string(),
  integrationId: z.string(),
  tool: z.string(),
  agentId: z.string().optional(),
  conversationId: z.string().optional(),
  arguments: z.enum(['equal', 'any']),
  usesLeft: z.number().optional(),
  grantedAt: moment,
  expiresAt: moment,
  lastUsedAt: moment.optional(),
})

/** A `RegistryEvent`: which members it has beside these four depends on its type. */
export const event = z.looseObject({ id: z.string(), type: z.string(), workspaceId: z.string(), at: moment })

/** An `AuditEntry`. */
export const auditEntry = z.strictObject({
  id: z.string(),
  workspaceId: z.string(),
  at: moment,
  userId: z.string().optional(),
  agentId: z.string().optional(),
  integrationId: z.string().optional(),
  action: z.string(),
  tool: z.string().optional(),
  approvalId: z.string().optional(),
  rule: z.string().optional(),
  outcome: z.string().optional(),
  errorCode: z.string().optional(),
  mayHaveRun: z.boolean().optional(),
  durationMs: z.number().optional(),
  argumentsDigest: z.string().optional(),
  arguments: z.unknown().optional(),
  changed: z.array(z.string()).optional(),
})
