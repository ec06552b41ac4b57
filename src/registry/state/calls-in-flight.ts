import type { ErrorCode } from '../../model/errors.js'
import { onAbort } from '../../model/race.js'

/** Why calls in flight were ended. */
export type EndOfCall = Extract<ErrorCode, 'integration_disabled' | 'not_found' | 'closed' | 'conflict'>

/** Where a call goes. */
export interface CalledIntegration {
  readonly workspaceId: string
  readonly integrationId: string
}

/** What is under way and of no single integration: only the end of the registry ends it. */
export const noIntegration = ''

/** The calls of this process that wait for a server, by integration: so that the master switch ends them at once. */
export interface CallsInFlight {
  /** Now, for {@link CallsInFlight.track}: to be taken before a call reads what it goes by. */
  moment(): number
  /**
   * Runs `work` with a signal that aborts when the caller's does or when the integration's calls are ended.
   *
   * @param since - a call that read before its integration's calls were ended, and comes only now, is ended as well
   */
  track<T>(
    where: CalledIntegration,
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
    since?: number,
  ): Promise<T>
  /** Ends the calls of one integration. */
  end(workspaceId: string, integrationId: string, why: EndOfCall): void
  endAll(why: EndOfCall): void
  /** Integrations of a workspace with calls in flight; never {@link noIntegration}. */
  integrations(workspaceId: string): readonly string[]
  /** Resolves when none is left. */
  drained(): Promise<void>
}

const rememberedEnds = 1000

export function callsInFlight(): CallsInFlight {
  const running = new Map<string, Set<AbortController>>()
  const waiting = new Set<() => void>()
  /** The last ends, by integration: as many as can matter to calls that are being resolved. */
  const ends = new Map<string, { readonly moment: number; readonly why: EndOfCall }>()
  let moment = 0
  const end = (key: string, why: EndOfCall): void => {
    ends.delete(key)
    ends.set(key, { moment: ++moment, why })
    if (ends.size > rememberedEnds) ends.delete(ends.keys().next().value!)
    for (const controller of running.get(key) ?? []) controller.abort(new EndedCall(why))
  }
  return {
    moment: () => moment,
    async track({ workspaceId, integrationId }, signal, work, since = moment) {
      const key = keyOf(workspaceId, integrationId)
      const controller = new AbortController()
      const ended = ends.get(key)
      if (ended !== undefined && ended.moment > since) throw new EndedCall(ended.why)
      const stopFollowing = onAbort(signal, () => controller.abort(signal?.reason))
      const mine = running.get(key) ?? new Set()
      running.set(key, mine.add(controller))
      try {
        return await work(controller.signal)
      } catch (error) {
        const reason: unknown = controller.signal.reason
        throw reason instanceof EndedCall ? new EndedCall(reason.why, error) : error
      } finally {
        stopFollowing()
        mine.delete(controller)
        if (mine.size === 0 && running.get(key) === mine) running.delete(key)
        if (running.size === 0) for (const resolve of waiting) resolve()
      }
    },
    end: (workspaceId, integrationId, why) => end(keyOf(workspaceId, integrationId), why),
    endAll(why) {
      running.forEach((_, key) => end(key, why))
    },
    integrations(workspaceId) {
      const prefix = keyOf(workspaceId, '')
      return [...running.keys()]
        .filter((key) => key.startsWith(prefix))
        .map((key) => key.slice(prefix.length))
        .filter((id) => id !== noIntegration)
    },
    async drained() {
      if (running.size === 0) return
      await new Promise<void>((resolve) => waiting.add(resolve))
    },
  }
}

function keyOf(workspaceId: string, integrationId: string): string {
  return `${encodeURIComponent(workspaceId)}/${integrationId}`
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
