import { EventEmitter } from 'eventemitter3'
import type { ErrorCode } from '../../model/errors.js'
import { onAbort } from '../../model/race.js'
import { boundedCache } from './bounded-cache.js'

/** Why calls in flight were ended. */
export type EndOfCall = Extract<ErrorCode, 'integration_disabled' | 'not_found' | 'closed' | 'conflict'>

/** The integration that a call goes to. */
export interface CalledIntegration {
  readonly workspaceId: string
  readonly integrationId: string
}

/** The id for work that concerns no single integration. Only closing the registry ends such work. */
export const noIntegration = ''

/** The calls of this process that wait for a server, by integration, so that the master switch can end them at once. */
export interface CallsInFlight {
  /** The current moment, for {@link CallsInFlight.track}: take it before a call reads its records. */
  moment(): number
  /**
   * Runs `work` with a signal that aborts when the caller's does or when the integration's calls are ended.
   *
   * @param since - the moment of the call's reads: if the integration's calls were ended after that, this one is ended too
   */
  track<T>(
    where: CalledIntegration,
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
    since?: number,
  ): Promise<T>
  /**
   * Counts work that {@link CallsInFlight.drained} waits for, and that is not aborted with its integration.
   *
   * @returns a function to call once, when the work is done
   */
  enter(): () => void
  /** Ends the calls of one integration. */
  end(workspaceId: string, integrationId: string, why: EndOfCall): void
  endAll(why: EndOfCall): void
  /** The integrations of a workspace with calls in flight, without {@link noIntegration}. */
  integrations(workspaceId: string): readonly string[]
  /** Resolves when no call is left. */
  drained(): Promise<void>
}

const rememberedEnds = 1000

export function callsInFlight(): CallsInFlight {
  const running = new Map<string, Set<AbortController>>()
  const progress = new EventEmitter<{ drained: [] }>()
  /** The latest ends, by integration: as many as can affect calls that are still being resolved. */
  const ends = boundedCache<{ readonly moment: number; readonly why: EndOfCall }>(rememberedEnds)
  let moment = 0
  let held = 0
  const noticeDrained = (): void => {
    if (running.size === 0 && held === 0) progress.emit('drained')
  }
  const leave = (): void => {
    held--
    noticeDrained()
  }
  const end = (key: string, why: EndOfCall): void => {
    ends.set(key, { moment: ++moment, why })
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
        noticeDrained()
      }
    },
    enter() {
      held++
      return leave
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
      if (running.size === 0 && held === 0) return
      await new Promise<void>((resolve) => progress.once('drained', resolve))
    },
  }
}

/** No id of a workspace contains a NUL. */
function keyOf(workspaceId: string, integrationId: string): string {
  return `${workspaceId}\0${integrationId}`
}

/** The abort reason of a call that the registry ended, not its caller. */
export class EndedCall extends Error {
  constructor(
    readonly why: EndOfCall,
    /** The error that the call ended with. */
    readonly endedWith?: unknown,
  ) {
    super('The call was ended by the registry.')
  }
}
