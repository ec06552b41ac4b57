import { IntegrationError } from '../../model/errors.js'

/** The same error for a thing that doesn't exist and for one that this actor has no access to. */
export function notFound(what: string, id: string): IntegrationError {
  const named = `${what[0]!.toUpperCase()}${what.slice(1)} "${id.slice(0, 100)}"`
  return new IntegrationError('not_found', `${named} was not found, or you don't have access to it.`)
}

/** The error after the registry was closed. */
export function closed(): IntegrationError {
  return new IntegrationError('closed', 'The registry is closed. Create a new one.')
}

/** The error when other writers were first, several times in a row. */
export function conflict(what: string): IntegrationError {
  return new IntegrationError(
    'conflict',
    `${what} was changed by another person or process at the same time. Read it again, then repeat the change.`,
  )
}
