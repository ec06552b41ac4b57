/** A process that does on a storage what a host does, in workspaces picked at random, and sends what it measured. */
import { once } from 'node:events'
import { median, quantile } from '../support/figures.js'
import { hostRegistry } from '../support/host.js'
import { openStorage, type StorageAddress } from './storages.js'

/** What one process measured, in ms and MB. */
export interface Figures {
  readonly startMs: number
  /** What servers were asked before the first call. */
  readonly requests: number
  readonly heapMb: number
  /** In wall time, and in CPU of this process: others on the machine make a p99 of wall time theirs. */
  readonly verbs: Readonly<Record<string, { readonly p50: number; readonly p99: number; readonly cpuP99: number }>>
}

/** Each verb in so many workspaces; toolsets of so many are the working set. */
const rounds = 100
const workingSet = 500

if (process.send !== undefined) {
  const [job] = (await once(process, 'message')) as [Job]
  process.send(await measure(job))
}

interface Job {
  readonly address: StorageAddress
  /** The workspaces that this process works in: so many from the first. */
  readonly first: number
  readonly workspaces: number
  readonly url: string
}

async function measure({ address, first, workspaces, url }: Job): Promise<Figures> {
  const { storage, close } = openStorage(address)
  let asked = 0
  const counted: typeof fetch = (...request) => {
    asked++
    return fetch(...request)
  }
  const started = performance.now()
  const registry = hostRegistry(storage, url, { runtime: { fetch: counted } })
  const startMs = performance.now() - started
  const inWorkspace = (n: number) => registry.actingAs({ workspaceId: `w${first + n}`, userId: 'ana', role: 'admin' })
  const anyWorkspace = () => inWorkspace(Math.floor(Math.random() * workspaces))
  const verbs: Record<string, { p50: number; p99: number; cpuP99: number }> = {}
  const time = async (name: string, count: number, work: (n: number) => Promise<unknown>): Promise<void> => {
    const times: number[] = []
    const cpu: number[] = []
    for (let n = 0; n < count; n++) {
      const cpuBefore = process.cpuUsage()
      const before = performance.now()
      await work(n)
      times.push(performance.now() - before)
      const { user, system } = process.cpuUsage(cpuBefore)
      cpu.push((user + system) / 1000)
    }
    verbs[name] = { p50: median(times), p99: quantile(times, 0.99), cpuP99: quantile(cpu, 0.99) }
  }

  // What is loaded at first use is loaded; the storage is open.
  await (await inWorkspace(0).toolset('assistant')).call('bench_0__read_0', { text: 'hello' })
  await inWorkspace(0).list()
  asked = 0
  // Each in another workspace, so that none is known yet.
  const step = Math.max(1, Math.floor(workspaces / workingSet))
  await time('toolset, cold', Math.min(workingSet, workspaces - 1), (n) =>
    inWorkspace(1 + ((n * step) % (workspaces - 1))).toolset('assistant'),
  )
  const known = inWorkspace(1)
  await known.toolset('assistant')
  await time('toolset, warm', 500, () => known.toolset('assistant'))
  const requests = asked
  await time('list', rounds, () => anyWorkspace().list())
  const [listed] = await inWorkspace(0).list()
  const { id } = listed!
  await time('get', rounds, () => anyWorkspace().get(id))
  await time('tools', rounds, () => anyWorkspace().tools(id))
  await time('configureTools', rounds, (n) => anyWorkspace().configureTools(id, { read_1: { enabled: n % 2 === 0 } }))
  await time('disable and enable', rounds / 2, async () => {
    const mine = anyWorkspace()
    await mine.disable(id)
    await mine.enable(id)
  })
  await time('call', rounds, async () => {
    const toolset = await anyWorkspace().toolset('assistant')
    await toolset.call('bench_0__read_0', { text: 'hello' })
  })
  await time('connect and remove', 20, async () => {
    const mine = anyWorkspace()
    const { integration } = await mine.connect({ connector: 'bench', agents: ['assistant'], name: 'New' })
    await mine.remove(integration.id)
  })
  await time('approvals.list', rounds, () => anyWorkspace().approvals.list())
  await time('grants.list', rounds, () => anyWorkspace().grants.list())
  await time('audit', rounds, () => anyWorkspace().audit())
  await time('events', rounds, () => anyWorkspace().events())
  await registry.sweep()
  await time('sweep, nothing due', 10, () => registry.sweep())
  for (let n = 0; n < 3; n++) (globalThis as { gc?: () => void }).gc?.()
  const heapMb = process.memoryUsage().heapUsed / 1e6
  await registry.close()
  await close()
  return { startMs, requests, heapMb, verbs }
}
