import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import { setFlagsFromString } from 'node:v8'
import { isIntegrationError } from 'mcp-integrations'
import type { Case } from '../case.js'
import { hiddenIn, readableCanary } from './canaries.js'
import { callTimeoutMs, connectTimeoutMs, openHost, type Host } from './host.js'
import { measure, measureControl, type Control, type Cost } from './measure.js'
import { Ended } from './meet.js'
import type { Records } from './records.js'
import type { Seen } from './server-process.js'

/** What came of a case. */
export interface CaseResult {
  readonly name: string
  readonly outcome: string
  readonly cost: Cost
  readonly control: Control
  /** What does not hold. */
  readonly problems: readonly string[]
  /** Longest stops of the event loop that were measured again, as problems. */
  readonly again: readonly string[]
}

/** What all cases share. */
export interface Lane {
  /** A host with a healthy server, which goes on working whatever the others do. */
  readonly healthy: Host
  /** Where the host of the next case keeps its records. */
  records(): Records
  /** What the hostile servers saw of a run. */
  seen(run: string): Promise<Seen>
  readonly rejections: unknown[]
}

const MiB = 1024 * 1024
setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void
/** Of each verb, in ms: connecting opens in every way there is, and a call may open again before it runs. */
const longest = { connect: 4 * connectTimeoutMs, call: callTimeoutMs + connectTimeoutMs }
/** How much faster than ours the clock of deadlines runs where a case is about them: nobody waits for whole ones. */
const hurry = 10
/** CPU that may be spent before an answer that takes no patience, in ms. */
const longestWorkMs = 4_000
let runs = 0

/**
 * Meets one case and says what holds. Only the longest stop of the event loop is measured again, up to three times: one
 * bad moment of the machine decides that figure, also beside a control. Everything else holds the first time.
 */
export async function runCase(
  lane: Lane,
  { pace, ...own }: Case & { readonly pace?: number | undefined },
  run: (host: Host, id: string) => Promise<string>,
): Promise<CaseResult> {
  const again: string[] = []
  const paced = { ...own, pace: pace ?? (own.outcomes.includes('timeout') ? hurry : 1) }
  for (;;) {
    const result = await meetOnce(lane, paced, run)
    const isOnlyLoop = result.problems.length > 0 && result.problems.every((one) => one.startsWith(loopStopped))
    if (!isOnlyLoop || again.length === 2) return { ...result, again }
    again.push(...result.problems)
  }
}

const loopStopped = 'stopped the loop for'

async function meetOnce(
  lane: Lane,
  { name, outcomes, most = {}, pace: idlePace }: Case & { readonly pace: number },
  run: (host: Host, id: string) => Promise<string>,
): Promise<Omit<CaseResult, 'again'>> {
  const id = `run-${++runs}`
  const problems: string[] = []
  const sibling = (): Promise<unknown> => lane.healthy.call('hostile__good')
  const before = { timers: openOf('Timeout'), processes: openOf('Process') }
  gc()
  const heap = process.memoryUsage().heapUsed
  const control = await measureControl(sibling)
  const pace = Math.max(1, idlePace / control.slowness)
  const host = openHost({ pace, records: lane.records() })
  const { value: outcome, cost } = await measure(
    () => run(host, id).catch((error: unknown) => endOf(host, error)),
    sibling,
  )
  lane.healthy.said.length = 0
  lane.healthy.took.length = 0

  if (!outcomes.includes(outcome)) problems.push(`ended as ${outcome}, expected ${outcomes.join(' or ')}`)
  for (const { verb, ms } of host.took)
    if (ms > (longest[verb] / pace) * 1.1 * control.slowness) problems.push(`took ${ms.toFixed(0)} ms to ${verb}`)
  if (pace === 1 && cost.cpu > longestWorkMs * control.slowness) problems.push(`worked for ${cost.cpu.toFixed(0)} ms`)
  if (cost.memory > 64 * MiB) problems.push(`took ${(cost.memory / MiB).toFixed(0)} MiB`)
  if (cost.loop > 200 * control.slowness) problems.push(`${loopStopped} ${cost.loop.toFixed(0)} ms`)
  // The longest stop has its bound above; this is about what slows all calls.
  const { work, wait } = cost.sibling ?? { work: 0, wait: 0 }
  if (work > Math.max(2 * control.sibling.work, control.sibling.work + 60 * control.slowness))
    problems.push(`held a sibling up: p99 ${work.toFixed(0)} ms of work, ${control.sibling.work.toFixed(0)} ms without`)
  if (wait > control.sibling.wait + 500 * control.slowness)
    problems.push(`held a sibling up: p99 ${wait.toFixed(0)} ms, ${control.sibling.wait.toFixed(0)} ms without`)

  const seen = await lane.seen(id)
  for (const [kind, times] of Object.entries(most))
    if ((seen.counts[kind] ?? 0) > times) problems.push(`${kind}: ${seen.counts[kind]} requests, at most ${times}`)
  problems.push(...seen.leaked.map((leak) => `secret left: ${leak}`))
  problems.push(...(await readable(host, seen)).map((secret) => `secret can be read: ${secret}`))
  problems.push(...(await leftBehind(host, before)))
  gc()
  const kept = process.memoryUsage().heapUsed - heap
  // Tool lists are remembered, up to 32 MiB.
  if (kept > 40 * MiB) problems.push(`keeps ${(kept / MiB).toFixed(0)} MiB`)
  const after = await sibling().catch((error: unknown) => inspect(error))
  if (after !== 'completed') problems.push(`a good server does not work afterwards: ${String(after)}`)
  problems.push(...lane.rejections.splice(0).map((error) => `unhandled: ${inspect(error)}`))
  return { name, outcome, cost, control, problems }
}

function endOf(host: Host, error: unknown): string {
  if (error instanceof Ended) return error.message
  host.said.push(error)
  return isIntegrationError(error) ? error.code : `UNTYPED ${inspect(error)}`
}

/** Secrets in what came out, in what is stored and in what the next process makes of it, which must be able to read it. */
async function readable(host: Host, { secrets }: Seen): Promise<readonly string[]> {
  const { registry, mine, said, storage, records, now } = host
  const shown = [
    await mine.list(),
    await registry.events({ workspaceId: 'acme' }),
    await mine.audit(),
    await mine.approvals.list(),
    ...said.flatMap((one) =>
      isIntegrationError(one) ? [{ message: one.message, words: one.serverMessage?.replaceAll(ownWords, '') }] : [],
    ),
  ]
  said.push(...shown)
  const next = openHost({ records, now })
  try {
    said.push(await next.mine.toolset('assistant'))
    for (const { id } of await next.mine.list()) said.push(await next.mine.tools(id), await next.mine.get(id))
  } catch (error) {
    return [`what is stored can't be read: ${inspect(error)}`]
  } finally {
    await next.close()
  }
  const stored = await storage.scan({ prefix: '', limit: 1000 })
  // The URL that Ana gave is hers to read.
  const text = `${inspect(said, { depth: 12 })} ${JSON.stringify(stored.records)}`.replaceAll('key=canary-query', '')
  const marked = readableCanary(text)
  const hidden = shown.map((one) => hiddenIn(one)).find((found) => found !== undefined)
  return [
    ...(hidden === undefined ? [] : [`something that hides: ${JSON.stringify(hidden)}`]),
    ...(marked === undefined ? [] : [marked]),
    ...[...secrets, ...host.secrets].filter((secret) => text.includes(secret)),
  ]
}

/** What a server says of itself in an error may be shown to people. */
const ownWords = /canary-of-[a-z-]+/g

/** What is open after the registry was closed: sockets, processes, timers. */
async function leftBehind(
  host: Host,
  before: { readonly timers: number; readonly processes: number },
): Promise<readonly string[]> {
  const sockets = openOf('TCP')
  await host.close()
  const left = (): readonly string[] => [
    ...(openOf('TCP') > Math.max(1, sockets) ? ['sockets stay open'] : []),
    ...(openOf('Process') > before.processes ? ['a process stays'] : []),
    ...(openOf('Timeout') > before.timers ? ['a timer stays'] : []),
  ]
  // A program that is deaf to its end is killed after its grace.
  for (let n = 0; n < 200 && left().length > 0; n++) await new Promise((resolve) => setTimeout(resolve, 50).unref())
  return left()
}

function openOf(kind: string): number {
  return process.getActiveResourcesInfo().filter((resource) => resource.startsWith(kind)).length
}
