import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { BareResult, Met } from './bare-client.js'
import type { Seen } from './server-process.js'

/** The process in which hostile servers listen. */
export interface Servers {
  readonly base: string
  readonly process: ChildProcess
  seen(run: string): Promise<Seen>
}

export async function startServers(): Promise<Servers> {
  const process = fork('scripts/run.mjs', ['test/hostile/lane/server-process.ts'])
  const [{ base }] = (await once(process, 'message')) as [{ base: string }]
  return {
    base,
    process,
    async seen(run) {
      const answer = once(process, 'message')
      process.send(run)
      return ((await answer) as [Seen])[0]
    },
  }
}

const patienceMs = 20_000

/** How the SDK's own client fares twice: the costs are those of both times, because memory is freed when nobody knows. */
export async function meetBare(met: Met): Promise<BareResult> {
  const first = await meetBareOnce(met)
  const { costs } = await meetBareOnce(met)
  return { ...first, costs: first.costs.filter((cost) => costs.includes(cost)) }
}

/** In a process of its own that may die of it. */
async function meetBareOnce(met: Met): Promise<BareResult> {
  const program = fork('scripts/run.mjs', ['test/hostile/lane/bare-client.ts'], { stdio: 'ignore', detached: true })
  await once(program, 'message')
  // It leads a group, because the servers that it starts may outlive it.
  const end = (): void => void process.kill(-program.pid!, 'SIGKILL')
  const tooLong = setTimeout(end, patienceMs)
  program.send(met)
  const said = await Promise.race([
    once(program, 'message').then(([result]) => result as BareResult),
    once(program, 'exit').then(() => ({ outcome: 'never ends', costs: [] })),
  ])
  clearTimeout(tooLong)
  try {
    end()
  } catch {
    // Nothing is left of it.
  }
  return said
}
