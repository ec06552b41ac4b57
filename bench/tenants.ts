/**
 * What one tenant's hanging servers cost another tenant of the same process: its toolset after a change of settings, and
 * the CPU. Both tenants work in every block; in those in question, a tenth of the first one's servers does not answer calls.
 * With `--short`, fewer blocks.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { memoryStorage } from 'mcp-integrations'
import { alternating, holds } from './support/alternating.js'
import { openRegistry } from './support/host.js'

const servers = 20
const stepsOfBlock = 40
const child = fork('scripts/run.mjs', ['test/hostile/lane/server-process.ts'])
const [{ base }] = (await once(child, 'message')) as [{ base: string }]
const registry = openRegistry(memoryStorage(), { callTimeoutMs: 2_000, connectTimeoutMs: 2_000 })

const quiet = await tenant('quiet', () => 'healthy')
const healthy = await tenant('healthy', () => 'healthy')
const hanging = await tenant('hanging', (n) => (n % 10 === 0 ? 'silence' : 'healthy'))
const { measured, spread, rounds } = await alternating(beside(healthy), beside(hanging), {
  rounds: process.argv.includes('--short') ? 10 : 60,
  maxMs: 60_000,
})
await registry.close({ graceMs: 100 })
child.disconnect()
console.log(`${rounds} rounds of ${stepsOfBlock} toolsets, beside a tenant with ${servers} servers`)
const results = [
  holds("p99 of a tenant's toolset beside 10 % hanging servers of another", measured.p99, spread.p99, 2),
  holds('CPU of the process for the same work', measured.cpu, spread.cpu, 1.1),
]
process.exitCode = results.every(Boolean) ? 0 : 1

/** A tenant with so many integrations, each with one tool that runs without asking. */
async function tenant(workspaceId: string, kindOf: (n: number) => string) {
  const mine = registry.actingAs({ workspaceId, userId: 'ana', role: 'admin' })
  const ids: string[] = []
  for (let n = 0; n < servers; n++) {
    const url = `${base}/${kindOf(n)}/modern/mcp?n=${workspaceId}${n}`
    const { integration } = await mine.connect({ url, name: `Server ${n}`, agents: ['assistant'] })
    await mine.configureTools(integration.id, { good: { approval: 'auto' } })
    ids.push(integration.id)
  }
  return { mine, ids, toolset: await mine.toolset('assistant') }
}

/** The quiet tenant's steps while the other calls its servers, one of them at each step. */
function beside(other: Awaited<ReturnType<typeof tenant>>): () => Promise<readonly number[]> {
  return async () => {
    const stop = new AbortController()
    const calls: Promise<unknown>[] = []
    const times: number[] = []
    for (let step = 0; step < stepsOfBlock; step++) {
      const called = other.toolset.tools[step % servers]!
      calls.push(other.toolset.call(called.modelName, {}, { signal: stop.signal }).catch(() => undefined))
      const id = quiet.ids[step % servers]!
      await quiet.mine.configureTools(id, { good: { enabled: step % 2 === 0 } })
      const started = performance.now()
      await quiet.mine.toolset('assistant')
      times.push(performance.now() - started)
    }
    stop.abort()
    await Promise.all(calls)
    return times
  }
}
