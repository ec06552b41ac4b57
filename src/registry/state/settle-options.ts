import { invalid } from '../../model/invalid.js'
import { plainCopy } from '../../model/plain-copy.js'
import { registryOptions } from './option-shapes.js'
import type { IntegrationRegistryOptions } from './options.js'

const day = 86_400_000

/** Options with every default filled in. */
export type Settled = ReturnType<typeof settle>

/**
 * Checks the options of a registry and fills in the defaults.
 * @throws IntegrationError `invalid_input`, naming each option that is wrong
 */
export function settle(options: IntegrationRegistryOptions) {
  const problems = registryOptions(options, '')
  if (problems.length > 0) throw invalid('IntegrationRegistry options', problems)
  const maxPendingPerUser = options.approvals?.maxPendingPerUser ?? 100
  return {
    limits: {
      callTimeoutMs: 60_000,
      connectTimeoutMs: 15_000,
      concurrencyPerIntegration: 8,
      idleConnectionMs: 300_000,
      maxConnections: 500,
      maxTools: 1000,
      maxResponseBytes: 4 * 1024 * 1024,
      maxArgumentBytes: 64 * 1024,
      relistBeforeApprovalMs: 300_000,
      storageTimeoutMs: 5_000,
      ...given(options.limits),
    },
    approvals: {
      policy: options.approvals?.policy,
      risk: options.approvals?.risk,
      waitMs: 300_000,
      expiresAfterMs: day,
      onToolChange: 'ask' as const,
      maxPendingPerConversation: 10,
      maxPendingPerAgent: Math.max(10, Math.ceil(maxPendingPerUser / 2)),
      maxPendingPerUser,
      maxPendingEqual: 3,
      ...given(options.approvals),
    },
    retention: {
      eventsMs: 7 * day,
      auditMs: 90 * day,
      approvalsMs: 7 * day,
      auditArguments: false,
      ...given(options.retention),
    },
    access: { sharing: 'members' as const, adminsDecideForOthers: false, ...given(options.access) },
    egress: plainCopy(options.egress ?? {}),
    oauth: plainCopy(options.oauth),
    confirm: options.confirm,
    elicit: options.elicit,
    observer: options.observer,
  }
}

/** The options without `undefined` values, which mean the default. */
function given<T extends object>(options: T | undefined): { [Key in keyof T]?: NonNullable<T[Key]> } {
  const entries = Object.entries(options ?? {}).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [Key in keyof T]?: NonNullable<T[Key]> }
}
