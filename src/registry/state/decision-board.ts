/**
 * Where calls of this process wait for a decision, and confirm callbacks learn that nobody needs them any more. A
 * notice says only "look again": the stored approval is the truth.
 */
export interface DecisionBoard {
  /** Calls back at every notice about this approval. @returns how to stop listening */
  listen(approvalId: string, listener: () => void): () => void
  /** The same for a call that waits. @returns how to leave; answers whether other calls still wait */
  join(approvalId: string, listener: () => void): () => boolean
  /** Something about this approval may have changed. */
  notice(approvalId: string): void
  noticeAll(): void
  /** Asks about an approval, or shares the answer of whoever asks about it already. */
  ask(approvalId: string, work: () => Promise<boolean>): Promise<boolean>
  /** Does one person's work in turn, so that calls made at once see each other's approvals. */
  inTurn<T>(person: string, work: () => Promise<T>): Promise<T>
}

export function decisionBoard(): DecisionBoard {
  const listening = new Map<string, Set<() => void>>()
  const waiting = new Map<string, number>()
  const asking = new Map<string, Promise<boolean>>()
  const turns = new Map<string, Promise<unknown>>()
  const notice = (approvalId: string): void => {
    for (const listener of listening.get(approvalId) ?? []) listener()
  }
  const listen = (approvalId: string, listener: () => void): (() => void) => {
    const listeners = listening.get(approvalId) ?? new Set()
    listening.set(approvalId, listeners.add(listener))
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0 && listening.get(approvalId) === listeners) listening.delete(approvalId)
    }
  }
  return {
    listen,
    join(approvalId, listener) {
      const stop = listen(approvalId, listener)
      waiting.set(approvalId, (waiting.get(approvalId) ?? 0) + 1)
      return () => {
        stop()
        const others = waiting.get(approvalId)! - 1
        if (others === 0) waiting.delete(approvalId)
        else waiting.set(approvalId, others)
        return others > 0
      }
    },
    notice,
    noticeAll: () => listening.forEach((_, id) => notice(id)),
    ask(approvalId, work) {
      const asked = asking.get(approvalId) ?? work().finally(() => asking.delete(approvalId))
      asking.set(approvalId, asked)
      return asked
    },
    inTurn(person, work) {
      const mine = (turns.get(person) ?? Promise.resolve()).then(work)
      const turn = mine
        .catch(() => {})
        .finally(() => {
          if (turns.get(person) === turn) turns.delete(person)
        })
      turns.set(person, turn)
      return mine
    },
  }
}
