import { IntegrationError } from '../model/errors.js'

/** The error after the registry was closed. */
export function closedError(mayHaveRun = false): IntegrationError {
  return new IntegrationError('closed', 'The registry was closed.', { mayHaveRun })
}
