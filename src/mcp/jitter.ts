import type { RegistryRuntime } from '../ports/runtime.js'

/** A random pause between half of `ms` and `ms`, so that clients that failed together don't retry together. */
export function jitter({ randomId }: Pick<RegistryRuntime, 'randomId'>, ms: number): number {
  let hash = 0
  for (const char of randomId()) hash = (Math.imul(hash, 31) + char.charCodeAt(0)) >>> 0
  return Math.round(ms * (0.5 + (hash % 1_000) / 2_000))
}
