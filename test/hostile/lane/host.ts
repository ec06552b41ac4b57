import {
  encryptedCredentials,
  IntegrationRegistry,
  type ActorIntegrations,
  type RegistryStorage,
} from 'mcp-integrations'
import { stdioServer } from 'mcp-integrations/stdio'
import { localCases } from '../local-cases.js'
import type { Records } from './records.js'

export const callTimeoutMs = 15_000
export const connectTimeoutMs = 30_000

/** A host application of one case, with a registry of its own. */
export interface Host {
  readonly registry: IntegrationRegistry
  readonly storage: RegistryStorage
  /** What another host of the same case opens, too. */
  readonly records: Records
  /** What Ana may do. */
  readonly mine: ActorIntegrations
  readonly now: () => number
  readonly time: { aheadMs: number }
  /** Everything that came out: results, errors, diagnostics. No secret may be in it. */
  readonly said: unknown[]
  /** Secrets that nobody marked: `state`. */
  readonly secrets: string[]
  /** How long each verb took. */
  readonly took: { readonly verb: 'connect' | 'call'; readonly ms: number }[]
  /** Runs a verb and keeps how long it took. */
  timed<T>(verb: 'connect' | 'call', work: Promise<T>): Promise<T>
  /** Calls a tool. @returns the kind of its outcome, and its warnings */
  call(modelName: string): Promise<string>
  /** Closes the registry, and its connection to the records. */
  close(): Promise<void>
}

export const ana = { workspaceId: 'acme', userId: 'ana', role: 'admin' } as const

/** Opens one. `pace`: how much faster than ours the clock of its deadlines runs. */
export function openHost({
  pace = 1,
  records,
  now: givenNow,
}: {
  readonly pace?: number | undefined
  readonly records: Records
  /** The clock of another host of the same records. */
  readonly now?: (() => number) | undefined
}): Host {
  const time = { aheadMs: 0 }
  const started = Date.now()
  const ownNow = (): number => Math.floor(started + (Date.now() - started) * pace + time.aheadMs)
  const now = givenNow ?? ownNow
  const { storage, close: disconnect } = records.open(now)
  const said: unknown[] = []
  const took: Host['took'] = []
  const registry = new IntegrationRegistry({
    storage,
    credentials: encryptedCredentials({ keys: [{ id: 'k', secret: new Uint8Array(32).fill(7) }] }),
    agents: ['assistant'],
    egress: { allowLoopback: true },
    oauth: { redirectUrl: 'http://127.0.0.1:34567/callback', clientName: 'Host' },
    limits: { callTimeoutMs, connectTimeoutMs },
    elicit: (question) => (said.push(question), { action: 'accept', content: {} }),
    onDiagnostic: (diagnostic) => said.push(diagnostic),
    runtime: { now, setTimer: (callback, ms) => timer(callback, ms / pace) },
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
  const mine = registry.actingAs(ana)
  const timed: Host['timed'] = async (verb, work) => {
    const from = performance.now()
    try {
      return await work
    } finally {
      took.push({ verb, ms: performance.now() - from })
    }
  }
  const call: Host['call'] = async (modelName) => {
    const toolset = await mine.toolset('assistant')
    const outcome = await timed('call', toolset.call(modelName, {}))
    said.push(outcome)
    const warnings = outcome.type === 'completed' ? (outcome.warnings ?? []).map(({ code }) => code) : []
    return [outcome.type, ...warnings].join(', ')
  }
  const close: Host['close'] = async () => {
    await registry.close()
    disconnect()
  }
  return { registry, storage, records, mine, now, time, said, secrets: [], took, timed, call, close }
}

export function connectorId(name: string): string {
  return name.replaceAll(/[ ,]+/g, '-').toLowerCase()
}

function timer(callback: () => void, ms: number): () => void {
  const started = setTimeout(callback, ms)
  started.unref()
  return () => clearTimeout(started)
}
