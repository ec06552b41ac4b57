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
  const enough = new AbortController()
  const stop = (): void => enough.abort()
  const cancelTimer = context.runtime.setTimer(stop, context.options.approvals.waitMs)
  for (const other of [signal, context.closing]) other?.addEventListener('abort', stop, { once: true })
  if (signal?.aborted === true || context.closing.aborted) stop()
  try {
    if (confirm !== undefined)
      void consult(context, call, approval, confirm, signal).then((answered) => (answered ? undefined : stop()))
    for (;;) {
      const watch = context.decisions.watch(id)
      try {
        const now = await read()
        if (now.value.status !== 'pending') return now
        if (enough.signal.aborted) break
        await anyAbort(watch.signal, enough.signal)
      } finally {
        watch.stop()
      }
    }
  } finally {
    cancelTimer()
    for (const other of [signal, context.closing]) other?.removeEventListener('abort', stop)
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
  const watch = context.decisions.watch(approvalId)
  const cancelTimer = context.runtime.setTimer(stop, approval.value.request.expiresAt - call.now)
  const sources = [watch.signal, context.closing, ...(signal === undefined ? [] : [signal])]
  for (const source of sources) source.addEventListener('abort', stop, { once: true })
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
    cancelTimer()
    watch.stop()
    for (const source of sources) source.removeEventListener('abort', stop)
  }
}

function anyAbort(...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const signal of signals) signal.removeEventListener('abort', done)
      resolve()
    }
    for (const signal of signals) {
      if (signal.aborted) return done()
      signal.addEventListener('abort', done, { once: true })
    }
  })
}
