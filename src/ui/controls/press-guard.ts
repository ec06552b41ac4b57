/** How long a button that decides something ignores a press after it appeared or what it decides changed. */
const graceMs = 500

/**
 * Lets a button act only on a deliberate press: a trusted event that began on this button, at least half a second after
 * its decision was shown. A click that was on its way when a card appeared, a held key, a press by a script, and Enter in
 * a nearby field decide nothing.
 */
export class PressGuard {
  #readyAt = Number.POSITIVE_INFINITY
  #seen: string | undefined
  readonly #changed: () => void

  /** @param changed - called when presses begin to count, to enable the button visibly */
  constructor(changed: () => void) {
    this.#changed = changed
    listen()
  }

  get isReady(): boolean {
    return performance.now() >= this.#readyAt
  }

  /** The object of the button's decision; the wait restarts when it changes. */
  decides(what: string): void {
    if (what === this.#seen) return
    this.#seen = what
    this.rearm()
  }

  /** Restarts the wait because the layout around the button moved. */
  rearm(): void {
    this.#readyAt = performance.now() + graceMs
    setTimeout(this.#changed, graceMs)
  }

  permits(event: Event): boolean {
    const button = event.currentTarget
    const began = press?.at ?? event.timeStamp
    const here = press === undefined || (button !== null && press.path.includes(button))
    return event.isTrusted && here && began >= this.#readyAt
  }
}

/** The current press; `undefined` for a click by assistive technology. */
let press: { readonly at: number; readonly path: readonly EventTarget[] } | undefined
let isListening = false

function listen(): void {
  if (isListening) return
  isListening = true
  const begin = (event: Event): void => {
    if (event instanceof KeyboardEvent && event.repeat) return
    press = { at: event.timeStamp, path: event.composedPath() }
  }
  // The click event follows the end of the press, so the press is cleared after it.
  const end = (): void => void setTimeout(() => (press = undefined))
  for (const type of ['pointerdown', 'keydown']) addEventListener(type, begin, { capture: true })
  for (const type of ['pointerup', 'pointercancel', 'keyup', 'blur']) addEventListener(type, end, { capture: true })
}
