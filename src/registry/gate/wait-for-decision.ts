import type { Approval } from '../../model/approval.js'
import { IntegrationError, isIntegrationError } from '../../model/errors.js'
import type { ConfirmCallback } from '../../ports/confirm.js'
import { endOne, presentApproval, readApproval, type StoredApproval } from './approvals.js'
import { actingAs, type Context } from '../state/context.js'
import { decide } from './decide.js'
import type { ResolvedCall } from './resolve-tool.js'
import type { ToolCallOptions } from './call-scope.js'

/**
 * Asks the confirm callback, and waits until the approval is decided (by it or by anybody else), the callback gives up,
 * `waitMs` is over or the approval expires. An answer of the callback that comes later still decides the approval.
 *
 * @param opened - whether this call opened the approval; one that only joined leaves it open when it is aborted
 * @throws IntegrationError `aborted`
 */
export async function waitForDecision(
  context: Context,
  call: ResolvedCall,
  approval: StoredApproval,
  opened: boolean,
  options: ToolCallOptions,
): Promise<void> {
  const { confirm = call.session.confirm, signal } = options
  const { workspaceId, integrationId } = call.target
  const { approvalId } = approval.value.request
  const ended = confirm === undefined ? 'undecided' : await untilDecided(context, call, approval, confirm, signal)
  if (ended === 'decided' || signal?.aborted !== true) return
  if (opened && ended !== 'others_wait')
    await endOne(context, workspaceId, approvalId, 'cancelled', 'The call was aborted before anybody decided.')
  throw new IntegrationError(
    'aborted',
    `The call of "${call.modelName}" was aborted while it waited for approval. It has not run.`,
    { integrationId },
  )
}

/** Waits, together with whoever else waits for the same approval in this process. */
async function untilDecided(
  context: Context,
  call: ResolvedCall,
  approval: StoredApproval,
  confirm: ConfirmCallback,
  signal: AbortSignal | undefined,
): Promise<'decided' | 'undecided' | 'others_wait'> {
  const { approvalId, expiresAt } = approval.value.request
  let enough = signal?.aborted === true
  let wake = (): void => {}
  const stop = (): void => {
    enough = true
    wake()
  }
  const leave = context.decisions.join(approvalId, () => wake())
  const ends = [
    every(context, lookAgainMs, () => wake()),
    context.runtime.setTimer(stop, Math.min(context.options.approvals.waitMs, expiresAt - call.now)),
    onAbort(signal, stop),
  ]
  if (!enough)
    void context.decisions
      .ask(approvalId, () => consult(context, call, approval, confirm))
      .then((answered) => (answered ? undefined : stop()))
  let decided = false
  let others = false
  try {
    for (;;) {
      const woken = new Promise<void>((resolve) => (wake = resolve))
      const found = await readApproval(context, call.target.workspaceId, approvalId)
      decided = found?.stored.value.status !== 'pending'
      if (decided || enough || context.closing.aborted) break
      await woken
    }
  } finally {
    for (const end of ends) end()
    others = leave()
  }
  if (decided) context.decisions.notice(approvalId)
  return decided ? 'decided' : others ? 'others_wait' : 'undecided'
}

/** What another process has decided is seen so late at most where the storage can't tell of it, in ms. */
const lookAgainMs = 2_000

/** Calls back again and again. @returns how to end it */
function every(context: Context, ms: number, callback: () => void): () => void {
  const again = (): (() => void) =>
    context.runtime.setTimer(() => {
      cancel = again()
      callback()
    }, ms)
  let cancel = again()
  return () => cancel()
}

/** Asks the host's callback and files its answer; `false`: it gave none, so waiting on is no use. */
async function consult(
  context: Context,
  call: ResolvedCall,
  approval: StoredApproval,
  confirm: ConfirmCallback,
): Promise<boolean> {
  const { approvalId, expiresAt } = approval.value.request
  const over = new AbortController()
  const stopWhenDecided = async (): Promise<void> => {
    const now = context.closing.aborted ? undefined : await readApproval(context, call.target.workspaceId, approvalId)
    if (now?.stored.value.status !== 'pending') over.abort()
  }
  const ends = [
    context.decisions.listen(approvalId, () => context.runInBackground(stopWhenDecided)),
    context.runtime.setTimer(() => over.abort(), expiresAt - call.now),
  ]
  try {
    const { status: _status, ...request }: Approval = presentApproval(approval.value, call.now)
    const answer = await confirm(request, { signal: over.signal })
    if (answer === 'defer') return false
    await decide(actingAs(context, call.session.actor), [approvalId], answer, 'confirm')
    return true
  } catch (error) {
    // Decided elsewhere meanwhile: the waiting call sees that by itself. Anything else leaves the approval open.
    return isIntegrationError(error) && error.code === 'conflict'
  } finally {
    for (const end of ends) end()
  }
}

/** Calls back when the signal aborts. @returns how to stop listening */
function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  signal?.addEventListener('abort', listener, { once: true })
  return () => signal?.removeEventListener('abort', listener)
}
