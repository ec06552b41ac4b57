import type { RememberOptions } from '../model/approval.js'
import { IntegrationError, type FieldProblem } from '../model/errors.js'
import type { ToolAnnotations, ToolLabel } from '../model/tool.js'
import type { ApprovalBinding } from './binding.js'

/** A remembered decision, as it is stored. Absent fields don't restrict it. Times are ms since the epoch. */
export interface StoredGrant {
  readonly id: string
  readonly workspaceId: string
  readonly userId: string
  readonly integrationId: string
  readonly bindingRevision: number
  readonly tool: string
  readonly definitionHash: string
  readonly agentId?: string | undefined
  readonly conversationId?: string | undefined
  readonly argumentsDigest?: string | undefined
  readonly usesLeft?: number | undefined
  readonly grantedAt: number
  readonly expiresAt: number
  readonly lastUsedAt?: number | undefined
}

const day = 86_400_000
/** The maximum lifetime of a grant. */
const maxLifetimeMs = 30 * day

/** The grant that allows a call. Of several, one with unlimited uses first, then the most restricted one. */
export function matchGrant(
  grants: readonly StoredGrant[],
  call: ApprovalBinding,
  now: number,
): StoredGrant | undefined {
  return grants
    .filter((grant) => matches(grant, call, now))
    .toSorted((left, right) => hasUseLimit(left) - hasUseLimit(right) || restrictions(right) - restrictions(left))[0]
}

/**
 * Creates a grant from a decision with `remember`.
 *
 * @throws IntegrationError `invalid_input`: out of bounds, or a decision that must not be remembered
 */
export function grantFrom(
  remember: unknown,
  decided: {
    readonly binding: ApprovalBinding
    readonly label: ToolLabel | undefined
    readonly trusted: boolean
    readonly annotations: ToolAnnotations | undefined
    readonly id: string
    readonly now: number
  },
): StoredGrant {
  const { binding, id, now } = decided
  const options = readRemember(remember, binding)
  if (destroys(decided))
    throw refuse([{ path: 'remember', message: "can't be used for a destructive tool: the tool asks every time" }])
  const { workspaceId, userId, integrationId, bindingRevision, tool, definitionHash } = binding
  return {
    id,
    workspaceId,
    userId,
    integrationId,
    bindingRevision,
    tool,
    definitionHash,
    agentId: options.agents === 'all' ? undefined : binding.agentId,
    conversationId:
      options.for === 'conversation' && binding.conversationId !== undefined ? binding.conversationId : undefined,
    argumentsDigest: options.arguments === 'any' ? undefined : binding.argumentsDigest,
    usesLeft: options.uses,
    grantedAt: now,
    expiresAt:
      now +
      (options.minutes === undefined
        ? options.for === 'conversation'
          ? day
          : maxLifetimeMs
        : options.minutes * 60_000),
  }
}

/** Whether a trusted server annotates the tool as destructive, unless a person labelled it as read. */
function destroys({ trusted, annotations, label }: Parameters<typeof grantFrom>[1]): boolean {
  const corrected = label?.source === 'person' && label.value === 'read'
  return trusted && annotations?.destructiveHint === true && !corrected
}

function matches(grant: StoredGrant, call: ApprovalBinding, now: number): boolean {
  return (
    grant.workspaceId === call.workspaceId &&
    grant.userId === call.userId &&
    grant.integrationId === call.integrationId &&
    grant.bindingRevision === call.bindingRevision &&
    grant.tool === call.tool &&
    grant.definitionHash === call.definitionHash &&
    (grant.agentId === undefined || grant.agentId === call.agentId) &&
    (grant.conversationId === undefined || grant.conversationId === call.conversationId) &&
    (grant.argumentsDigest === undefined || grant.argumentsDigest === call.argumentsDigest) &&
    (grant.usesLeft === undefined || grant.usesLeft > 0) &&
    now < grant.expiresAt
  )
}

function hasUseLimit({ usesLeft }: StoredGrant): number {
  return usesLeft === undefined ? 0 : 1
}

function restrictions({ agentId, conversationId, argumentsDigest }: StoredGrant): number {
  return [agentId, conversationId, argumentsDigest].filter((bound) => bound !== undefined).length
}

function readRemember(input: unknown, binding: ApprovalBinding): RememberOptions {
  const problems: FieldProblem[] = []
  const options = (typeof input === 'object' && input !== null ? input : {}) as Record<string, unknown>
  const unknown = Object.keys(options).filter((key) => !['for', 'uses', 'minutes', 'agents', 'arguments'].includes(key))
  for (const key of unknown) problems.push({ path: `remember.${key.slice(0, 64)}`, message: 'is not a known field' })
  if (!['conversation', 'tool', 'limited'].includes(options.for as string))
    problems.push({ path: 'remember.for', message: "must be 'conversation', 'tool' or 'limited'" })
  if (options.for === 'conversation' && binding.conversationId === undefined)
    problems.push({
      path: 'remember.for',
      message: "can't be 'conversation': the call has no conversation; pass toolset({ conversationId })",
    })
  if (options.for === 'limited' && options.uses === undefined && options.minutes === undefined)
    problems.push({ path: 'remember', message: "must have uses or minutes with for: 'limited'" })
  if (options.uses !== undefined && !isWhole(options.uses, 1000))
    problems.push({ path: 'remember.uses', message: 'must be a whole number from 1 to 1000' })
  if (options.minutes !== undefined && !isWhole(options.minutes, 43_200))
    problems.push({ path: 'remember.minutes', message: 'must be a whole number from 1 to 43200 (30 days)' })
  if (options.agents !== undefined && options.agents !== 'this' && options.agents !== 'all')
    problems.push({ path: 'remember.agents', message: "must be 'this' or 'all'" })
  if (options.arguments !== undefined && options.arguments !== 'equal' && options.arguments !== 'any')
    problems.push({ path: 'remember.arguments', message: "must be 'equal' or 'any'" })
  if (problems.length > 0) throw refuse(problems)
  return options as unknown as RememberOptions
}

function isWhole(value: unknown, most: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most
}

function refuse(fields: readonly FieldProblem[]): IntegrationError {
  return new IntegrationError(
    'invalid_input',
    `decide(): ${fields.map(({ path, message }) => `${path} ${message}`).join('; ')}.`,
    { fields },
  )
}
