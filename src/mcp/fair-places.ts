import { onAbort } from '../model/race.js'
import { abortedBy } from './call-clock.js'

/** The share of the free slots that one person may hold. */
const largestShare = 3 / 4

interface Waiting {
  readonly person: string | undefined
  admit(): void
}

/**
 * Slots at one server, shared fairly among people: the person with the fewest is next, and nobody may hold so many that
 * a later person finds none. For a single person, leave out `person`: all slots are available.
 */
export class FairPlaces {
  readonly #places: number
  readonly #held = new Map<string | undefined, number>()
  readonly #waiting = new Set<Waiting>()
  #taken = 0

  constructor(places: number) {
    this.#places = places
  }

  /** Whether nobody holds a place or waits for one. */
  get unused(): boolean {
    return this.#taken === 0 && this.#waiting.size === 0
  }

  /** Whether a slot is free without waiting. */
  admits(person: string | undefined): boolean {
    if (this.#taken >= this.#places) return false
    const held = this.#heldBy(person)
    if (person === undefined || held === 0) return true
    return held < Math.max(1, Math.floor((this.#places - this.#taken + held) * largestShare))
  }

  /**
   * Waits for a place.
   *
   * @returns how to leave it
   * @throws IntegrationError `aborted`
   */
  async take(person: string | undefined, signal?: AbortSignal): Promise<() => void> {
    if (signal?.aborted === true) throw abortedBy(signal)
    if (this.#waiting.size === 0 && this.admits(person)) return this.#seat(person)
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        person,
        admit: () => {
          this.#waiting.delete(waiting)
          stopListening()
          resolve(this.#seat(person))
        },
      }
      const stopListening = onAbort(signal, () => {
        this.#waiting.delete(waiting)
        reject(abortedBy(signal!))
      })
      this.#waiting.add(waiting)
      this.#admitNext()
    })
  }

  #seat(person: string | undefined): () => void {
    this.#taken++
    this.#held.set(person, this.#heldBy(person) + 1)
    let isSeated = true
    return () => {
      if (!isSeated) return
      isSeated = false
      this.#taken--
      const left = this.#heldBy(person) - 1
      if (left === 0) this.#held.delete(person)
      else this.#held.set(person, left)
      this.#admitNext()
    }
  }

  #admitNext(): void {
    while (this.#taken < this.#places) {
      const able = [...this.#waiting].filter(({ person }) => this.admits(person))
      const [first] = able
      if (first === undefined) return
      able.reduce((next, one) => (this.#heldBy(one.person) < this.#heldBy(next.person) ? one : next), first).admit()
    }
  }

  #heldBy(person: string | undefined): number {
    return this.#held.get(person) ?? 0
  }
}
