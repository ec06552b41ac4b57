import type { Approval, ApprovalStatus } from '../../model/approval.js'
import { atFirstUse } from '../../model/at-first-use.js'
import { IntegrationError, isIntegrationError } from '../../model/errors.js'
import { onAbort } from '../../model/race.js'
import type { ConfirmCallback } from '../../ports/confirm.js'
import { presentApproval, readApproval, type StoredApproval } from './approvals.js'
import { actingAs, type Context } from '../state/context.js'
import { endOne } from './end-approvals.js'
import type { OpenedApproval } from './open-approval.js'
import type { ResolvedCall } from './resolved-call.js'
import type { ToolCallOptions } from './call-scope.js'

/**
 * Calls the confirm callback, and waits until the approval is decided (by the callback or elsewhere), the callback returns
 * without a decision, `waitMs` is over or the approval expires. A later result of the callback still decides the approval.
 * An aborted call that shares the approval leaves it open.
 *
 * @throws IntegrationError `aborted`
 */
export async function waitForDecision(
  context: Context,
  call: ResolvedCall,
  waited: OpenedApproval,
  options: ToolCallOptions,
): Promise<void> {
  const { confirm = call.scope.confirm, signal } = options
  const { workspaceId, integrationId } = call.target
  const { approvalId } = waited.approval.value.request
  const ended = confirm === undefined ? 'undecided' : await untilDecided(context, call, waited, { ...options, confirm })
  if (ended === 'decided' || signal?.aborted !== true) return
  if (waited.opened && ended !== 'others_wait')
    await endOne(context, workspaceId, approvalId, {
      to: 'cancelled',
      reason: 'The call was aborted before a decision.',
    })
  throw new IntegrationError(
    'aborted',
    `The call of "${call.modelName}" was aborted while it waited for approval. It has not run.`,
    { integrationId },
  )
}

/** Waits together with the other calls of this process that wait for the same approval. */
async function untilDecided(
  context: Context,
  call: ResolvedCall,
  { approval, opened }: OpenedApproval,
  { confirm, signal }: ToolCallOptions & { readonly confirm: ConfirmCallback },
): Promise<'decided' | 'undecided' | 'others_wait'> {
  const { approvalId, expiresAt } = approval.value.request
  // A shared approval may already have been decided.
  const state = { decided: false, mustRead: !opened, enough: false }
  let wake = (): void => {}
  const change = (what: Partial<typeof state>): void => {
    Object.assign(state, what)
    wake()
  }
  const leave = context.decisions.join(approvalId, (status) =>
    change(status === undefined ? { mustRead: true } : { decided: status !== 'pending' }),
  )
  const ends = [
    every(context, readAgainMs, () => change({ mustRead: true })),
    context.runtime.setTimer(
      () => change({ enough: true }),
      Math.min(context.options.approvals.waitMs, expiresAt - call.now),
    ),
    onAbort(signal, () => change({ enough: true })),
  ]
  if (!state.enough)
    void context.decisions
      .ask(approvalId, () => consult(context, call, approval, confirm))
      .then((answered) => (answered ? undefined : change({ enough: true })))
  let others = false
  try {
    while (!state.decided && !state.enough && !context.closing.aborted) {
      const woken = new Promise<void>((resolve) => (wake = resolve))
      if (state.mustRead) {
        state.mustRead = false
        if ((await statusOf(context, approval)) !== 'pending') state.decided = true
      } else await woken
    }
  } finally {
    for (const end of ends) end()
    others = leave()
  }
  return state.decided ? 'decided' : others ? 'others_wait' : 'undecided'
}

/**
 * How often the status is read again, in ms. This finds decisions of other processes if the storage doesn't report them.
 */
const readAgainMs = 2_000

/** Calls a function repeatedly. @returns a function that stops this */
function every(context: Context, ms: number, callback: () => void): () => void {
  const again = (): (() => void) =>
    context.runtime.setTimer(() => {
      cancel = again()
      callback()
    }, ms)
  let cancel = again()
  return () => cancel()
}

/** The stored status; a deleted approval counts as ended. */
function statusOf(context: Context, { value: { request } }: StoredApproval): Promise<ApprovalStatus> {
  return context.decisions.readStatus(request.approvalId, async () => {
    const found = await readApproval(context, request.workspaceId, request.approvalId)
    return found?.stored.value.status ?? 'expired'
  })
}

/** Calls the host's callback and records its decision. `false`: there was no decision, so waiting longer is pointless. */
async function consult(
  context: Context,
  call: ResolvedCall,
  approval: StoredApproval,
  confirm: ConfirmCallback,
): Promise<boolean> {
  const { approvalId, expiresAt } = approval.value.request
  const over = new AbortController()
  const stopWhenDecided = async (): Promise<void> => {
    if (context.closing.aborted || (await statusOf(context, approval)) !== 'pending') over.abort()
  }
  const ends = [
    context.decisions.listen(approvalId, (status) => {
      if (status === undefined) context.runInBackground(stopWhenDecided, call.target)
      else if (status !== 'pending') over.abort()
    }),
    context.runtime.setTimer(() => over.abort(), expiresAt - call.now),
  ]
  try {
    const { status: _status, ...request }: Approval = presentApproval(approval.value, call.now)
    const decision = await confirm(request, { signal: over.signal })
    if (decision === 'defer') return false
    const { integrationId } = call.target
    const { decide } = await loadDecide()
    await decide(actingAs(context, call.scope.actor), [approvalId], decision, { by: 'confirm', integrationId })
    return true
  } catch (error) {
    // A conflict means that the approval was decided elsewhere: the waiting call reads that itself. Any other error leaves the approval open.
    if (isIntegrationError(error) && error.code === 'conflict') return true
    const { workspaceId, integrationId } = call.target
    const message = 'The confirm callback failed, or its decision could not be stored. The approval stays open.'
    if (!over.signal.aborted) context.report({ area: 'confirm', message, error, workspaceId, integrationId })
    return false
  } finally {
    for (const end of ends) end()
  }
}

/** Checking a decision needs zod: a process whose tools run without asking never loads it. */
const loadDecide = atFirstUse(() => import('./decide.js'))
