import type { Diagnostic, DiagnosticArea, Report } from '../../model/diagnostic.js'
import { isIntegrationError } from '../../model/errors.js'
import type { RegistryRuntime } from '../../ports/runtime.js'

/** A second brings so many at most: what fails with every call would drown the host's log. */
const mostPerSecond = 20

/**
 * Tells the host's `onDiagnostic` what is swallowed on purpose: at most 20 a second, without a foreign error's text, and
 * whatever it does itself breaks nothing.
 */
export function diagnostics(
  listener: ((diagnostic: Diagnostic) => unknown) | undefined,
  { now }: Pick<RegistryRuntime, 'now'>,
): Report {
  if (listener === undefined) return () => {}
  let second = { began: -Infinity, told: 0, leftOut: 0 }
  return (diagnostic) => {
    const at = now()
    if (at - second.began >= 1_000 || at < second.began) {
      const { leftOut } = second
      second = { began: at, told: 0, leftOut: 0 }
      if (leftOut > 0)
        tell(listener, { area: 'diagnostics', message: `${leftOut} more diagnostics were left out before this one.` })
    }
    if (second.told >= mostPerSecond) {
      second.leftOut++
      return
    }
    second.told++
    const { area, error } = diagnostic
    tell(listener, { ...diagnostic, error: isTold(area, error) ? error : undefined })
  }
}

/** A host knows what its own function threw, and ours hold no secret; another's error may quote what it was handed. */
function isTold(area: DiagnosticArea, error: unknown): boolean {
  return hostFunctions.has(area) || isIntegrationError(error)
}

const hostFunctions: ReadonlySet<DiagnosticArea> = new Set(['listener', 'observer', 'policy', 'confirm', 'elicit'])

/** Not reported in turn: that would have no end. */
function tell(listener: (diagnostic: Diagnostic) => unknown, diagnostic: Diagnostic): void {
  try {
    const answer = listener(diagnostic)
    if (answer instanceof Promise) answer.catch(() => {})
  } catch {
    // Its own affair.
  }
}
