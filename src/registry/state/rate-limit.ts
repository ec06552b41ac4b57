import type { Actor } from '../../model/actor.js'
import { IntegrationError } from '../../model/errors.js'
import type { RegistryRuntime } from '../../ports/runtime.js'
import { boundedCache } from './bounded-cache.js'

/** Limits how often a person can use an operation, in this process. */
export interface RateLimit {
  /** @throws IntegrationError `limit_reached` after too many uses within a minute */
  count(actor: Actor): void
}

const minute = 60_000

export function rateLimit(what: string, perMinute: number, runtime: Pick<RegistryRuntime, 'now'>): RateLimit {
  const minutes = boundedCache<{ readonly since: number; readonly done: number }>(10_000)
  return {
    count({ workspaceId, userId }) {
      const person = JSON.stringify([workspaceId, userId])
      const now = runtime.now()
      const known = minutes.get(person)
      const passed = now - (known?.since ?? 0)
      // A clock that was set back begins a new minute.
      const current = known !== undefined && passed >= 0 && passed < minute ? known : { since: now, done: 0 }
      if (current.done >= perMinute)
        throw new IntegrationError(
          'limit_reached',
          `${what} is limited to ${perMinute} times a minute. Try again in a moment.`,
          { retryAfterMs: current.since + minute - now },
        )
      minutes.set(person, { ...current, done: current.done + 1 })
    },
  }
}
