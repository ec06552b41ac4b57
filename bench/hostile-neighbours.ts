/**
 * What hostile servers cost their neighbours. First, calls of a healthy server while one server hangs, one drips and one
 * floods, in turns with the same calls alone. Then the heap over many connects and disconnects: good,
 * failed and aborted. With `--short`, fewer of both, for CI.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import Database from 'libsql'
import { type IntegrationRegistry, memoryStorage } from 'mcp-integrations'
import { sqliteStorage } from 'mcp-integrations/sqlite'
import { alternating, holds } from './support/alternating.js'
import { actor, openRegistry } from './support/host.js'

const isShort = process.argv.includes('--short')
const rounds = isShort ? 20 : 60
const callsOfBlock = 50
const cycles = isShort ? 900 : 10_000
setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

const child = fork('scripts/run.mjs', ['test/hostile/lane/server-process.ts'])
const [{ base }] = (await once(child, 'message')) as [{ base: string }]
const urlOf = (name: string, number = 0): string => `${base}/${encodeURIComponent(name)}/modern/mcp?n=${number}`

const sibling = await siblings()
const bytes = await heapSlope()
child.disconnect()
console.log(bytes < 1024 ? 'the goal for the heap holds' : 'FAILED: the goal for the heap does not hold')
process.exitCode = sibling && bytes < 1024 ? 0 : 1

/** Calls of a healthy server beside hostile ones, in turns with the same calls alone. */
async function siblings(): Promise<boolean> {
  const registry = openRegistry(memoryStorage(), { callTimeoutMs: 2_000, connectTimeoutMs: 2_000 })
  const healthy = await connected(registry, 'healthy')
  const hostile: string[] = []
  for (const name of ['silence', 'one byte at a time', 'progress without end'])
    hostile.push(await connected(registry, name))
  const toolset = await registry.actingAs(actor).toolset('assistant')
  const alone = async (): Promise<readonly number[]> => {
    const times: number[] = []
    for (let n = 0; n < callsOfBlock; n++) {
      const started = performance.now()
      await toolset.call(healthy, {})
      times.push(performance.now() - started)
    }
    return times
  }
  const beside = async (): Promise<readonly number[]> => {
    const stop = new AbortController()
    const hanging = hostile.map(async (name) => {
      while (!stop.signal.aborted) {
        await toolset.call(name, {}, { signal: stop.signal }).catch(() => undefined)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    })
    // What is measured is the hostile servers under way, not three calls that begin at once.
    await new Promise((resolve) => setTimeout(resolve, 50))
    const times = await alone()
    stop.abort()
    await Promise.all(hanging)
    return times
  }
  const { measured, spread } = await alternating(alone, beside, { rounds, maxMs: 60_000 })
  await registry.close()
  return holds('p99 of a sibling beside a server that hangs, drips and floods', measured.p99, spread.p99, 2)
}

/** Connects, and returns the name by which a model calls its tool, which runs without asking. */
async function connected(registry: IntegrationRegistry, name: string): Promise<string> {
  const mine = registry.actingAs(actor)
  const { integration } = await mine.connect({ url: urlOf(name), name, agents: ['assistant'] })
  await mine.configureTools(integration.id, { good: { approval: 'auto' } })
  const { tools } = await mine.tools(integration.id)
  return tools[0]!.modelName
}

/**
 * Bytes of heap that stay for each connect and disconnect: the slope through what is left after each tenth.
 * What is stored lies outside of it.
 */
async function heapSlope(): Promise<number> {
  const registry = openRegistry(sqliteStorage({ database: new Database(':memory:') }), {
    callTimeoutMs: 2_000,
    connectTimeoutMs: 2_000,
  })
  const mine = registry.actingAs(actor)
  const cycle = async (n: number): Promise<void> => {
    const kind = n % 3
    const signal = kind === 2 ? AbortSignal.timeout(1) : undefined
    const url = kind === 1 ? `${base}/nothing/modern/mcp?n=${n}` : urlOf('healthy', n)
    const begun = await mine
      .connect({ url, name: `Cycle ${n}`, agents: ['assistant'] }, { signal })
      .catch(() => undefined)
    if (begun !== undefined) await mine.remove(begun.integration.id)
  }
  const heap = async (): Promise<number> => {
    await registry.sweep()
    for (let n = 0; n < 3; n++) {
      gc()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return process.memoryUsage().heapUsed
  }
  for (let n = 0; n < cycles / 10; n++) await cycle(n)
  const points: (readonly [number, number])[] = [[0, await heap()]]
  for (let tenth = 1; tenth <= 10; tenth++) {
    for (let n = 0; n < cycles / 10; n++) await cycle(tenth * cycles + n)
    points.push([(tenth * cycles) / 10, await heap()])
  }
  await registry.close()
  const slope = slopeOf(points)
  console.log(`heap of a connect and disconnect: ${slope.toFixed(0)} bytes (${cycles} cycles)`)
  return slope
}

function slopeOf(points: readonly (readonly [number, number])[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const [x, y] = [mean(points.map(([at]) => at)), mean(points.map(([, value]) => value))]
  const over = points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0)
  return over / points.reduce((sum, [at]) => sum + (at - x) ** 2, 0)
}
