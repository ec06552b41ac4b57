import type { ReactiveController, ReactiveControllerHost } from 'lit'
import type { LiveEvent } from './live.js'
import type { PageSession } from './session.js'
import { shownError, isTemporary, type ShownError } from './errors.js'

/** The first pause after a failed load, in ms; each further pause is twice as long, up to the last. */
const firstPauseMs = 1_000
const lastPauseMs = 60_000

/**
 * A value of the server that a part shows: loaded when the part appears, and again when an event reports a change. The
 * old value stays on the screen until the new one arrives, so that nothing jumps. A load that failed temporarily is
 * retried.
 */
export class Resource<T> implements ReactiveController {
  value: T | undefined
  error: ShownError | undefined
  #loads = 0
  #stop: (() => void) | undefined
  #news: ReturnType<typeof setTimeout> | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  #pauseMs = firstPauseMs
  readonly #host: ReactiveControllerHost & { readonly session: PageSession }
  readonly #load: () => Promise<T>
  readonly #concerns: (event: LiveEvent) => boolean

  /** @param concerns - whether an event may have changed the value */
  constructor(
    host: ReactiveControllerHost & { readonly session: PageSession },
    load: () => Promise<T>,
    concerns: (event: LiveEvent) => boolean,
  ) {
    this.#host = host
    this.#load = load
    this.#concerns = concerns
    host.addController(this)
  }

  hostConnected(): void {
    this.#stop = this.#host.session.live.listen((event) => {
      if (event.type !== 'reset' && !this.#concerns(event)) return
      // Events come in bursts: one load covers all of them.
      this.#news ??= setTimeout(() => void this.reload(), 50)
    })
    // A change between a load and the first event of the stream would be missed.
    void this.#host.session.live.ready.then(() => {
      if (this.#stop !== undefined) void this.reload()
    })
  }

  hostDisconnected(): void {
    this.#stop?.()
    this.#stop = undefined
    this.#clearTimers()
    this.#loads++
  }

  /** Loads the value again; of several loads the last one started wins. */
  async reload(): Promise<void> {
    const mine = ++this.#loads
    this.#clearTimers()
    try {
      const value = await this.#load()
      if (mine !== this.#loads) return
      this.#pauseMs = firstPauseMs
      this.set(value)
    } catch (error) {
      if (mine !== this.#loads) return
      this.error = shownError(error, this.#host.session.labels)
      this.#host.requestUpdate()
      if (!isTemporary(error) || this.#stop === undefined) return
      this.#retry = setTimeout(() => void this.reload(), this.#pauseMs)
      this.#pauseMs = Math.min(2 * this.#pauseMs, lastPauseMs)
    }
  }

  #clearTimers(): void {
    clearTimeout(this.#news)
    clearTimeout(this.#retry)
    this.#news = this.#retry = undefined
  }

  /** Sets the value to an operation's result, which is newer than the loaded one. */
  set(value: T): void {
    this.value = value
    this.error = undefined
    this.#host.requestUpdate()
  }
}
