import type { Approval } from '../model/approval.js'
import { IntegrationError, isIntegrationError } from '../model/errors.js'
import type { ConfirmCallback } from '../ports/confirm.js'
import { endOne, presentApproval, readApproval, type StoredApproval } from './approvals.js'
import type { Context } from './context.js'
import { decide } from './decide.js'
import type { ResolvedCall } from './resolve.js'

/**
 * Waits until the approval is decided, the callback gives up, or `waitMs` is over; answers the approval as it then is.
 * An answer of the callback that comes later still counts: it decides the stored approval.
 */
export async function waitForDecision(
  context: Context,
  call: ResolvedCall,
  approval: StoredApproval,
  confirm: ConfirmCallback | undefined,
  joins: boolean,
  signal: AbortSignal | undefined,
): Promise<StoredApproval> {
  const { workspaceId } = call.target
  const id = approval.value.request.approvalId
  const read = async (): Promise<StoredApproval> => (await readApproval(context, workspaceId, id))?.stored ?? approval
  if (confirm === undefined && !joins) return approval
  let enough = false
  let wake = (): void => {}
  const stop = (): void => {
    enough = true
    wake()
  }
  const ends = [
    context.decisions.listen(id, () => wake()),
    context.runtime.setTimer(stop, context.options.approvals.waitMs),
    onAbort(signal, stop),
  ]
  if (confirm !== undefined)
    void consult(context, call, approval, confirm, signal).then((answered) => (answered ? undefined : stop()))
  try {
    for (;;) {
      const woken = new Promise<void>((resolve) => (wake = resolve))
      const now = await read()
      if (now.value.status !== 'pending') return now
      if (enough || context.closing.aborted || signal?.aborted === true) break
      await woken
    }
  } finally {
    for (const end of ends) end()
  }
  if (signal?.aborted === true) {
    await endOne(context, workspaceId, id, 'cancelled', 'The call was aborted before anybody decided.')
    throw new IntegrationError(
      'aborted',
      `The call of "${call.modelName}" was aborted while it waited for approval. It has not run.`,
      { integrationId: call.target.integrationId },
    )
  }
  return read()
}

/** Asks the host's callback and files its answer; `false`: it gave none, so waiting on is no use. */
async function consult(
  context: Context,
  call: ResolvedCall,
  approval: StoredApproval,
  confirm: ConfirmCallback,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { approvalId } = approval.value.request
  const over = new AbortController()
  const stop = (): void => over.abort()
  const stopWhenDecided = async (): Promise<void> => {
    const now = context.closing.aborted ? undefined : await readApproval(context, call.target.workspaceId, approvalId)
    if (now?.stored.value.status !== 'pending') stop()
  }
  const ends = [
    context.decisions.listen(approvalId, () => context.behind(stopWhenDecided)),
    context.runtime.setTimer(stop, approval.value.request.expiresAt - call.now),
    onAbort(signal, stop),
  ]
  try {
    const { status: _status, ...request }: Approval = presentApproval(approval.value, call.now)
    const answer = await confirm(request, { signal: over.signal })
    if (answer === 'defer') return false
    await decide(context, call.session.actor, [approvalId], answer, 'confirm')
    return true
  } catch (error) {
    // Decided elsewhere meanwhile: the waiting call sees that by itself. Anything else leaves the approval open.
    return isIntegrationError(error) && error.code === 'conflict'
  } finally {
    for (const end of ends) end()
  }
}

/** Calls back when the signal aborts, or at once when it has. @returns how to stop listening */
function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal?.aborted === true) listener()
  signal?.addEventListener('abort', listener, { once: true })
  return () => signal?.removeEventListener('abort', listener)
}
