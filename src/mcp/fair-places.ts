import PQueue from 'p-queue'
import { onAbort } from '../model/race.js'
import { abortedBy } from './aborted-by.js'

/** The maximum share of the free slots for one person. */
const maxShare = 3 / 4

type Person = string | undefined

/**
 * Shares the slots of one server fairly among people. Each person has a separate queue, the first of each queue take
 * turns, and nobody gets so many slots that a later person finds none. For a single person, leave out `person`: then all
 * slots are available.
 */
export class FairPlaces {
  readonly #places: number
  readonly #held = new Map<Person, number>()
  /** The queue of each person. */
  readonly #lines = new Map<Person, PQueue>()
  /** Functions that admit the first of each queue. */
  readonly #first = new Map<Person, () => void>()
  #waiting = 0
  #taken = 0

  constructor(places: number) {
    this.#places = places
  }

  /** Whether no slot is used or waited for. */
  get unused(): boolean {
    return this.#taken === 0 && this.#waiting === 0
  }

  /** Whether a place is free without waiting. */
  admits(person: Person): boolean {
    if (this.#taken >= this.#places) return false
    const held = this.#heldBy(person)
    if (person === undefined || held === 0) return true
    return held < Math.max(1, Math.floor((this.#places - this.#taken + held) * maxShare))
  }

  /** Takes a place if one is free without waiting. @returns a function that releases it */
  takeFree(person: Person, signal?: AbortSignal): (() => void) | undefined {
    return signal?.aborted !== true && this.#waiting === 0 && this.admits(person) ? this.#seat(person) : undefined
  }

  /**
   * Waits for a slot.
   *
   * @returns a function that releases the slot
   * @throws IntegrationError `aborted`
   */
  async take(person: Person, signal?: AbortSignal): Promise<() => void> {
    if (signal?.aborted === true) throw abortedBy(signal)
    const free = this.takeFree(person, signal)
    if (free !== undefined) return free
    this.#waiting++
    try {
      return await this.#lineOf(person).add(() => this.#firstInLine(person, signal), { signal })
    } catch {
      // Only the signal can end this wait early.
      throw abortedBy(signal!)
    } finally {
      this.#waiting--
    }
  }

  #lineOf(person: Person): PQueue {
    const known = this.#lines.get(person)
    if (known !== undefined) return known
    const line = new PQueue({ concurrency: 1 })
    line.on('idle', () => this.#lines.delete(person))
    this.#lines.set(person, line)
    return line
  }

  #firstInLine(person: Person, signal: AbortSignal | undefined): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const stopListening = onAbort(signal, () => {
        this.#first.delete(person)
        reject(abortedBy(signal!))
      })
      this.#first.set(person, () => {
        this.#first.delete(person)
        stopListening()
        resolve(this.#seat(person))
      })
      this.#admitNext()
    })
  }

  /** Gives free slots to the first of each queue, starting with people who have the fewest. */
  #admitNext(): void {
    for (;;) {
      const able = [...this.#first.keys()].filter((person) => this.admits(person))
      if (able.length === 0) return
      const next = able.reduce((best, one) => (this.#heldBy(one) < this.#heldBy(best) ? one : best))
      this.#first.get(next)!()
    }
  }

  #seat(person: Person): () => void {
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

  #heldBy(person: Person): number {
    return this.#held.get(person) ?? 0
  }
}
