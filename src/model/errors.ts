/**
 * Every way an operation can fail, as one closed union. `docs/errors.md` has a line for each.
 */
export const errorCodes = [
  'invalid_input',
  'not_found',
  'forbidden',
  'conflict',
  'limit_reached',
  'url_refused',
  'tool_not_found',
  'tool_disabled',
  'integration_disabled',
  'agent_not_allowed',
  'unreachable',
  'timeout',
  'aborted',
  'session_lost',
  'rate_limited',
  'server_error',
  'not_mcp',
  'protocol_error',
  'redirect_refused',
  'response_too_large',
  'authorization_failed',
  'storage_unavailable',
  'storage_incompatible',
  'credential_unreadable',
  'closed',
] as const

/** The cause of an {@link IntegrationError}. */
export type ErrorCode = (typeof errorCodes)[number]

/** One field of an input that was refused. */
export interface FieldProblem {
  /** Where it is, as a path: `agents[0]`, `headers.X-Api-Key`. Never holds the value. */
  readonly path: string
  /** What is wrong with it and what to do. */
  readonly message: string
}

/** What an {@link IntegrationError} knows besides its code and message. */
export interface IntegrationErrorDetails {
  readonly integrationId?: string | undefined
  /** Whether the tool may have run. `@default false` */
  readonly mayHaveRun?: boolean | undefined
  /** `invalid_input`: the fields that were refused. */
  readonly fields?: readonly FieldProblem[] | undefined
  /** `forbidden` by policy: the rule that decided. */
  readonly rule?: string | undefined
  /**
   * `authorization_failed`: the OAuth error code where it is a registered one, or our own reason
   * (`pkce_unsupported`, `issuer_mismatch`, …). `unreachable`: `dns`, `refused` or `tls` (nothing was sent), or `reset`.
   * `timeout`: `connect` when no connection was made. Never text of the server's making.
   */
  readonly reason?: string | undefined
  /** HTTP status, where one was received. */
  readonly httpStatus?: number | undefined
  /** `rate_limited`, `server_error`: when the server asked to be tried again, in ms from now. */
  readonly retryAfterMs?: number | undefined
  /** A cause of our own making. Foreign errors are never attached: their text may hold a secret. */
  readonly cause?: IntegrationError | undefined
}

const brand = Symbol.for('mcp-integrations.IntegrationError')

/**
 * The one error class of the library. The code says the cause; {@link IntegrationError.mayHaveRun} says whether
 * the tool may have run. No message, cause or field holds a secret or a server's own text.
 */
export class IntegrationError extends Error {
  override readonly name = 'IntegrationError'
  /** The cause. */
  readonly code: ErrorCode
  /** Whether the tool may have run: if so, don't call it again by yourself. */
  readonly mayHaveRun: boolean
  /** The integration that it is about, where it is about one. */
  readonly integrationId?: string | undefined
  /** `invalid_input`: the fields that were refused. */
  readonly fields?: readonly FieldProblem[] | undefined
  /** `forbidden` by policy: the rule that decided. */
  readonly rule?: string | undefined
  /** What {@link IntegrationErrorDetails.reason} says. */
  readonly reason?: string | undefined
  /** HTTP status, where one was received. */
  readonly httpStatus?: number | undefined
  /** When the server asked to be tried again, in ms from now. */
  readonly retryAfterMs?: number | undefined

  constructor(code: ErrorCode, message: string, details: IntegrationErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    Object.defineProperty(this, brand, { value: true })
    this.code = code
    this.mayHaveRun = details.mayHaveRun ?? false
    if (details.integrationId !== undefined) this.integrationId = details.integrationId
    if (details.fields !== undefined) this.fields = details.fields
    if (details.rule !== undefined) this.rule = details.rule
    if (details.reason !== undefined) this.reason = details.reason
    if (details.httpStatus !== undefined) this.httpStatus = details.httpStatus
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs
  }

  /** The same fault, told of a certain integration or with a changed `mayHaveRun`. */
  with(details: Pick<IntegrationErrorDetails, 'integrationId' | 'mayHaveRun'>): IntegrationError {
    return new IntegrationError(this.code, this.message, {
      ...this,
      cause: this.cause as IntegrationError | undefined,
      ...details,
    })
  }
}

/** Recognises an {@link IntegrationError} also when two copies of the package are loaded. */
export function isIntegrationError(value: unknown): value is IntegrationError {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true
}
