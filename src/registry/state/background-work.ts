import type { Diagnostic, Report } from '../../model/diagnostic.js'

/** What work in the background is about, for the report of its failure. */
export type WorkSubject = Pick<Diagnostic, 'workspaceId' | 'integrationId'>

/** Work that goes on after its verb returned. */
export interface BackgroundWork {
  /** Starts work. A failure is reported, with what the work was about, and breaks nothing. */
  run(work: () => Promise<unknown>, about: WorkSubject): void
  /** Resolves when all work that runs now has ended. */
  settled(): Promise<unknown>
}

/** @param isClosed - failures after the registry has closed are its own doing and not reported */
export function backgroundWork(report: Report, isClosed: () => boolean): BackgroundWork {
  const running = new Set<Promise<unknown>>()
  return {
    run(work, { workspaceId, integrationId }) {
      const done = Promise.resolve()
        .then(work)
        .catch((error: unknown) => {
          if (isClosed()) return
          report({
            area: 'background',
            message: 'Work behind an answer failed. The answer was right when it was given; what it tells may be old.',
            error,
            workspaceId,
            integrationId,
          })
        })
        .finally(() => running.delete(done))
      running.add(done)
    },
    settled: () => Promise.allSettled(running),
  }
}
