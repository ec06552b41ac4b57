/**
 * Meets every hostile server and authorization server of this folder, each beside a healthy one, and says what came of
 * it: outcome, time, memory, the longest stop of the event loop. What the noise of a machine could break is measured
 * beside a control of the same moment. `--short` meets each server over one transport, each transport in turn;
 * `--only 'words | others'` runs the cases whose names have any of them; `--sqlite` keeps the records of each case in a
 * SQLite file, and not in memory; `--bare` runs the SDK's own client beside, and `--write` puts the difference into
 * docs/hostile.md.
 */
import { readFile, writeFile } from 'node:fs/promises'
import type { ServerCase, Transport } from './case.js'
import { comparison } from './lane/comparison.js'
import { resolveHostileNames } from './lane/names.js'
import { connectorId, openHost, type Host } from './lane/host.js'
import { meet } from './lane/meet.js'
import { recordsInMemory, recordsInSqlite } from './lane/records.js'
import { meetBare, startServers } from './lane/processes.js'
import type { BareResult, Met } from './lane/bare-client.js'
import { runCase, type CaseResult, type Lane } from './lane/run-case.js'
import { signIn } from './lane/sign-in.js'
import { localCases } from './local-cases.js'
import { servers } from './servers/index.js'
import { signIns } from './sign-in/index.js'

const asked = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : undefined
const only = (asked ?? '').split(' | ')
const short = process.argv.includes('--short')
const writes = process.argv.includes('--write')
const records = process.argv.includes('--sqlite') ? recordsInSqlite : recordsInMemory
const page = 'docs/hostile.md'
const bare = writes || process.argv.includes('--bare')

resolveHostileNames()
const rejections: unknown[] = []
process.on('unhandledRejection', (error) => rejections.push(error))
const hostile = await startServers()
const halfOpen = await startServers()
const healthy = openHost({ records: records() })
await meet(healthy, urlOf('healthy', 'modern', 'sibling'))
const lane: Lane = { healthy, records, rejections, seen: (run) => hostile.seen(run) }

const rows: (readonly [CaseResult, BareResult | undefined])[] = []
for (const [n, one] of servers.entries())
  for (const transport of short ? [one.transports[n % one.transports.length]!] : one.transports)
    await row(
      { ...one, name: `${one.name} (${transport})`, outcomes: outcomesOver(one, transport) },
      (host, run) => (one.meet ?? meet)(host, urlOf(one.name, transport, run)),
      { url: urlOf(one.name, transport, 'bare'), transport },
    )
for (const one of localCases)
  await row({ ...one, name: `${one.name} (stdio)` }, (host) => meet(host, { connector: connectorId(one.name) }), {
    args: ['test/hostile/local-server.mjs', one.name],
  })
await row({ name: 'a server that is stopped', outcomes: ['timeout'] }, stopped)
for (const one of signIns)
  await row({ ...one, name: `sign-in: ${one.name}` }, (host, run) => {
    const issuer = `${hostile.base}/as/${encodeURIComponent(one.name)}/${run}`
    return one.meet === undefined ? signIn(host, issuer, one.callback) : one.meet(host, issuer)
  })

halfOpen.process.kill('SIGKILL')
await healthy.close()
hostile.process.disconnect()
const failed = rows.filter(([{ problems }]) => problems.length > 0)
for (const [{ name, problems }] of failed) console.log(`FAILED ${name}: ${problems.join('; ')}`)
const work = rows.map(([{ control }]) => control.workMs)
console.log(`control: ${Math.min(...work).toFixed(1)} to ${Math.max(...work).toFixed(1)} ms of CPU`)
const again = rows.flatMap(([{ name, again: loops }]) => loops.map((loop) => `${name}: ${loop}`))
for (const loop of again) console.log(`measured again: ${loop}`)
console.log(`${rows.length - failed.length} of ${rows.length} held, ${again.length} loops measured again`)
if (writes) {
  const names = [...servers.map(({ name }) => name), ...localCases.map(({ name }) => `${name} (stdio)`)]
  await writeFile(page, comparison(await readFile(page, 'utf8'), names, rows))
}
process.exitCode = failed.length === 0 && rows.length > 0 ? 0 : 1

/** Runs a case, if it is one of those that were asked for, and prints its row. */
async function row(
  one: Parameters<typeof runCase>[1],
  run: Parameters<typeof runCase>[2],
  bareClient?: Met,
): Promise<void> {
  if (!only.some((words) => one.name.includes(words))) return
  if (rows.length === 0) console.log(['case', 'outcome', 'ms', 'MiB', 'loop ms', ...(bare ? ['SDK'] : [])].join(' | '))
  const result = await runCase(lane, one, run)
  const beside = bare && bareClient !== undefined ? await meetBare(bareClient) : undefined
  const { name, outcome, cost } = result
  const figures = [cost.ms, cost.memory / 1024 / 1024, cost.loop].map((figure) => Math.max(0, figure).toFixed(0))
  const sdk = bare ? [[beside?.outcome ?? '', ...(beside?.costs ?? [])].join(', ')] : []
  console.log([name, outcome, ...figures, ...sdk].join(' | '))
  for (const problem of result.problems) console.log(`FAILED ${name}: ${problem}`)
  rows.push([result, beside])
}

function outcomesOver({ outcomes, outcomesOver: over }: ServerCase, transport: Transport): readonly string[] {
  const own = over?.[transport]
  return own === undefined ? outcomes : [own]
}

function urlOf(name: string, transport: string, run: string): string {
  return `${hostile.base}/${encodeURIComponent(name)}/${transport}/${run}/mcp?key=canary-query`
}

/** A server that the machine has stopped still has its sockets open. */
async function stopped(host: Host): Promise<string> {
  await meet(host, `${halfOpen.base}/healthy/modern/half/mcp`)
  halfOpen.process.kill('SIGSTOP')
  try {
    return await host.call('hostile__good')
  } finally {
    halfOpen.process.kill('SIGCONT')
  }
}
