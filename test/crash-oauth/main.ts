// Kills processes at every step of a sign-in, a refresh and a goodbye, and looks what a new process finds.
// node scripts/run.mjs test/crash-oauth/main.ts [--short] [part of a step's name]
import { strict as assert } from 'node:assert'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startAuthorizationServer, type TestAuthorizationServer } from '../support/authorization-server.js'
import { startProtectedMcpServer, type ProtectedMcpServer } from '../support/protected-mcp-server.js'
import { die, openRegistry, redirectUrl, type Death, type Deed, type Seat } from './victim.js'
import { steps } from './steps.js'

/** One death and what follows from it. */
export interface Scene {
  readonly authorizationServer: TestAuthorizationServer
  readonly server: ProtectedMcpServer
  /** Connects in a process that lives. @returns the integration's id */
  connected(): Promise<string>
  /** Begins a sign-in. @returns the callback URL, and the integration's id */
  begun(): Promise<{ readonly callbackUrl: string; readonly id: string }>
  /** Lets a process die of a deed. */
  death(deed: Deed, death: Death): Promise<void>
  /** Time passes for all processes. */
  pass(ms: number): void
  /** A new process. */
  after<T>(look: (process: ReturnType<typeof openRegistry>) => Promise<T>): Promise<T>
  /** The keys that are stored, but for events and audit. */
  keys(): Promise<readonly string[]>
}

if (process.send !== undefined) {
  const [seat, deed, death] = JSON.parse(process.argv[2]!) as [Seat, Deed, Death]
  await die(seat, deed, death)
} else {
  await all()
}

async function all(): Promise<void> {
  const times = process.argv.includes('--short') ? 5 : 100
  const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
  const started = performance.now()
  let bad = 0
  for (const [name, step] of Object.entries(steps)) {
    if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue
    const begun = performance.now()
    const failures: unknown[] = []
    const rotation = !name.includes('without rotation')
    const authorizationServer = await startAuthorizationServer({ rotation })
    const server = await startProtectedMcpServer(() => authorizationServer.issuer)
    for (let n = 0; n < times; n++) await play(step, authorizationServer, server).catch((error) => failures.push(error))
    await server.close()
    await authorizationServer.close()
    const seconds = ((performance.now() - begun) / 1000).toFixed(1)
    console.log(
      `${failures.length === 0 ? 'ok  ' : 'FAIL'}  ${name.padEnd(52)} ${times - failures.length} of ${times}  ${seconds} s`,
    )
    if (failures.length > 0) console.log(failures[0])
    bad += failures.length
  }
  console.log(
    `\n${bad === 0 ? 'every state was as it must be' : `${bad} states were wrong`}, ${Math.round((performance.now() - started) / 1000)} s`,
  )
  process.exitCode = bad === 0 ? 0 : 1
}

async function play(
  step: (scene: Scene) => Promise<void>,
  authorizationServer: TestAuthorizationServer,
  server: ProtectedMcpServer,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'crash-'))
  const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64')
  let offsetMs = 0
  const seat = (): Seat => ({ file: join(directory, 'registry.db'), secret, offsetMs })
  const after: Scene['after'] = async (look) => {
    const living = openRegistry(seat())
    try {
      return await look(living)
    } finally {
      await living.close()
    }
  }
  const begun: Scene['begun'] = () =>
    after(async ({ mine }) => {
      const result = await mine.connect({ url: server.url, name: 'Notes', agents: ['assistant'] })
      assert(result.type === 'authorization_required')
      const callbackUrl = await authorizationServer.signIn(result.authorizationUrl, redirectUrl)
      return { callbackUrl, id: result.integration.id }
    })
  for (const list of [authorizationServer.requests, authorizationServer.events, server.seen]) list.length = 0
  try {
    await step({
      authorizationServer,
      server,
      begun,
      after,
      async connected() {
        const { callbackUrl, id } = await begun()
        await after(async ({ mine }) => {
          await mine.finishConnect(callbackUrl)
          await mine.configureTools(id, { read_note: { approval: 'auto' } })
        })
        return id
      },
      async death(deed, death) {
        const child = fork(process.argv[1]!, [JSON.stringify([seat(), deed, death])])
        const ended = once(child, 'exit')
        if (death === 'by parent')
          authorizationServer.intercept = ({ path }) => {
            if (path !== '/token') return false
            authorizationServer.intercept = undefined
            child.kill('SIGKILL')
            return ended.then(() => false)
          }
        const [, signal] = (await ended) as [number | null, string | null]
        assert.equal(signal, 'SIGKILL')
      },
      pass: (ms) => void (offsetMs += ms),
      keys: () =>
        after(async () => {
          const { sqliteStorage } = await import('mcp-integrations/sqlite')
          const { default: Database } = await import('libsql')
          const database = new Database(seat().file)
          const storage = sqliteStorage({ database, now: () => Date.now() + offsetMs })
          const { records } = await storage.scan({ prefix: '', limit: 1000 })
          database.close()
          return records.map(({ key }) => key).filter((key) => !/^(?:event|audit|catalogue|due)\//.test(key))
        }),
    })
  } finally {
    authorizationServer.intercept = undefined
    await rm(directory, { recursive: true, force: true })
  }
}
