import { z } from 'zod'
import type { ApprovalDecision } from '../../index.js'
import { approvalListInput, auditInput, decisionInput } from '../../model/input.js'
import { route } from '../route.js'
import { schemas } from '../schemas.js'
import { limit, moment, text } from './query.js'

/** Approvals, remembered decisions, the audit log and events. */
export const approvalRoutes = [
  route({
    verb: 'approvals.list',
    method: 'GET',
    path: '/approvals',
    summary: 'Approvals: your own, or those of other people that you can decide',
    result: schemas.ApprovalPage,
    query: approvalListInput.omit({ signal: true }).extend({ limit: limit.optional() }),
    run: ({ mine, query, signal }) => mine.approvals.list({ ...query, signal }),
  }),
  route({
    verb: 'approvals.get',
    method: 'GET',
    path: '/approvals/{id}',
    summary: 'One approval',
    result: schemas.Approval,
    run: ({ mine, params, signal }) => mine.approvals.get(params.id, { signal }),
  }),
  route({
    verb: 'approvals.decide',
    method: 'POST',
    path: '/approvals/{id}/decision',
    summary: 'Approves or denies a call',
    result: schemas.Approval,
    body: decisionInput,
    run: ({ mine, params, body, signal }) => mine.approvals.decide(params.id, body as ApprovalDecision, { signal }),
  }),
  route({
    verb: 'approvals.decide',
    name: 'approvalsDecideMany',
    method: 'POST',
    path: '/approvals/decisions',
    summary: 'Approves or denies many calls',
    result: schemas.ApprovalPage,
    body: z.strictObject({ approvalIds: z.array(text).min(1).max(100), decision: decisionInput }),
    run: async ({ mine, body, signal }) => ({
      approvals: await mine.approvals.decide(body.approvalIds, body.decision as ApprovalDecision, { signal }),
    }),
  }),
  route({
    verb: 'approvals.cancel',
    method: 'DELETE',
    path: '/approvals/{id}',
    summary: 'Cancels an approval of your own',
    result: schemas.Approval,
    run: ({ mine, params, signal }) => mine.approvals.cancel(params.id, { signal }),
  }),
  route({
    verb: 'grants.list',
    method: 'GET',
    path: '/grants',
    summary: 'Remembered decisions: your own, or those of another person if you can see them',
    result: schemas.GrantList,
    query: z.strictObject({ userId: text.optional() }),
    run: async ({ mine, query, signal }) => ({ grants: await mine.grants.list({ ...query, signal }) }),
  }),
  route({
    verb: 'grants.revoke',
    method: 'DELETE',
    path: '/grants/{id}',
    summary: 'Revokes a remembered decision: the next call asks',
    run: ({ mine, params, signal }) => mine.grants.revoke(params.id, { signal }),
  }),
  route({
    verb: 'audit',
    method: 'GET',
    path: '/audit',
    summary: 'The audit log',
    result: schemas.AuditPage,
    query: z.strictObject({
      integrationId: text.optional(),
      agentId: text.optional(),
      userId: text.optional(),
      action: auditInput.shape.action,
      tool: text.optional(),
      approvalId: text.optional(),
      since: moment.optional(),
      until: moment.optional(),
      order: auditInput.shape.order,
      after: text.optional(),
      limit: limit.optional(),
    }),
    run: ({ mine, query, signal }) => mine.audit({ ...query, signal }),
  }),
  route({
    verb: ['events', 'on'],
    method: 'GET',
    path: '/events',
    summary: 'A page of events; with Accept: text/event-stream, live events',
    result: schemas.EventPage,
    query: z.strictObject({ after: text.optional(), limit: limit.optional() }),
    run: ({ mine, query, signal }) => mine.events({ ...query, signal }),
  }),
]
