import { EventEmitter } from 'eventemitter3'
import PQueue from 'p-queue'
import type { ApprovalStatus } from '../../model/approval.js'

/** Called when an approval may have been decided. `status`: what it is now; absent: read it. */
export type DecisionListener = (status?: ApprovalStatus) => void

/**
 * Where calls of this process wait for decisions, and confirm callbacks learn that nobody needs them any more. The
 * stored approval is the truth; a notice only says when to look at it.
 */
export interface DecisionBoard {
  /** @returns how to stop listening */
  listen(approvalId: string, listener: DecisionListener): () => void
  /** The same for a call that waits. @returns how to leave; returns whether other calls still wait */
  join(approvalId: string, listener: DecisionListener): () => boolean
  /** An approval has another status now, or may have one. */
  notice(approvalId: string, status?: ApprovalStatus): void
  /** Any approval may have been decided. */
  noticeAll(): void
  /** Decides approvals here: whoever waits for one is woken by the result, not by every write on the way to it. */
  deciding<T>(approvalIds: readonly string[], work: () => Promise<T>): Promise<T>
  /** Asks a person about an approval, or shares the answer when somebody here asks about it already. */
  ask(approvalId: string, work: () => Promise<boolean>): Promise<boolean>
  /** Reads an approval's status, or shares the result when somebody here reads it already. */
  readStatus(approvalId: string, work: () => Promise<ApprovalStatus>): Promise<ApprovalStatus>
  /** Does one person's work in turn, so that calls made at once see each other's approvals. */
  inTurn<T>(person: string, work: () => Promise<T>): Promise<T>
}

export function decisionBoard(): DecisionBoard {
  const notices = new EventEmitter<Record<string, [ApprovalStatus | undefined]>>()
  const waiting = new Map<string, number>()
  /** Approvals that are being decided here, and whether a notice came meanwhile. */
  const held = new Map<string, { noticed: boolean }>()
  const turns = new Map<string, PQueue>()

  const listen: DecisionBoard['listen'] = (approvalId, listener) => {
    notices.on(approvalId, listener)
    return () => void notices.off(approvalId, listener)
  }
  const notice: DecisionBoard['notice'] = (approvalId, status) => {
    const hold = held.get(approvalId)
    if (hold === undefined || status !== undefined) notices.emit(approvalId, status)
    if (hold !== undefined) hold.noticed = status === undefined
  }
  return {
    listen,
    notice,
    noticeAll: () => notices.eventNames().forEach((id) => notice(id)),
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
    async deciding(approvalIds, work) {
      const mine = approvalIds.filter((id) => !held.has(id))
      for (const id of mine) held.set(id, { noticed: false })
      try {
        return await work()
      } finally {
        for (const id of mine) {
          const { noticed } = held.get(id)!
          held.delete(id)
          if (noticed) notice(id)
        }
      }
    },
    ask: sharing<boolean>(),
    readStatus: sharing<ApprovalStatus>(),
    async inTurn(person, work) {
      const queue = turns.get(person) ?? new PQueue({ concurrency: 1 })
      turns.set(person, queue)
      try {
        return await queue.add(work)
      } finally {
        if (queue.size === 0 && queue.pending === 0 && turns.get(person) === queue) turns.delete(person)
      }
    },
  }
}

/** Work that is done once for all who ask for it at the same time. */
function sharing<T>(): (key: string, work: () => Promise<T>) => Promise<T> {
  const running = new Map<string, Promise<T>>()
  return (key, work) => {
    const shared = running.get(key) ?? work().finally(() => running.delete(key))
    running.set(key, shared)
    return shared
  }
}
