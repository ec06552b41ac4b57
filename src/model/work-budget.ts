/** Thrown when work would exceed its budget. The caller then chooses the safe outcome. */
export class OutOfWork extends Error {}

/**
 * Limits the work that foreign data can cause. A unit is one visited value, one comparison or 64 characters. The budget
 * is passed down and spent in the innermost loops. It doesn't use a clock, so that the same input has the same outcome in
 * every process.
 */
export class WorkBudget {
  #left: number
  #depth = 0

  constructor(units: number) {
    this.#left = units
  }

  /** Units that are left. */
  get left(): number {
    return this.#left
  }

  /** @throws OutOfWork */
  spend(units = 1): void {
    this.#left -= units
    if (this.#left < 0) throw new OutOfWork()
  }

  /** @throws OutOfWork */
  spendOnText(text: string): void {
    this.spend(1 + (text.length >> 6))
  }

  /**
   * Enters one level of nested data; {@link WorkBudget.leave} leaves it. The outcome must not depend on the platform's
   * stack size.
   *
   * @throws OutOfWork beyond 400 levels
   */
  enter(): void {
    this.spend()
    if (++this.#depth > maxDepth) throw new OutOfWork()
  }

  leave(): void {
    this.#depth--
  }
}

/** Runs work; returns `otherwise` when the budget is exhausted. */
export function withinBudget<T>(work: () => T, otherwise: T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof OutOfWork) return otherwise
    throw error
  }
}

const maxDepth = 400
