/** How long a button that decides something ignores a press after it appeared or what it decides changed. */
const graceMs = 500

/**
 * Lets a button act only for a press that a person meant: a trusted event that began on this very button, half a second
 * after what it decides was on the screen. A click that was on its way when a card appeared, a key that is held down, a
 * press that a script makes, and Enter in a field nearby decide nothing.
 */
export class PressGuard {
  #readyAt = Number.POSITIVE_INFINITY
  #seen: string | undefined
  readonly #changed: () => void

  /** @param changed - runs when presses begin to count, for a button that looks so */
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

  /** What is around the button moved. */
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

/** The press that is going on: none for a click that an assistive technology makes. */
let press: { readonly at: number; readonly path: readonly EventTarget[] } | undefined
let isListening = false

function listen(): void {
  if (isListening) return
  isListening = true
  const begin = (event: Event): void => {
    if (event instanceof KeyboardEvent && event.repeat) return
    press = { at: event.timeStamp, path: event.composedPath() }
  }
  // The click comes with the end of a press: it is over only after that.
  const end = (): void => void setTimeout(() => (press = undefined))
  for (const type of ['pointerdown', 'keydown']) addEventListener(type, begin, { capture: true })
  for (const type of ['pointerup', 'pointercancel', 'keyup', 'blur']) addEventListener(type, end, { capture: true })
}
