import { vi } from 'vitest'

/** Waits until a check passes: for a machine that is busy, not for the thing itself. */
export const eventually = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 20_000, interval: 20 })
