import type { Approval, ToolCallOutcome, Toolset } from '../index.js'
import { failedReading, readingOf, type CallName, type Reading } from './bridged-tool.js'
import type { BridgedToolset } from './bridged-tools.js'

/** The result of the calls of one model response. Plain JSON: store it with the conversation while calls wait. */
export interface ToolTurn<Output> {
  /** One output for each call, in the order of the calls. The output of a waiting call says that it waits. */
  readonly outputs: readonly Output[]
  /** Calls that wait for a person. If empty, the conversation can continue. */
  readonly waiting: readonly WaitingCall[]
}

/** A call that waits for a person. */
export interface WaitingCall {
  /** The index of its output in the turn. */
  readonly index: number
  /** The API's id of the call, if there is one. */
  readonly callId?: string | undefined
  /** The name that the model called. */
  readonly name: string
  /** The approval that the call waits for. */
  readonly approval: Approval
}

/** Options of running or resuming a turn. */
export interface TurnOptions {
  /** Aborts the calls, including at their servers. */
  readonly signal?: AbortSignal | undefined
  /** Receives each call's outcome, e.g. to show it. Its errors are ignored. */
  readonly onOutcome?: ((outcome: ToolCallOutcome, call: CallName) => void) | undefined
}

/** A call as a model wrote it. */
export interface ModelCall extends CallName {
  /** `undefined` if the model wrote invalid JSON. */
  readonly args: unknown
}

/** Runs all calls of a response at once. */
export async function runTurn<Output>(
  tools: BridgedToolset,
  calls: readonly ModelCall[],
  toOutput: ToOutput<Output>,
  options: TurnOptions = {},
): Promise<ToolTurn<Output>> {
  const readings = await Promise.all(
    calls.map(async ({ name, callId, args }) => {
      if (args === undefined) return failedReading('The arguments are not valid JSON. It has not run.')
      const run = tools.get(name).run(args, { callId, signal: options.signal })
      return reportOutcome(await readingOf(run), { name, callId }, options)
    }),
  )
  return {
    outputs: calls.map((call, n) => toOutput(call, readings[n]!)),
    waiting: calls.flatMap((call, index) => waitingCall(call, index, readings[index]!)),
  }
}

/** Runs the calls that were approved in the meantime, and returns the reason for the others. Each call runs at most once. */
export async function resumeTurn<Output>(
  toolset: Toolset,
  turn: ToolTurn<Output>,
  toOutput: ToOutput<Output>,
  options: TurnOptions = {},
): Promise<ToolTurn<Output>> {
  const ended = await Promise.all(
    turn.waiting.map(async ({ index, name, callId, approval }) => {
      const run = toolset.resume(approval.approvalId, { signal: options.signal })
      return { index, call: { name, callId }, reading: reportOutcome(await readingOf(run), { name, callId }, options) }
    }),
  )
  const byIndex = new Map(ended.map((one) => [one.index, toOutput(one.call, one.reading)]))
  return {
    outputs: turn.outputs.map((output, index) => byIndex.get(index) ?? output),
    waiting: ended.flatMap(({ index, call, reading }) => waitingCall(call, index, reading)),
  }
}

/** Converts a call's content to an API's output. */
export type ToOutput<Output> = (call: CallName, reading: Reading) => Output

/** Arguments as text. */
export function parsedArguments(text: string): unknown {
  try {
    return JSON.parse(text === '' ? '{}' : text) as unknown
  } catch {
    return undefined
  }
}

function reportOutcome(reading: Reading, call: CallName, { onOutcome }: TurnOptions): Reading {
  try {
    if (reading.outcome !== undefined) onOutcome?.(reading.outcome, call)
  } catch {
    // An error of the listener must not affect the call.
  }
  return reading
}

function waitingCall({ name, callId }: CallName, index: number, { outcome }: Reading): readonly WaitingCall[] {
  return outcome?.type === 'approval_required' ? [{ index, callId, name, approval: outcome.approval }] : []
}
