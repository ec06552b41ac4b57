/** Thrown when a piece of work would cost more than was planned for it. The caller then gives up in the safe direction. */
export class OutOfWork extends Error {}

/**
 * How much work a stranger's data may cause, in units of one visited value, one comparison or 64 characters. It is
 * handed down to whoever does the work and is spent in the innermost loops. No clock is read, so that the same input has
 * the same outcome in every process.
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
   * One level deeper into data; {@link WorkBudget.leave} comes back. How deep the stack of a platform is must not decide
   * what comes out.
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

/** Runs work; `otherwise` is the outcome when the budget was not enough. */
export function withinBudget<T>(work: () => T, otherwise: T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof OutOfWork) return otherwise
    throw error
  }
}

const maxDepth = 400
