import type { RegistryRuntime } from '../ports/runtime.js'

/** A {@link RegistryRuntime} with a clock that only a test advances. */
export interface ManualRuntime extends RegistryRuntime {
  /**
   * Advances the clock by `ms`. Timers fire in the order of their time, each at its own `now()`, and promises settle before
   * the next timer fires. Timers that are set during the call fire too if they are due.
   */
  advance(ms: number): Promise<void>
  /** The number of waiting timers: 0 if everything was cleaned up. */
  readonly timers: number
}

/**
 * Clock, timers and ids for tests. The clock only moves with `advance()`, and ids count up (`id-1`, `id-2`, …). Use one
 * for all registries that share a storage, so that their ids differ, and pass its `now` to the storage too.
 *
 * @param options - `now`: the initial time, in ms since the epoch. `@default` 2026-01-01T00:00Z
 *
 * @example
 * ```ts
 * // examples/guides/testing.ts#testing
 * const keys = [{ id: 'test', secret: new Uint8Array(32).fill(1) }]
 * const runtime = manualRuntime() // time stands still until you move it
 * const notes = testServer({ tools: [{ name: 'search', run: ({ query }) => `2 notes about ${String(query)}` }] })
 * const registry = new IntegrationRegistry({
 *   storage: memoryStorage({ now: runtime.now }),
 *   credentials: encryptedCredentials({ keys, now: runtime.now }),
 *   agents: ['assistant'],
 *   confirm: () => 'defer',
 *   runtime: { ...runtime, fetch: notes.fetch }, // no port, no network; several: fetchAmong([notes, mail])
 * })
 * const mine = registry.actingAs({ workspaceId: 'acme', userId: 'ana' })
 * await mine.connect({ url: notes.url, name: 'Notes', agents: ['assistant'] })
 * const toolset = await mine.toolset('assistant')
 * const waiting = await toolset.call('notes__search', { query: 'pricing' }) // approval_required; nothing was called
 * await runtime.advance(86_400_000) // a day later, it has expired
 * ```
 */
export function manualRuntime(options: { readonly now?: number | undefined } = {}): ManualRuntime {
  let time = options.now ?? Date.UTC(2026, 0, 1)
  let ids = 0
  const waiting = new Set<Timer>()
  return {
    now: () => time,
    randomId: () => `id-${++ids}`,
    setTimer(callback, ms) {
      const timer = { at: time + Math.max(0, ms), callback }
      waiting.add(timer)
      return () => void waiting.delete(timer)
    },
    async advance(ms) {
      const end = time + ms
      await settle()
      for (let next = earliest(waiting); next !== undefined && next.at <= end; next = earliest(waiting)) {
        waiting.delete(next)
        time = Math.max(time, next.at)
        next.callback()
        await settle()
      }
      time = Math.max(time, end)
    },
    get timers() {
      return waiting.size
    },
  }
}

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** The earliest timer; of several at the same time, the one that was set first. */
function earliest(timers: Iterable<Timer>): Timer | undefined {
  let first: Timer | undefined
  for (const timer of timers) if (first === undefined || timer.at < first.at) first = timer
  return first
}

/** Waits until promises have settled, because the platform's timers fire after them. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0)
  })
}
