/**
 * 200 unknown servers at once, 5% of them broken, beside the same without the broken ones: how much longer the others
 * take until they are usable, that the broken ones are named, and that later toolsets and calls lose nothing. Rounds
 * alternate, so that only the ratio counts; everything else is counted.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isIntegrationError, memoryStorage } from 'mcp-integrations'
import { median, timesOf } from './support/figures.js'
import { actor, openRegistry } from './support/host.js'
import { serve, type Serving } from './support/serving.js'

const rounds = 5
const broken = { hangs: 4, down: 3, refused: 3 } as const
const alive = 200 - broken.hangs - broken.down - broken.refused
/** Past this it is no longer a figure but a fault, however loaded the machine is. */
const mostRatio = 2

const servers: Serving[] = []
for (let number = 0; number < 4; number++) servers.push(await serve('bench/support/many-servers.ts'))
const nobody = await freePort()
const works = urls('works', alive)
const fails = [
  ...urls('hangs', broken.hangs),
  ...urls('down', broken.down),
  ...Array.from({ length: broken.refused }, (_, n) => `http://127.0.0.1:${nobody}/${n}`),
]

const ratios: number[] = []
const times: { alone: number; together: number }[] = []
for (let round = 0; round <= rounds; round++) {
  // The first warms up; then each comes first in turn.
  const first = round % 2 === 0 ? await connectAll(works) : await connectAll([...works, ...fails])
  const second = round % 2 === 0 ? await connectAll([...works, ...fails]) : await connectAll(works)
  const [alone, together] = round % 2 === 0 ? [first, second] : [second, first]
  if (round > 0) {
    ratios.push(together / alone)
    times.push({ alone, together })
  }
}
for (const server of servers) server.close()
console.log(
  `${alive} servers usable after ${median(times.map(({ alone }) => alone)).toFixed(0)} ms alone, ${median(times.map(({ together }) => together)).toFixed(0)} ms beside ${fails.length} broken ones`,
)
console.log(
  `ratio ${median(ratios).toFixed(2)} (goal: at most 1.2), each round ${ratios.map((ratio) => ratio.toFixed(2)).join(' ')}`,
)
expectThat(median(ratios) <= mostRatio, `the others took ${median(ratios).toFixed(2)} times as long`)

/** Connects all at once. @returns when the last of those that work was usable, in ms */
async function connectAll(all: readonly string[]): Promise<number> {
  const registry = openRegistry(memoryStorage(), { connectTimeoutMs: 5_000 })
  const mine = registry.actingAs(actor)
  const started = performance.now()
  let usable = 0
  const faults = new Map<string, string>()
  await Promise.all(
    all.map(async (url, number) => {
      try {
        await mine.connect({ url, name: `s${number}`, agents: ['assistant'] })
        usable = performance.now() - started
      } catch (error) {
        faults.set(url, isIntegrationError(error) ? error.code : String(error))
      }
    }),
  )
  const reasons = { hangs: 'timeout', down: 'server_error', refused: 'unreachable' }
  for (const url of all) {
    const kind = works.includes(url)
      ? undefined
      : url.includes('/hangs/')
        ? 'hangs'
        : url.includes('/down/')
          ? 'down'
          : 'refused'
    const wanted = kind === undefined ? undefined : reasons[kind]
    expectThat(
      faults.get(url) === wanted,
      `${url}: ${faults.get(url) ?? 'connected'} instead of ${wanted ?? 'connected'}`,
    )
  }

  const before = await requests()
  const [cost = Number.NaN] = await timesOf(1, () => mine.toolset('assistant'))
  const toolset = await mine.toolset('assistant')
  expectThat(toolset.tools.length === alive * 5, `a toolset of ${toolset.tools.length} tools`)
  expectThat((await requests()) === before, 'a toolset asked a server')
  const reading = toolset.tools.filter(({ name }) => name === 'read_0')
  for (const { integration } of reading) await mine.configureTools(integration.id, { read_0: { approval: 'auto' } })
  const outcomes = await Promise.all(reading.map(({ modelName }) => toolset.call(modelName, { text: 'hello' })))
  expectThat(
    outcomes.every(({ type }) => type === 'completed'),
    'a call of one that works did not complete',
  )
  const sent = (await requests()) - before
  expectThat(sent === alive, `${alive} first calls sent ${sent} requests`)
  if (all.length > alive)
    console.log(
      `usable after ${usable.toFixed(0)} ms, toolset ${(cost / 1000).toFixed(0)} ms, 0 requests; ${alive} first calls, ${sent} requests`,
    )
  await registry.close()
  return usable
}

function urls(kind: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, number) => {
    const { origin } = new URL(servers[number % servers.length]!.url)
    return `${origin}/${kind}/${number}/mcp`
  })
}

async function requests(): Promise<number> {
  const counts = await Promise.all(servers.map((server: Serving) => server.requests()))
  return counts.reduce((sum, count) => sum + count, 0)
}

/** Where nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

function expectThat(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise)
}
