import { IntegrationError, isIntegrationError } from '../../model/errors.js'
import type { ToolCallOutcome } from '../../model/outcome.js'
import { AuthorizationRequired } from '../../oauth/authorized-fetch.js'
import { actionFor } from '../servers/status.js'
import { EndedCall } from '../state/calls-in-flight.js'
import type { ResolvedCall } from './resolved-call.js'

/**
 * The error for the caller: names the integration and the cause.
 *
 * @param wasSent - whether a request of the call may have left; otherwise a call that the registry ended has not run
 */
export function toCallError(
  error: unknown,
  call: ResolvedCall,
  wasSent: boolean,
): IntegrationError | AuthorizationRequired {
  if (error instanceof AuthorizationRequired) return error
  const { integrationId, record } = call.target
  if (error instanceof EndedCall) return ended(error, call, wasSent)
  if (!isIntegrationError(error))
    return new IntegrationError('protocol_error', `The call of "${call.modelName}" failed unexpectedly.`, {
      integrationId,
      mayHaveRun: true,
    })
  const message = `Integration "${record.name}": ${error.message}`
  return error.with({ message, integrationId, cause: undefined, modelText: toModelText(error.with({ message }), call) })
}

/** What happened, whether the tool may have run, and what the server says of it. */
function toModelText({ message, reason, mayHaveRun, serverMessage }: IntegrationError, call: ResolvedCall): string {
  const { modelName, target } = call
  const isForbidden = reason === 'forbidden'
  return [
    isForbidden
      ? `The server of integration "${target.record.name}" doesn't allow the call of ${modelName} with this credential. It has not run. Don't try it again.`
      : message,
    mayHaveRun ? 'It may have run anyway.' : '',
    serverMessage === undefined || serverMessage === '' ? '' : `The server says: ${serverMessage}`,
  ]
    .filter((part) => part !== '')
    .join(' ')
}

function ended(by: EndedCall, call: ResolvedCall, wasSent: boolean): IntegrationError {
  const why = {
    integration_disabled: 'was turned off',
    not_found: 'was removed',
    closed: 'is being closed with its registry',
    conflict: 'was changed',
  }[by.why]
  return new IntegrationError(by.why, `Integration "${call.target.record.name}" ${why} during the call.`, {
    integrationId: call.target.integrationId,
    mayHaveRun: wasSent && isIntegrationError(by.endedWith) && by.endedWith.mayHaveRun,
  })
}

/** The outcome of a call that a person has to sign in for, or to correct a credential for. */
export function authorizationRequired(call: ResolvedCall, error: AuthorizationRequired): ToolCallOutcome {
  const { record, integrationId } = call.target
  return {
    type: 'authorization_required',
    integrationId,
    action: actionFor(error.reason, record.auth) ?? 'reconnect',
    scopes: error.scopes,
    modelText: `The call of ${call.modelName} has not run: integration "${record.name}" needs a person to ${record.auth === 'header' ? 'correct its credential' : 'sign in'} first.`,
  }
}

/** Whether the server definitely refused the call, so that the approval is used. */
export function isDefiniteRefusal({ code, httpStatus, reason }: IntegrationError): boolean {
  return (
    httpStatus !== undefined ||
    reason === 'forbidden' ||
    code === 'protocol_error' ||
    code === 'session_lost' ||
    code === 'redirect_refused'
  )
}

/**
 * Whether an error says something about the server: an outage, a lost session, or a reason why the call wasn't sent. A
 * slow, failing or forbidden tool doesn't.
 */
export function isAboutServer({ code, mayHaveRun, httpStatus }: IntegrationError): boolean {
  if (code === 'response_too_large' || code === 'protocol_error' || httpStatus === 403) return false
  return !mayHaveRun || code === 'unreachable' || code === 'rate_limited'
}
