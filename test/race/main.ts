// One refresh, whoever asks: 8 processes × 50 calls at once on an expired grant, round after round, at an authorization
// server that ends a grant when one of its refresh tokens comes twice. Time runs ahead for the processes and their storage,
// so that tokens expire by the minute.
// node scripts/run.mjs test/race/main.ts [--short] [postgres] [sqlite]
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startAuthorizationServer } from '../support/authorization-server.js'
import { startPostgres } from '../support/postgres.js'
import { startProtectedMcpServer } from '../support/protected-mcp-server.js'
import { play, type Round, type RoundResult } from './process.js'
import { ana, openRegistry, redirectUrl, type Seat } from './registry.js'

const processes = 8
const calls = 50
const rounds = process.argv.includes('--short') ? 10 : 200
const lifetimeMs = 300_000

if (process.send !== undefined) {
  play(process.argv[2]!, JSON.parse(process.argv[3]!) as Seat)
} else {
  const asked = (['postgres', 'sqlite'] as const).filter((kind) => process.argv.includes(kind))
  for (const kind of asked.length > 0 ? asked : (['postgres', 'sqlite'] as const))
    if (!(await race(kind))) process.exitCode = 1
}

async function race(kind: Seat['kind']): Promise<boolean> {
  const started = performance.now()
  const directory = await mkdtemp(join(tmpdir(), 'race-'))
  const postgres = kind === 'postgres' ? await startPostgres() : undefined
  const authorizationServer = await startAuthorizationServer({ accessTokenTtl: lifetimeMs / 1000 })
  const server = await startProtectedMcpServer(() => authorizationServer.issuer)
  const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64')
  const seat: Seat = { kind, place: postgres?.url ?? join(directory, 'registry.db'), secret }
  const children: ChildProcess[] = []

  const tally = { refreshes: 0, failures: 0, stray: 0, unequal: 0, slowest: [] as number[] }
  const tokens = new Set<string>()
  try {
    await signIn()
    for (let n = 0; n < processes; n++) children.push(fork(process.argv[1]!, [`p${n}`, JSON.stringify(seat)]))
    await Promise.all(children.map((child) => once(child, 'message')))
    for (let round = 1; round <= rounds; round++) await playRound(round)
  } finally {
    for (const child of children) child.kill('SIGKILL')
    await server.close()
    await authorizationServer.close()
    await postgres?.stop()
    await rm(directory, { recursive: true, force: true })
  }
  return report()

  async function signIn(): Promise<void> {
    const { registry, close } = openRegistry(seat)
    const mine = registry.actingAs(ana)
    const begun = await mine.connect({ url: server.url, name: 'Notes', agents: ['assistant'] })
    if (begun.type !== 'authorization_required') throw new Error(`expected a sign-in, got ${begun.type}`)
    await mine.finishConnect(await authorizationServer.signIn(begun.authorizationUrl, redirectUrl))
    await mine.configureTools(begun.integration.id, { read_note: { approval: 'auto' } })
    await close()
    for (const token of server.presented) tokens.add(token)
  }

  async function playRound(round: number): Promise<void> {
    server.seen.length = 0
    server.presented.length = 0
    authorizationServer.requests.length = 0
    const order: Round = { calls, offsetMs: round * (lifetimeMs + 1000) }
    const results = await Promise.all(
      children.map(async (child) => {
        const answer = once(child, 'message')
        child.send(order)
        return ((await answer) as [RoundResult])[0]
      }),
    )
    const refreshes = authorizationServer.tokenRequests('refresh_token').length
    const failures = results.flatMap((result) => result.failures)
    const presenters = new Set<string>()
    const shown = new Set<string>()
    for (const { headers, body } of server.calls('read_note')) {
      const { params } = JSON.parse(body) as { params: { arguments: { id: string } } }
      presenters.add(params.arguments.id.split('-')[0]!)
      shown.add(String(headers['authorization']))
    }
    const [token = ''] = shown
    const equal = shown.size === 1 && !tokens.has(token) && presenters.size === processes
    tokens.add(token)
    tally.refreshes += refreshes
    tally.failures += failures.length
    tally.stray += Math.abs(refreshes - 1)
    tally.unequal += equal ? 0 : 1
    tally.slowest.push(...results.map(({ slowestMs }) => slowestMs))
    if (refreshes !== 1 || failures.length > 0 || !equal)
      console.log(
        `  round ${round}: ${refreshes} token requests, ${shown.size} tokens shown by ${presenters.size} processes, ` +
          `failures: ${[...new Set(failures)].join(', ') || 'none'}`,
      )
  }

  function report(): boolean {
    const reused = authorizationServer.events.filter((event) => event === 'grant.revoked').length
    const slowest = tally.slowest.toSorted((a, b) => a - b)
    const middle = slowest[Math.floor(slowest.length / 2)] ?? 0
    console.log(
      `${kind.padEnd(8)}  ${rounds} rounds of ${processes} processes × ${calls} calls  ` +
        `token requests ${tally.refreshes}  reuse ${reused}  failed calls ${tally.failures}  ` +
        `slowest call of a round p50 ${Math.round(middle)} ms, max ${Math.round(slowest.at(-1) ?? 0)} ms  ` +
        `${((performance.now() - started) / 1000).toFixed(1)} s`,
    )
    return tally.stray + reused + tally.failures + tally.unequal === 0
  }
}
