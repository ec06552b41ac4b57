/**
 * Texts of items in their order. They are made and sorted when they are read, because records are written more often than
 * listed.
 */
export class SortedTexts<Item> {
  readonly #textOf: (item: Item) => string
  readonly #sorted: string[] = []
  /** Items whose texts have no place in the order yet. */
  #added: Item[] = []

  constructor(textOf: (item: Item) => string) {
    this.#textOf = textOf
  }

  /** Adds an item whose text is not among them. */
  add(item: Item): void {
    this.#added.push(item)
  }

  delete(item: Item): void {
    this.#sorted.splice(this.firstAt(this.#textOf(item)), 1)
  }

  /** All texts in their order, until the next change. */
  get inOrder(): readonly string[] {
    this.#sort()
    return this.#sorted
  }

  /** The index of the first text that is not before this one. */
  firstAt(text: string): number {
    this.#sort()
    return this.#search(text)
  }

  /** The index of the first text after this one. */
  firstAfter(text: string): number {
    const index = this.firstAt(text)
    return this.#sorted[index] === text ? index + 1 : index
  }

  #sort(): void {
    if (this.#added.length === 0) return
    const texts = this.#added.map(this.#textOf)
    this.#added = []
    if (texts.length > fewAdded) {
      for (const text of texts) this.#sorted.push(text)
      // By code units, as keys are compared.
      this.#sorted.sort()
    } else for (const text of texts) this.#sorted.splice(this.#search(text), 0, text)
  }

  #search(text: string): number {
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#sorted[middle]! < text) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Up to so many are inserted one by one; more are sorted together. */
const fewAdded = 100
