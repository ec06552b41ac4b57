/**
 * The causes of an error, itself first. What we throw in the SDK's transports comes back wrapped in errors of its own.
 */
export function* causesOf(thrown: unknown): Generator<Error> {
  for (let link = thrown, depth = 0; link instanceof Error && depth < maxCauses; link = link.cause, depth++) yield link
}

/** Deeper chains of causes are no honest ones. */
const maxCauses = 8

/** The first cause of a kind. */
export function causeOf<T extends Error>(thrown: unknown, kind: abstract new (...args: never) => T): T | undefined {
  for (const cause of causesOf(thrown)) if (cause instanceof kind) return cause
  return undefined
}

/** Whether an error is to reach the caller as it is, whatever it went through. */
export function isPassthrough(error: unknown): boolean {
  return error instanceof Error && Object.hasOwn(error, Symbol.for('mcp-integrations.passthrough'))
}

/** The endpoint's own `fetch` failed, or its answer broke off: whatever the platform threw is about the network. */
export class NetworkFailure extends Error {
  constructor(cause: unknown) {
    super('The network failed.', { cause })
  }
}

/** What a JSON-RPC error says. */
export interface RpcError {
  readonly code: number
  readonly message: string
  /** It doesn't name the request that it refuses, so that it may be about the session. */
  readonly doubtsSession?: boolean | undefined
}

/** A request was refused by its HTTP status, with a JSON-RPC error of its own in the body. */
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

/** A synthetic answer, in place of one that never came, carries why. */
export class Unanswered {
  constructor(readonly failure: unknown) {}
}

/** Thrown when the `server/discover` probe shows no Streamable HTTP endpoint. */
export class ProbeRefused extends Error {}
