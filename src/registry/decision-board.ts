/**
 * Where calls of this process wait for a decision, and confirm callbacks learn that nobody needs them any more. A
 * notice says only "look again": the stored approval is the truth.
 */
export interface DecisionBoard {
  /** Calls back at every notice about this approval. @returns how to stop listening */
  listen(approvalId: string, listener: () => void): () => void
  /** Something about this approval may have changed. */
  notice(approvalId: string): void
  noticeAll(): void
}

export function decisionBoard(): DecisionBoard {
  const listening = new Map<string, Set<() => void>>()
  const notice = (approvalId: string): void => {
    for (const listener of listening.get(approvalId) ?? []) listener()
  }
  return {
    listen(approvalId, listener) {
      const listeners = listening.get(approvalId) ?? new Set()
      listening.set(approvalId, listeners.add(listener))
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0 && listening.get(approvalId) === listeners) listening.delete(approvalId)
      }
    },
    notice,
    noticeAll: () => listening.forEach((_, id) => notice(id)),
  }
}
