/**
 * Meets every hostile server and authorization server of this folder, each beside a healthy one, and says what came of
 * it: outcome, time, memory, the longest stop of the event loop. Bounds that the noise of a machine could break are
 * measured against a control in the same run. `--only words` runs the cases whose names have them; `--bare` shows the
 * SDK's own client beside.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { inspect } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { runInNewContext } from 'node:vm'
import {
  encryptedCredentials,
  IntegrationRegistry,
  isIntegrationError,
  memoryStorage,
  type RegistryStorage,
} from 'mcp-integrations'
import { stdioServer } from 'mcp-integrations/stdio'
import { quantile } from '../../bench/support/figures.js'
import { oauthCases } from './authorization-servers.js'
import { call, callbacks, cases, localCases, meet, oauthOutcomes, refusedCallbacks } from './cases.js'

const callTimeoutMs = 1_500
const connectTimeoutMs = 3_000
/** Of one whole case: opening in every way there is, listing, calling. */
const deadlineMs = (4 * connectTimeoutMs + callTimeoutMs) * 1.1
const MiB = 1024 * 1024
setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

interface Measured {
  readonly outcome: string
  readonly ms: number
  readonly memory: number
  readonly loop: number
  readonly p99: number
  readonly problems: string[]
}

const only = process.argv.includes('--only') ? (process.argv[process.argv.indexOf('--only') + 1] ?? '') : ''
const bare = process.argv.includes('--bare')
const { process: child, base } = await startServers()
const halfOpen = await startServers()
const rejections: unknown[] = []
process.on('unhandledRejection', (error) => rejections.push(error))

const machine = watchMachine()
const { registry: healthy } = host(0)
await meet(healthy, { url: `${base}/healthy/modern/mcp` })
const control = await measured('control', [], async () => {
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  return 'control'
})
const loopBound = Math.max(200, 4 * control.loop)
const p99Bound = Math.max(2 * control.p99, control.p99 + 60)
console.log(
  `control: longest stop ${control.loop.toFixed(0)} ms, sibling p99 ${control.p99.toFixed(0)} ms; bounds: loop ${loopBound.toFixed(0)} ms, memory 64 MiB, sibling p99 ${p99Bound.toFixed(0)} ms`,
)

const rows: (readonly [string, Measured, string])[] = []
for (const { name, transports, outcomes } of cases) {
  for (const transport of transports) {
    if (!`${name} ${transport}`.includes(only)) continue
    const url = `${base}/${encodeURIComponent(name)}/${transport}/mcp?key=canary-query`
    const row = await met(`${name} (${transport})`, outcomes, (own) => meet(own.registry, { url }))
    rows.push([`${name} (${transport})`, row, bare && transport === 'modern' ? await bareOutcome(url) : ''])
  }
}
for (const { name, outcomes } of localCases) {
  if (!`${name} (stdio)`.includes(only)) continue
  const row = await met(`${name} (stdio)`, outcomes, (own) => meet(own.registry, { connector: connectorId(name) }))
  rows.push([`${name} (stdio)`, row, ''])
}
for (const name of oauthCases) {
  if (!`sign-in: ${name}`.includes(only)) continue
  const outcomes = oauthOutcomes[name] ?? [
    'authorization_failed',
    'redirect_refused',
    'url_refused',
    'response_too_large',
    'protocol_error',
  ]
  rows.push([`sign-in: ${name}`, await met(`sign-in: ${name}`, outcomes, (own) => signIn(own, name)), ''])
}

for (const [name, change] of Object.entries(callbacks)) {
  if (!`callback with ${name}`.includes(only)) continue
  const row = await met(`callback with ${name}`, refusedCallbacks, (own) => signIn(own, 'honest', change))
  rows.push([`callback with ${name}`, row, ''])
}
if ('a server that is stopped'.includes(only))
  rows.push(['a server that is stopped', await metOnce('a server that is stopped', ['timeout'], stopped), ''])
halfOpen.process.kill('SIGKILL')

const { leaked } = await asked<{ leaked: string[] }>(child)
await healthy.close()
machine.end()
child.disconnect()
console.log(['case', 'outcome', 'ms', 'MiB', 'loop ms', ...(bare ? ['bare SDK client'] : [])].join(' | '))
for (const [name, { outcome, ms, memory, loop }, beside] of rows)
  console.log(
    [name, outcome, ms.toFixed(0), (memory / MiB).toFixed(0), loop.toFixed(0), ...(bare ? [beside] : [])].join(' | '),
  )
const held = rows.filter(([, row]) => row.problems.length === 0).length
for (const [name, row] of rows) for (const problem of row.problems) console.log(`FAILED ${name}: ${problem}`)
if (leaked.length > 0) console.log(`FAILED a secret left: ${leaked.join('; ')}`)
if (rejections.length > 0) console.log(`FAILED unhandled: ${rejections.map((error) => inspect(error)).join('; ')}`)
console.log(`${held} of ${rows.length} held`)
const isClean = leaked.length === 0 && rejections.length === 0
process.exitCode = isClean && held === rows.length && held > 0 ? 0 : 1

interface Own {
  readonly registry: IntegrationRegistry
  readonly storage: RegistryStorage
  readonly time: { aheadMs: number }
}

function host(aheadMs: number, given?: RegistryStorage): Own {
  const time = { aheadMs }
  const now = (): number => Date.now() + time.aheadMs
  const storage = given ?? memoryStorage({ now })
  const registry = new IntegrationRegistry({
    storage,
    credentials: encryptedCredentials({ keys: [{ id: 'k', secret: new Uint8Array(32).fill(7) }] }),
    agents: ['assistant'],
    egress: { allowLoopback: true },
    oauth: { redirectUrl: 'http://127.0.0.1:34567/callback', clientName: 'Host' },
    limits: { callTimeoutMs, connectTimeoutMs },
    runtime: { now },
    connectors: localCases.map(({ name }) => ({
      id: connectorId(name),
      name,
      local: stdioServer({
        command: process.execPath,
        args: ['test/hostile/local-server.mjs', name],
        onStderr: () => undefined,
      }),
      auth: 'none',
    })),
  })
  return { registry, storage, time }
}

function connectorId(name: string): string {
  return name.replaceAll(' ', '-').toLowerCase()
}

/** What one bad moment of the machine could break is measured again; what breaks twice is broken. */
async function met(name: string, outcomes: readonly string[], run: (own: Own) => Promise<string>): Promise<Measured> {
  const row = await metOnce(name, outcomes, run)
  return row.problems.length === 0 ? row : metOnce(name, outcomes, run)
}

async function metOnce(
  name: string,
  outcomes: readonly string[],
  run: (own: Own) => Promise<string>,
): Promise<Measured> {
  const own = host(0)
  const processes = count('ProcessWrap')
  gc()
  const heap = process.memoryUsage().heapUsed
  const said: unknown[] = []
  const row = await measured(name, outcomes, () =>
    run(own).catch((error: unknown) => {
      said.push(error)
      return isIntegrationError(error) ? error.code : `UNTYPED ${inspect(error)}`
    }),
  )
  const mine = own.registry.actingAs({ workspaceId: 'acme', userId: 'ana', role: 'admin' })
  said.push(
    await mine.list(),
    await own.registry.events({ workspaceId: 'acme' }),
    await mine.audit().catch(() => undefined),
  )
  // What was stored is read by the next process as by this one.
  const next = host(0, own.storage)
  const read = next.registry.actingAs({ workspaceId: 'acme', userId: 'ana', role: 'admin' })
  await Promise.all([read.toolset('assistant'), ...(await read.list()).map(({ id }) => read.tools(id))]).catch(
    (error: unknown) => row.problems.push(`what is stored can't be read: ${inspect(error)}`),
  )
  await next.registry.close()
  const { records } = await own.storage.scan({ prefix: '', limit: 1000 })
  const text = `${inspect(said, { depth: 12 })} ${JSON.stringify(records)}`.replaceAll('key=canary-query', '')
  const found = text.match(/canary-[a-z-]+/)
  if (found !== null) row.problems.push(`${found[0]} can be read`)
  const sockets = openSockets()
  await own.registry.close()
  await new Promise((resolve) => setTimeout(resolve, 50))
  if (openSockets() > Math.max(1, sockets)) row.problems.push('sockets stay open')
  // One that is deaf to its end is killed after its grace.
  for (let n = 0; n < 100 && count('ProcessWrap') > processes; n++)
    await new Promise((resolve) => setTimeout(resolve, 50))
  if (count('ProcessWrap') > processes) row.problems.push('a process stays')
  gc()
  const kept = process.memoryUsage().heapUsed - heap
  // Tool lists are remembered, up to 32 MiB.
  if (kept > 40 * MiB) row.problems.push(`keeps ${(kept / MiB).toFixed(0)} MiB`)
  if ((await call(healthy, 'hostile__good')) !== 'completed')
    row.problems.push('a good server does not work afterwards')
  return row
}

async function measured(name: string, outcomes: readonly string[], run: () => Promise<string>): Promise<Measured> {
  gc()
  const problems: string[] = []
  const delay = monitorEventLoopDelay({ resolution: 5 })
  const before = process.memoryUsage().rss
  let peak = before
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20)
  const times: number[] = []
  const ended = new AbortController()
  const sibling = (async () => {
    while (!ended.signal.aborted) {
      const from = performance.now()
      await call(healthy, 'hostile__good').catch(() => undefined)
      times.push(performance.now() - from)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })()
  machine.reset()
  delay.enable()
  const began = performance.now()
  const outcome = await run()
  const ms = performance.now() - began
  delay.disable()
  ended.abort()
  await sibling
  clearInterval(watch)
  const row: Measured = {
    outcome,
    ms,
    memory: peak - before,
    loop: Math.max(0, delay.max / 1e6 - machine.longestMs()),
    p99: quantile(times, 0.99),
    problems,
  }
  if (name === 'control') return row
  if (!outcomes.includes(outcome)) problems.push(`ended as ${outcome}, expected ${outcomes.join(' or ')}`)
  if (ms > deadlineMs) problems.push(`took ${ms.toFixed(0)} ms`)
  if (row.memory > 64 * MiB) problems.push(`took ${(row.memory / MiB).toFixed(0)} MiB`)
  if (row.loop > loopBound) problems.push(`stopped the loop for ${row.loop.toFixed(0)} ms`)
  // A single slow call is the loop's longest stop, which has its bound above.
  if (times.length >= 100 && row.p99 > p99Bound) problems.push(`held a sibling up: p99 ${row.p99.toFixed(0)} ms`)
  return row
}

/** A server that the machine has stopped still has its sockets open. */
async function stopped({ registry }: Own): Promise<string> {
  await meet(registry, { url: `${halfOpen.base}/healthy/modern/mcp` })
  halfOpen.process.kill('SIGSTOP')
  return call(registry, 'hostile__good')
}

/** Starts the hostile servers in a process of their own. */
async function startServers(): Promise<{ readonly process: ChildProcess; readonly base: string }> {
  const process = fork('scripts/run.mjs', ['test/hostile/server-process.ts'])
  const [hello] = (await once(process, 'message')) as [{ base: string }]
  return { process, base: hello.base }
}

async function signIn({ registry, time }: Own, name: string, change = (_callback: URL): void => {}): Promise<string> {
  const issuer = `${base}/as/${encodeURIComponent(name)}`
  const mine = registry.actingAs({ workspaceId: 'acme', userId: 'ana', role: 'admin' })
  const begun = await mine.connect({ url: `${issuer}/mcp`, name: 'Hostile', agents: ['assistant'] })
  if (begun.type !== 'authorization_required') return begun.type
  const page = new URL(begun.authorizationUrl)
  const callback = new URL(page.searchParams.get('redirect_uri')!)
  callback.searchParams.set('code', 'canary-code')
  callback.searchParams.set('state', page.searchParams.get('state')!)
  callback.searchParams.set('iss', issuer)
  change(callback)
  const finished = await mine.finishConnect(callback.href)
  if (finished.type !== 'connected') return finished.type
  await mine.configureTools(finished.integration.id, { good: { approval: 'auto' } })
  time.aheadMs += 600_000
  return call(registry, 'hostile__good')
}

async function bareOutcome(url: string): Promise<string> {
  const program = fork('scripts/run.mjs', ['test/hostile/bare-client.ts', url])
  await once(program, 'message')
  const tooLong = setTimeout(() => program.kill('SIGKILL'), 15_000)
  const [said] = (await Promise.race([
    once(program, 'message'),
    once(program, 'exit').then(() => ['killed after 15 s']),
  ])) as [string]
  clearTimeout(tooLong)
  program.kill('SIGKILL')
  return said
}

async function asked<T>(process: ChildProcess): Promise<T> {
  process.send('leaked')
  const [answer] = (await once(process, 'message')) as [T]
  return answer
}

/** How long a thread that has nothing to do was kept from its turn: what that takes, no hostile server has done. */
function watchMachine(): { reset(): void; longestMs(): number; end(): void } {
  const shared = new Float64Array(new SharedArrayBuffer(8))
  const program = `
    const { workerData } = require('node:worker_threads')
    let last = performance.now()
    setInterval(() => {
      const now = performance.now()
      workerData[0] = Math.max(workerData[0], now - last - 5)
      last = now
    }, 5)`
  const worker = new Worker(program, { eval: true, workerData: shared })
  worker.unref()
  return {
    reset: () => void (shared[0] = 0),
    longestMs: () => shared[0]!,
    end: () => void worker.terminate(),
  }
}

function openSockets(): number {
  return count('TCP')
}

function count(kind: string): number {
  return process.getActiveResourcesInfo().filter((resource) => resource.startsWith(kind)).length
}
