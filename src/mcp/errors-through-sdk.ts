/**
 * The causes of an error, starting with the error itself, because the SDK wraps errors of its transports.
 */
export function* causesOf(thrown: unknown): Generator<Error> {
  for (let link = thrown, depth = 0; link instanceof Error && depth < maxCauses; link = link.cause, depth++) yield link
}

/** The maximum length of a chain of causes. */
const maxCauses = 8

/** The first cause of a kind. */
export function causeOf<T extends Error>(thrown: unknown, kind: abstract new (...args: never) => T): T | undefined {
  for (const cause of causesOf(thrown)) if (cause instanceof kind) return cause
  return undefined
}

/** Whether an error must reach the caller unchanged. */
export function isPassthrough(error: unknown): boolean {
  return error instanceof Error && Object.hasOwn(error, Symbol.for('mcp-integrations.passthrough'))
}

/** Thrown when the endpoint's `fetch` failed or its response was cut off. The cause is the platform's error. */
export class NetworkFailure extends Error {
  constructor(cause: unknown) {
    super('The network failed.', { cause })
  }
}

/** A JSON-RPC error. */
export interface RpcError {
  readonly code: number
  readonly message: string
  /** Whether the error has no request id, so that it may concern the session. */
  readonly doubtsSession?: boolean | undefined
}

/** Thrown for a request that was refused with an HTTP status and a JSON-RPC error in the body. */
export class RpcRefusal extends Error implements RpcError {
  readonly code: number
  readonly httpStatus: number
  readonly doubtsSession: boolean | undefined

  constructor(refusal: RpcError & { readonly httpStatus: number }) {
    super(refusal.message)
    this.code = refusal.code
    this.httpStatus = refusal.httpStatus
    this.doubtsSession = refusal.doubtsSession
  }
}

/** The reason in a synthetic response to a request that got none. */
export class Unanswered {
  constructor(readonly failure: unknown) {}
}

/** Thrown when the `server/discover` probe shows no Streamable HTTP endpoint. */
export class ProbeRefused extends Error {}
