import type { ErrorCode } from '../model/errors.js'

/** Why calls in flight were ended. */
export type EndOfCall = Extract<ErrorCode, 'integration_disabled' | 'not_found' | 'closed' | 'conflict'>

/** The calls of this process that wait for a server, by integration: so that the master switch ends them at once. */
export interface CallsInFlight {
  /** Runs `work` with a signal that aborts when the caller's does or when the integration's calls are ended. */
  track<T>(
    integrationId: string,
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T>
  /** Ends the calls of one integration. */
  end(integrationId: string, why: EndOfCall): void
  endAll(why: EndOfCall): void
  /** Integrations with calls in flight. */
  integrations(): readonly string[]
  /** Resolves when none is left. */
  drained(): Promise<void>
}

export function callsInFlight(): CallsInFlight {
  const running = new Map<string, Set<AbortController>>()
  const waiting = new Set<() => void>()
  const end = (integrationId: string, why: EndOfCall): void => {
    for (const controller of running.get(integrationId) ?? []) controller.abort(new EndedCall(why))
  }
  return {
    async track(integrationId, signal, work) {
      const controller = new AbortController()
      const follow = (): void => controller.abort(signal?.reason)
      if (signal?.aborted === true) follow()
      signal?.addEventListener('abort', follow, { once: true })
      const mine = running.get(integrationId) ?? new Set()
      running.set(integrationId, mine.add(controller))
      try {
        return await work(controller.signal)
      } catch (error) {
        const reason: unknown = controller.signal.reason
        throw reason instanceof EndedCall ? new EndedCall(reason.why, error) : error
      } finally {
        signal?.removeEventListener('abort', follow)
        mine.delete(controller)
        if (mine.size === 0 && running.get(integrationId) === mine) running.delete(integrationId)
        if (running.size === 0) for (const resolve of waiting) resolve()
      }
    },
    end,
    endAll(why) {
      running.forEach((_, id) => end(id, why))
    },
    integrations: () => [...running.keys()],
    async drained() {
      if (running.size === 0) return
      await new Promise<void>((resolve) => waiting.add(resolve))
    },
  }
}

/** The abort reason of a call that was ended by us, not by its caller. */
export class EndedCall extends Error {
  constructor(
    readonly why: EndOfCall,
    /** How the call then ended. */
    readonly fault?: unknown,
  ) {
    super('The call was ended by the registry.')
  }
}
