import type { ToolCallOutcome } from '../../model/outcome.js'
import { useServer } from '../servers/use-server.js'
import type { Context } from '../state/context.js'
import { callListener } from '../state/event-feed.js'
import { admit, Unsent } from './admit.js'
import type { ToolCallOptions } from './call-scope.js'
import { begin, conclude, type Ending } from './conclude.js'
import { elicitFor } from './elicit.js'
import { redeemNow, type Permitted } from './redeem-approval.js'

/** The time limit of a call whose server keeps reporting progress, as a multiple of its timeout. */
const maxProgressFactor = 5

/**
 * The only code that sends `tools/call`: connects, checks the permission again right before the request, and sends it.
 *
 * @throws IntegrationError every error of a server, `aborted`, and the reasons why the call is no longer permitted
 */
export async function sendCall(
  context: Context,
  permitted: Permitted,
  options: ToolCallOptions,
): Promise<ToolCallOutcome> {
  const { call, approval } = permitted
  const { target, scope, since } = call
  const { timeoutMs = context.options.limits.callTimeoutMs, signal, onProgress } = options
  const ending: Ending = begin(context, permitted, timeoutMs * maxProgressFactor)
  try {
    const current = approval === undefined ? permitted : await withFreshTools(context, permitted, approval)
    ending.admission.permitted = current
    ending.answer = await context.calls.track(
      target,
      signal,
      (tracked) =>
        useServer(
          context,
          current.call.target,
          (connection, { waited }) => {
            const { tool, args } = current.call
            return connection.callTool(tool.definition, args.value, {
              signal: tracked,
              timeoutMs,
              onProgress: onProgress && ((progress) => callListener(context.report, onProgress, progress)),
              meta: ending.observation?.meta,
              beforeSend: (waitedLater) =>
                admit(context, ending.admission, ending.sent++ > 0 || waited || waitedLater || isLate(context, ending)),
              ...elicitFor(context, current.call),
            })
          },
          { signal: tracked, elicits: scope.elicit !== undefined },
        ),
      since,
    )
  } catch (error) {
    ending.error = error
  }
  return conclude(context, ending)
}

/**
 * Refreshes an old tool list before an approval is used: not every server announces changes.
 */
async function withFreshTools(
  context: Context,
  permitted: Permitted,
  approval: NonNullable<Permitted['approval']>,
): Promise<Permitted> {
  const { call } = permitted
  if (call.now - call.manifest.listedAt <= context.options.limits.relistBeforeApprovalMs) return permitted
  await context.refreshTools(call.target)
  const again = await redeemNow(context, call.scope, approval)
  if (again.type === 'ended') throw new Unsent(again)
  return again
}

/** Whether so much time may have passed (for a vault, a storage) that the records must be read again. */
function isLate(context: Context, { started }: Ending): boolean {
  const passed = context.runtime.now() - started
  // After the clock was set back, the time that passed is unknown.
  return passed > 1_000 || passed < 0
}
