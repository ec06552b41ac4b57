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
  /** The path of the field: `agents[0]`, `headers.X-Api-Key`. Never contains the value. */
  readonly path: string
  /** The problem and how to fix it. */
  readonly message: string
}

/** Details of an {@link IntegrationError} besides its code and message. */
export interface IntegrationErrorDetails {
  readonly integrationId?: string | undefined
  /** Whether the tool may have run. `@default false` */
  readonly mayHaveRun?: boolean | undefined
  /** `invalid_input`: the fields that were refused. */
  readonly fields?: readonly FieldProblem[] | undefined
  /** `forbidden` by policy: the rule that decided. */
  readonly rule?: string | undefined
  /**
   * `authorization_failed`: the OAuth error code if it is a registered one, or our own reason (`pkce_unsupported`,
   * `issuer_mismatch`, …). `unreachable`: `dns`, `refused` or `tls` (nothing was sent), or `reset`; of a local server
   * `no_such_program` or `exited`. `protocol_error`: `unsupported_version`, or `rpc_error` where the server returned a
   * JSON-RPC error. `timeout`: `connect` when no connection was made. Never the server's text.
   */
  readonly reason?: string | undefined
  /** HTTP status, where one was received. */
  readonly httpStatus?: number | undefined
  /** `rate_limited`, `server_error`: how long the server asked us to wait before the next request, in ms. */
  readonly retryAfterMs?: number | undefined
  /**
   * The server's own text: untrusted, at most 2,000 characters, without the secrets of the request. Shown
   * to a person who may edit the integration; never logged.
   */
  readonly serverMessage?: string | undefined
  /** Of a call: the error as text for a model. It may quote the server, so it is never logged. */
  readonly modelText?: string | undefined
  /** `unreachable` with the reason `exited`: the exit code of a local server. */
  readonly exitCode?: number | undefined
  /** `finishConnect`: the `returnTo` that the sign-in was started with. */
  readonly returnTo?: string | undefined
  /** `finishConnect`: the `ref` that the sign-in was started with. */
  readonly ref?: string | undefined
  /** The `IntegrationError` that caused it. Foreign errors are never attached: their text may hold a secret. */
  readonly cause?: IntegrationError | undefined
}

const brand = Symbol.for('mcp-integrations.IntegrationError')

/**
 * The only error class of the library. `code` is the cause; {@link IntegrationError.mayHaveRun} says whether
 * the tool may have run. No message, cause or enumerable field holds a secret or a server's own text; the fields that may,
 * {@link IntegrationError.serverMessage} and {@link IntegrationError.modelText}, are neither printed nor serialised.
 */
export class IntegrationError extends Error {
  override readonly name = 'IntegrationError'
  /** The cause. */
  readonly code: ErrorCode
  /** Whether the tool may have run: if so, don't retry automatically. */
  readonly mayHaveRun: boolean
  /** The integration concerned, if any. */
  readonly integrationId?: string | undefined
  /** `invalid_input`: the fields that were refused. */
  readonly fields?: readonly FieldProblem[] | undefined
  /** `forbidden` by policy: the rule that decided. */
  readonly rule?: string | undefined
  /** See {@link IntegrationErrorDetails.reason}. */
  readonly reason?: string | undefined
  /** HTTP status, where one was received. */
  readonly httpStatus?: number | undefined
  /** How long the server asked us to wait before the next request, in ms. */
  readonly retryAfterMs?: number | undefined
  /** `unreachable` with the reason `exited`: the exit code of a local server. */
  readonly exitCode?: number | undefined
  /** `finishConnect`: the `returnTo` that the sign-in was started with. */
  readonly returnTo?: string | undefined
  /** `finishConnect`: the `ref` that the sign-in was started with. */
  readonly ref?: string | undefined
  /** See {@link IntegrationErrorDetails.serverMessage}. Not enumerable, so that no log contains it by accident. */
  declare readonly serverMessage?: string | undefined
  /** Of a failed call: the error as text for a model, like `modelText` of an outcome. Not enumerable either. */
  declare readonly modelText?: string | undefined

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
    if (details.exitCode !== undefined) this.exitCode = details.exitCode
    if (details.returnTo !== undefined) this.returnTo = details.returnTo
    if (details.ref !== undefined) this.ref = details.ref
    if (details.serverMessage !== undefined)
      Object.defineProperty(this, 'serverMessage', { value: details.serverMessage, enumerable: false })
    if (details.modelText !== undefined)
      Object.defineProperty(this, 'modelText', { value: details.modelText, enumerable: false })
  }

  /** The object that `JSON.stringify` prints. Includes the message, which is not enumerable on errors. */
  toJSON(): object {
    return { ...this, message: this.message }
  }

  /** The same error with further details, e.g. the integration's id. */
  with(details: IntegrationErrorDetails & { readonly message?: string | undefined }): IntegrationError {
    const { message = this.message, ...changed } = details
    return new IntegrationError(this.code, message, {
      ...this,
      cause: this.cause as IntegrationError | undefined,
      serverMessage: this.serverMessage,
      modelText: this.modelText,
      ...changed,
    })
  }
}

/** Recognises an {@link IntegrationError} also when two copies of the package are loaded. */
export function isIntegrationError(value: unknown): value is IntegrationError {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true
}
