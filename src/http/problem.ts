import { isIntegrationError, type ErrorCode, type FieldProblem, type IntegrationError } from '../index.js'

/** Error codes of the handler itself, besides the {@link ErrorCode} of the registry. */
export type HttpErrorCode =
  | 'unauthenticated'
  | 'cross_site'
  | 'wrong_host'
  | 'no_such_route'
  | 'method_not_allowed'
  | 'unsupported_media_type'
  | 'body_too_large'
  | 'precondition_failed'
  | 'precondition_required'
  | 'internal'

/** The code of a {@link Problem}. */
export type ProblemCode = ErrorCode | HttpErrorCode

/** The HTTP status of every code. `docs/http.md` has the same table. */
export const problemStatus = {
  invalid_input: 400,
  unauthenticated: 401,
  forbidden: 403,
  agent_not_allowed: 403,
  cross_site: 403,
  not_found: 404,
  tool_not_found: 404,
  no_such_route: 404,
  method_not_allowed: 405,
  conflict: 409,
  tool_disabled: 409,
  integration_disabled: 409,
  precondition_failed: 412,
  body_too_large: 413,
  unsupported_media_type: 415,
  wrong_host: 421,
  url_refused: 422,
  not_mcp: 422,
  authorization_failed: 422,
  precondition_required: 428,
  limit_reached: 429,
  aborted: 499,
  internal: 500,
  storage_incompatible: 500,
  credential_unreadable: 500,
  unreachable: 502,
  session_lost: 502,
  server_error: 502,
  protocol_error: 502,
  redirect_refused: 502,
  response_too_large: 502,
  rate_limited: 503,
  storage_unavailable: 503,
  closed: 503,
  timeout: 504,
} as const satisfies Readonly<Record<ProblemCode, number>>

/**
 * The body of every error response, as `application/problem+json`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export interface Problem {
  /** The HTTP status. */
  readonly status: number
  /** The {@link ErrorCode}, or `internal`. */
  readonly code: ProblemCode
  /** The code in words. */
  readonly title: string
  /** What happened and what to do. */
  readonly detail: string
  /** With `invalid_input`: the invalid fields. */
  readonly fields?: readonly FieldProblem[] | undefined
  readonly integrationId?: string | undefined
  /** Whether a tool may have run. Absent: it did not. */
  readonly mayHaveRun?: true | undefined
  /** A more specific reason, if there is one. */
  readonly reason?: string | undefined
  /** The policy that decided. */
  readonly rule?: string | undefined
  /** When to try again, in ms from now. */
  readonly retryAfterMs?: number | undefined
}

/** An error of the handler itself. */
export class Refusal extends Error {
  override readonly name = 'Refusal'

  constructor(
    readonly code: HttpErrorCode,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message)
  }
}

/** The response for an error. The text of foreign errors is left out: it may hold a secret. */
export function problemResponse(error: unknown): Response {
  const body = problemOf(error)
  const headers = new Headers(error instanceof Refusal ? error.headers : {})
  headers.set('Content-Type', 'application/problem+json')
  if (body.retryAfterMs !== undefined) headers.set('Retry-After', String(Math.ceil(body.retryAfterMs / 1000)))
  return new Response(JSON.stringify(body), { status: body.status, headers })
}

/** An error as its JSON body. */
export function problemOf(error: unknown): Problem {
  if (isIntegrationError(error)) return problem(error.code, error.message, error)
  if (error instanceof Refusal) return problem(error.code, error.message)
  return problem('internal', 'The request failed unexpectedly. The host has the details in its own logs.')
}

function problem(code: ProblemCode, detail: string, details?: IntegrationError): Problem {
  return {
    status: problemStatus[code],
    code,
    title: titleOf(code),
    detail,
    fields: details?.fields,
    integrationId: details?.integrationId,
    mayHaveRun: details?.mayHaveRun === true ? true : undefined,
    reason: details?.reason,
    rule: details?.rule,
    retryAfterMs: details?.retryAfterMs,
  }
}

function titleOf(code: ProblemCode): string {
  const words = code.replaceAll('_', ' ')
  return words[0]!.toUpperCase() + words.slice(1)
}
