import type { Labels } from '../labels/english.js'

/** An error of the HTTP API, as the page shows it. */
export interface ShownError {
  readonly message: string
  readonly code?: string | undefined
  readonly fields?: readonly { readonly path: string; readonly message: string }[] | undefined
}

/** Any error, with a message for the person at the page. */
export function shownError(error: unknown, labels: Labels): ShownError {
  const { code, status, fields, message } = (error ?? {}) as {
    readonly code?: unknown
    readonly status?: unknown
    readonly fields?: ShownError['fields']
    readonly message?: unknown
  }
  if (error instanceof TypeError) return { message: labels.offline }
  if (status === 401) return { message: labels.signedOut, code: 'unauthorized' }
  if (typeof code !== 'string') return { message: labels.unexpected }
  // Someone else changed it first: the HTTP API has two codes for it, with and without a revision in the request.
  if (code === 'conflict' || code === 'precondition_failed')
    return { message: labels.changedElsewhere, code: 'conflict' }
  return { message: typeof message === 'string' ? message : labels.unexpected, code, fields }
}

/** Whether the same request may succeed a little later: there was no response, or the server failed. */
export function isTemporary(error: unknown): boolean {
  const { status } = (error ?? {}) as { readonly status?: unknown }
  return error instanceof TypeError || (typeof status === 'number' && status >= 500)
}
