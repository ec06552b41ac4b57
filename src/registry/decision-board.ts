/**
 * Where calls of this process wait for a decision, and confirm callbacks learn that nobody needs them any more. A
 * notice says only "look again": the stored approval is the truth.
 */
export interface DecisionBoard {
  /** A signal that aborts at the next notice about this approval, and how to stop listening. */
  watch(approvalId: string): { readonly signal: AbortSignal; stop(): void }
  /** Something about this approval changed. */
  notice(approvalId: string): void
  noticeAll(): void
}

export function decisionBoard(): DecisionBoard {
  const watching = new Map<string, Set<AbortController>>()
  const notice = (approvalId: string): void => {
    const listeners = watching.get(approvalId)
    watching.delete(approvalId)
    for (const controller of listeners ?? []) controller.abort()
  }
  return {
    watch(approvalId) {
      const controller = new AbortController()
      watching.set(approvalId, (watching.get(approvalId) ?? new Set()).add(controller))
      return {
        signal: controller.signal,
        stop() {
          const listeners = watching.get(approvalId)
          listeners?.delete(controller)
          if (listeners?.size === 0) watching.delete(approvalId)
        },
      }
    },
    notice,
    noticeAll() {
      watching.forEach((_, id) => notice(id))
    },
  }
}
