import { IntegrationError, isIntegrationError } from '../model/errors.js'

/** The error for an aborted call, with the caller's reason as its cause. */
export function abortedBy(signal: AbortSignal): IntegrationError {
  const reason: unknown = signal.reason
  if (isIntegrationError(reason)) return reason
  const error = new IntegrationError('aborted', 'The call was aborted.')
  if (reason instanceof Error) error.cause = reason
  return error
}
