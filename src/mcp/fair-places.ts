import PQueue from 'p-queue'
import { onAbort } from '../model/race.js'
import { abortedBy } from './call-clock.js'

/** The share of the free slots that one person may hold. */
const maxShare = 3 / 4

type Person = string | undefined

/**
 * Slots at one server, shared fairly among people: each person waits in a line of their own, the first of each line take
 * turns, and nobody may hold so many that a later person finds none. For a single person, leave out `person`: all slots
 * are available.
 */
export class FairPlaces {
  readonly #places: number
  readonly #held = new Map<Person, number>()
  /** Those who wait, in a line for each person, of which one at a time is first. */
  readonly #lines = new Map<Person, PQueue>()
  /** How to admit the first of each line. */
  readonly #first = new Map<Person, () => void>()
  #waiting = 0
  #taken = 0

  constructor(places: number) {
    this.#places = places
  }

  /** Whether nobody holds a place or waits for one. */
  get unused(): boolean {
    return this.#taken === 0 && this.#waiting === 0
  }

  /** Whether a slot is free without waiting. */
  admits(person: Person): boolean {
    if (this.#taken >= this.#places) return false
    const held = this.#heldBy(person)
    if (person === undefined || held === 0) return true
    return held < Math.max(1, Math.floor((this.#places - this.#taken + held) * maxShare))
  }

  /**
   * Waits for a place.
   *
   * @returns how to leave it
   * @throws IntegrationError `aborted`
   */
  async take(person: Person, signal?: AbortSignal): Promise<() => void> {
    if (signal?.aborted === true) throw abortedBy(signal)
    if (this.#waiting === 0 && this.admits(person)) return this.#seat(person)
    this.#waiting++
    try {
      return await this.#lineOf(person).add(() => this.#firstInLine(person, signal), { signal })
    } catch {
      // Nothing else ends the wait.
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

  /** Gives free places to the first of the lines, those who hold fewest first. */
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
