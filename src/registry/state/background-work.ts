import type { Diagnostic, Report } from '../../model/diagnostic.js'

/** The workspace and integration that background work concerns, for the report of its failure. */
export type WorkSubject = Pick<Diagnostic, 'workspaceId' | 'integrationId'>

/** Work that continues after its method returned. */
export interface BackgroundWork {
  /** Starts work. A failure is reported with the workspace and integration, and affects nothing else. */
  run(work: () => Promise<unknown>, about: WorkSubject): void
  /** Resolves when all work that runs now has ended. */
  settled(): Promise<unknown>
}

/** @param isClosed - failures after the registry has closed are expected and not reported */
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
            message: 'Background work failed, e.g. a refresh of a tool list. The stored data may be out of date.',
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
