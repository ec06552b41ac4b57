import type { Diagnostic, DiagnosticArea, Report } from '../../model/diagnostic.js'
import { isIntegrationError } from '../../model/errors.js'
import type { RegistryRuntime } from '../../ports/runtime.js'

/** The limit per second, because a problem in every call would flood the host's log. */
const maxPerSecond = 20

/**
 * Passes diagnostics to the host's `onDiagnostic`: at most 20 a second, without the text of foreign errors. Errors of
 * the listener are ignored.
 */
export function diagnostics(
  listener: ((diagnostic: Diagnostic) => unknown) | undefined,
  { now }: Pick<RegistryRuntime, 'now'>,
): Report {
  if (listener === undefined) return () => {}
  let second = { began: -Infinity, reported: 0, leftOut: 0 }
  return (diagnostic) => {
    const at = now()
    if (at - second.began >= 1_000 || at < second.began) {
      const { leftOut } = second
      second = { began: at, reported: 0, leftOut: 0 }
      if (leftOut > 0)
        notify(listener, { area: 'diagnostics', message: `${leftOut} more diagnostics were left out before this one.` })
    }
    if (second.reported >= maxPerSecond) {
      second.leftOut++
      return
    }
    second.reported++
    const { area, error } = diagnostic
    notify(listener, { ...diagnostic, error: mayBePassedOn(area, error) ? error : undefined })
  }
}

/** Only errors of the host's own functions and of the library are passed on. Any other error may quote a secret. */
function mayBePassedOn(area: DiagnosticArea, error: unknown): boolean {
  return hostFunctions.has(area) || isIntegrationError(error)
}

const hostFunctions: ReadonlySet<DiagnosticArea> = new Set([
  'listener',
  'observer',
  'agents',
  'policy',
  'confirm',
  'elicit',
])

/** Failures of the listener aren't reported, because that could repeat without end. */
function notify(listener: (diagnostic: Diagnostic) => unknown, diagnostic: Diagnostic): void {
  try {
    const answer = listener(diagnostic)
    if (answer instanceof Promise) answer.catch(() => {})
  } catch {
    // The host's listener failed: there is nobody else to report to.
  }
}
