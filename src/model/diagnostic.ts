/** A problem that was contained: no call and no listener failed because of it. */
export interface Diagnostic {
  /** Which part of the library it happened in. */
  readonly area: DiagnosticArea
  /** What happened, and its consequence. Holds no secret. */
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
  /** `approvals.policy` or `approvals.risk` threw. */
  | 'policy'
  /** The `confirm` callback failed: the approval stays open. */
  | 'confirm'
  /** The `elicit` callback failed: the server was told that nobody answered. */
  | 'elicit'
  /** Work behind an answer failed, e.g. reading a list of tools again. */
  | 'background'
  /** The feed could not be read for those who listen; it is read again. */
  | 'live_events'
  /** How a call ended could not be stored. */
  | 'audit'
  /** A token could not be revoked or stored, or a secret could not be destroyed. */
  | 'credentials'
  /** A sweep of `maintenance` failed; the next one comes. */
  | 'maintenance'
  /** `close()` could not end something. */
  | 'close'
  /** Diagnostics were left out: too many within a second. */
  | 'diagnostics'

/** Reports a {@link Diagnostic} to the host; never throws. */
export type Report = (diagnostic: Diagnostic) => void
