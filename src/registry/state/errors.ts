import { IntegrationError } from '../../model/errors.js'

/** What is asked for doesn't exist, or this actor may not know that it does: both answer exactly this. */
export function notFound(what: string, id: string): IntegrationError {
  return new IntegrationError('not_found', `There is no ${what} "${id.slice(0, 100)}" that you can use.`)
}

/** The registry takes nothing any more. */
export function closed(): IntegrationError {
  return new IntegrationError('closed', 'The registry is closed. Make a new one.')
}

/** Somebody kept writing first. */
export function conflict(what: string): IntegrationError {
  return new IntegrationError(
    'conflict',
    `${what} was changed by somebody else at the same moment. Read it again and repeat the change.`,
  )
}
