import { base64url } from '../../model/base64url.js'
import type { RegistryRuntime } from '../../ports/runtime.js'

/** A buffer of random bytes, because getting a few at a time is slow. */
const pool = new Uint8Array(4096)
let used = pool.length

/** The platform's clock, timers and randomness. */
const defaultRuntime: RegistryRuntime = {
  now: () => Date.now(),
  randomId() {
    if (used === pool.length) {
      crypto.getRandomValues(pool)
      used = 0
    }
    return base64url(pool.subarray(used, (used += 16)))
  },
  setTimer(callback, ms) {
    // A platform timer of more than 2^31-1 ms fires at once.
    const timer = setTimeout(callback, Math.min(Math.max(0, ms), 2_147_483_647))
    if (typeof timer === 'object') timer.unref?.()
    return () => clearTimeout(timer)
  },
}

/**
 * The host's clock, timers, ids and network, or the defaults. Methods are called on the host's object, which may be a
 * class instance.
 */
export function runtimeFrom(given: Partial<RegistryRuntime> = {}): RegistryRuntime {
  const { now, randomId, setTimer } = defaultRuntime
  return {
    now: given.now === undefined ? now : () => given.now!(),
    randomId: given.randomId === undefined ? randomId : () => given.randomId!(),
    setTimer: given.setTimer === undefined ? setTimer : (callback, ms) => given.setTimer!(callback, ms),
    fetch: given.fetch === undefined ? undefined : (input, init) => given.fetch!(input, init),
  }
}
