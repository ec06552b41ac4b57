import { isIntegrationError } from '../model/errors.js'

/** Cleans a server's text for display. */
export type CleanWords = (words: string) => string

/** The error with its server text cleaned for display. */
export function withCleanWords<T>(error: T, clean: CleanWords | undefined): T {
  if (!isIntegrationError(error) || error.serverMessage === undefined || clean === undefined) return error
  return error.with({ serverMessage: clean(error.serverMessage) }) as T
}
