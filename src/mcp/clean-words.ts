import { isIntegrationError } from '../model/errors.js'

/** Makes what a server said fit to be shown. */
export type CleanWords = (words: string) => string

/** The same error, with the server's words as they may be shown. */
export function withCleanWords<T>(error: T, clean: CleanWords | undefined): T {
  if (!isIntegrationError(error) || error.serverMessage === undefined || clean === undefined) return error
  return error.with({ serverMessage: clean(error.serverMessage) }) as T
}
