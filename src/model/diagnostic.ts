/** A problem that the registry handled: no call and no listener failed because of it. */
export interface Diagnostic {
  /** Which part of the library it happened in. */
  readonly area: DiagnosticArea
  /** What happened, and the consequence. Contains no secret. */
  readonly message: string
  /** What the host's own function threw, or an `IntegrationError`. Other errors are left out: their text may hold a secret. */
  readonly error?: unknown
  readonly workspaceId?: string | undefined
  readonly integrationId?: string | undefined
}

/** Where a {@link Diagnostic} comes from. */
export type DiagnosticArea =
  /** A listener of `on()` or `onProgress` threw. */
  | 'listener'
  /** The `observer` threw. */
  | 'observer'
  /** The function `agents` threw during a call, which was not sent. */
  | 'agents'
  /** `approvals.policy` or `approvals.risk` threw. */
  | 'policy'
  /** The `confirm` callback failed: the approval stays open. */
  | 'confirm'
  /** The `elicit` callback failed: the server received a cancellation. */
  | 'elicit'
  /** Background work failed, e.g. reading a list of tools again. */
  | 'background'
  /** The event feed could not be read for listeners. It will be retried. */
  | 'live_events'
  /** The outcome of a call could not be stored. */
  | 'audit'
  /** A token could not be revoked or stored, or a secret could not be destroyed. */
  | 'credentials'
  /** A sweep of `maintenance` failed. The next one runs as scheduled. */
  | 'maintenance'
  /** A stored record could not be read, and was left out. */
  | 'storage'
  /** `close()` could not end something. */
  | 'close'
  /** Diagnostics were left out: too many within a second. */
  | 'diagnostics'

/** Reports a {@link Diagnostic} to the host; never throws. */
export type Report = (diagnostic: Diagnostic) => void
