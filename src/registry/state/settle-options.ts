import { IntegrationError } from '../../model/errors.js'
import type { IntegrationRegistryOptions } from './options.js'

const day = 86_400_000

/** Options with every default filled in. */
export type Settled = ReturnType<typeof settle>

/**
 * Fills in the defaults.
 * @throws IntegrationError `invalid_input`, naming the option
 */
export function settle(options: IntegrationRegistryOptions) {
  const problems: { path: string; message: string }[] = []
  const positive = (
    path: string,
    value: number | undefined,
    fallback: number,
    most = Number.MAX_SAFE_INTEGER,
  ): number => {
    if (value === undefined) return fallback
    if (!Number.isInteger(value) || value < 1 || value > most)
      problems.push({ path, message: `must be a whole number from 1 to ${most}` })
    return value
  }
  const { limits = {}, approvals = {}, retention = {}, access = {} } = options
  for (const method of ['read', 'list', 'commit', 'scan'] as const)
    if (typeof options.storage?.[method] !== 'function')
      problems.push({
        path: 'storage',
        message: `must have ${method}(): give memoryStorage(), sqliteStorage(), postgresStorage() or your own`,
      })
  for (const method of ['seal', 'open'] as const)
    if (typeof options.credentials?.[method] !== 'function')
      problems.push({
        path: 'credentials',
        message: `must have ${method}(): give encryptedCredentials({ keys }) or your own vault`,
      })
  if (!Array.isArray(options.agents) && typeof options.agents !== 'function')
    problems.push({ path: 'agents', message: 'must be a list of agents or a function that answers one' })
  if (approvals.onToolChange !== undefined && !['ask', 'hold', 'accept'].includes(approvals.onToolChange))
    problems.push({ path: 'approvals.onToolChange', message: "must be 'ask', 'hold' or 'accept'" })
  if (access.sharing !== undefined && !['members', 'admins'].includes(access.sharing))
    problems.push({ path: 'access.sharing', message: "must be 'members' or 'admins'" })
  const settled = {
    limits: {
      callTimeoutMs: positive('limits.callTimeoutMs', limits.callTimeoutMs, 60_000, day),
      connectTimeoutMs: positive('limits.connectTimeoutMs', limits.connectTimeoutMs, 15_000, day),
      concurrencyPerIntegration: positive(
        'limits.concurrencyPerIntegration',
        limits.concurrencyPerIntegration,
        8,
        1000,
      ),
      idleConnectionMs: positive('limits.idleConnectionMs', limits.idleConnectionMs, 300_000, day),
      maxConnections: positive('limits.maxConnections', limits.maxConnections, 500),
      maxTools: positive('limits.maxTools', limits.maxTools, 1000, 1000),
      maxResponseBytes: positive('limits.maxResponseBytes', limits.maxResponseBytes, 4 * 1024 * 1024),
      maxArgumentBytes: positive('limits.maxArgumentBytes', limits.maxArgumentBytes, 64 * 1024, 192 * 1024),
      relistBeforeApprovalMs: positive('limits.relistBeforeApprovalMs', limits.relistBeforeApprovalMs, 300_000, day),
      storageTimeoutMs: positive('limits.storageTimeoutMs', limits.storageTimeoutMs, 5_000, day),
    },
    approvals: {
      ...approvals,
      waitMs: positive('approvals.waitMs', approvals.waitMs, 300_000, day),
      expiresAfterMs: positive('approvals.expiresAfterMs', approvals.expiresAfterMs, day, 30 * day),
      onToolChange: approvals.onToolChange ?? ('ask' as const),
      maxPendingPerConversation: positive(
        'approvals.maxPendingPerConversation',
        approvals.maxPendingPerConversation,
        10,
        1000,
      ),
      maxPendingPerAgent: positive(
        'approvals.maxPendingPerAgent',
        approvals.maxPendingPerAgent,
        Math.max(10, Math.ceil((approvals.maxPendingPerUser ?? 100) / 2)),
        1000,
      ),
      maxPendingPerUser: positive('approvals.maxPendingPerUser', approvals.maxPendingPerUser, 100, 500),
      maxPendingEqual: positive('approvals.maxPendingEqual', approvals.maxPendingEqual, 3, 1000),
    },
    retention: {
      eventsMs: positive('retention.eventsMs', retention.eventsMs, 7 * day),
      auditMs: positive('retention.auditMs', retention.auditMs, 90 * day),
      approvalsMs: positive('retention.approvalsMs', retention.approvalsMs, 7 * day),
      auditArguments: retention.auditArguments ?? false,
    },
    access: {
      sharing: access.sharing ?? ('members' as const),
      adminsDecideForOthers: access.adminsDecideForOthers ?? false,
    },
    egress: options.egress ?? {},
    oauth: options.oauth,
    confirm: options.confirm,
    elicit: options.elicit,
    observer: options.observer,
  }
  if (problems.length > 0)
    throw new IntegrationError(
      'invalid_input',
      `IntegrationRegistry options: ${problems.map((p) => `${p.path} ${p.message}`).join('; ')}.`,
      { fields: problems },
    )
  return settled
}
