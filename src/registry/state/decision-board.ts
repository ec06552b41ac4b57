import { EventEmitter } from 'eventemitter3'
import PQueue from 'p-queue'
import type { ApprovalStatus } from '../../model/approval.js'

/** Called when an approval may have been decided. `status`: the current status; absent: read it. */
export type DecisionListener = (status?: ApprovalStatus) => void

/**
 * Connects the calls of this process that wait for decisions with the decisions. Also signals confirm callbacks that are
 * no longer needed. The stored approval decides; a notice only says when to read it.
 */
export interface DecisionBoard {
  /** @returns a function that stops listening */
  listen(approvalId: string, listener: DecisionListener): () => void
  /** Listens for a waiting call. @returns a function that stops and returns whether other calls still wait */
  join(approvalId: string, listener: DecisionListener): () => boolean
  /** Reports that an approval's status changed, or may have. */
  notice(approvalId: string, status?: ApprovalStatus): void
  /** Reports that any approval may have been decided. */
  noticeAll(): void
  /** Decides approvals: calls that wait for them are woken by the result, not by each intermediate write. */
  deciding<T>(approvalIds: readonly string[], work: () => Promise<T>): Promise<T>
  /** Asks a person about an approval, or shares the result of a running question. */
  ask(approvalId: string, work: () => Promise<boolean>): Promise<boolean>
  /** Reads an approval's status, or shares the result of a running read. */
  readStatus(approvalId: string, work: () => Promise<ApprovalStatus>): Promise<ApprovalStatus>
  /** Runs one person's work one after the other, so that simultaneous calls see each other's approvals. */
  inTurn<T>(person: string, work: () => Promise<T>): Promise<T>
}

export function decisionBoard(): DecisionBoard {
  const notices = new EventEmitter<Record<string, [ApprovalStatus | undefined]>>()
  const waiting = new Map<string, number>()
  /** Approvals that are being decided, and whether a notice came in the meantime. */
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

/** Runs work once for all simultaneous callers. */
function sharing<T>(): (key: string, work: () => Promise<T>) => Promise<T> {
  const running = new Map<string, Promise<T>>()
  return (key, work) => {
    const shared = running.get(key) ?? work().finally(() => running.delete(key))
    running.set(key, shared)
    return shared
  }
}
