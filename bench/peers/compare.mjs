/**
 * The SDK's clients and the MCP parts of agent frameworks beside us: requests, and CPU as a share of the plain SDK client's
 * in the same round. The plain client runs twice in each round: its second figure is the control, and what lies within the
 * control's spread is not established. Prints a table and JSON; `--quick` takes fewer rounds.
 */
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { createRequire } from 'node:module'
import { cpuOf, median } from '../support/figures.ts'
import { serve } from '../support/serving.ts'
import { peers } from './peers.mjs'

// Some clients leave listeners behind, and Node warns of each: that would be measured too.
process.removeAllListeners('warning')

const isQuick = process.argv.includes('--quick')
const rounds = isQuick ? 3 : 9
const calls = isQuick ? 200 : 1_000
const connects = isQuick ? 4 : 12
/** How often each client calls and connects before, so that most of its code is compiled. */
const warmUp = isQuick ? { calls: 1_000, connects: 50 } : { calls: 4_000, connects: 200 }
const eras = { '2025-11-25': 'bench/support/stateful-server.ts', '2026-07-28': 'bench/support/server.ts' }
const bars = { call: { '2025-11-25': 0.55, '2026-07-28': 0.65 }, callSqlite: 0.9, connect: 1.1 }
const control = 'SDK v2 again'
const names = [...Object.keys(peers), control]
const connectTo = (name, url) => peers[name === control ? 'SDK v2' : name](url)

const result = { node: process.version, cpu: `${cpus().length} × ${cpus()[0]?.model}`, versions: versions(), eras: {} }
const verdicts = []
for (const [era, program] of Object.entries(eras)) {
  const server = await serve(program)
  const figures = await compare(server)
  server.close()
  result.eras[era] = figures
  printTable(era, figures)
  judge(era, figures)
}
console.log(`\n${JSON.stringify(result)}`)
writeFileSync('temp/peers.json', JSON.stringify(result, null, 2))
console.log()
for (const { text } of verdicts) console.log(text)
process.exit(verdicts.some(({ missed }) => missed) ? 1 : 0)

async function compare(server) {
  const figures = Object.fromEntries(names.map((name) => [name, { connect: [], call: [], list: [] }]))
  for (const name of names) {
    const before = await server.requests()
    const peer = await attempt(figures, name, () => connectTo(name, server.url))
    if (peer === undefined) continue
    await peer.list()
    const between = await server.requests()
    await peer.list()
    const after = await server.requests()
    if ((await peer.call()) !== 'hello' && (await peer.call()).includes?.('hello') !== true)
      figures[name].failed = 'the call gave something else'
    await peer.close()
    Object.assign(figures[name], { requestsToConnect: between - before, requestsToList: after - between })
  }
  const usable = names.filter((name) => figures[name].failed === undefined)
  const open = Object.fromEntries(
    await Promise.all(usable.map(async (name) => [name, await connectTo(name, server.url)])),
  )
  /** Closing isn't measured. */
  const connectAndList = async (name, count) => {
    const connected = []
    const cpu = await cpuOf(count, 1, async () => {
      const peer = await connectTo(name, server.url)
      connected.push(peer)
      await peer.list()
    })
    for (const peer of connected) await peer.close()
    return cpu
  }
  for (const name of usable) {
    await cpuOf(warmUp.calls, 32, open[name].call)
    for (let n = 0; n < warmUp.connects; n += connects) await connectAndList(name, connects)
  }
  for (let round = 0; round < rounds; round++) {
    for (const name of rotated(usable, round)) {
      figures[name].call.push(await cpuOf(calls, 32, open[name].call))
      figures[name].list.push(await cpuOf(isQuick ? 20 : 100, 1, open[name].list))
      figures[name].connect.push(await connectAndList(name, connects))
    }
  }
  await Promise.all(usable.map((name) => open[name].close()))
  return Object.fromEntries(names.map((name) => [name, summary(figures[name], figures['SDK v2'])]))
}

/** A peer that can't do something is a row of the table, not the end of the run. */
async function attempt(figures, name, work) {
  try {
    return await work()
  } catch (error) {
    figures[name].failed = error instanceof Error ? error.message.slice(0, 100) : String(error)
    return undefined
  }
}

/** Nobody always comes first. */
function rotated(list, by) {
  return list.map((_, n) => list[(n + by) % list.length])
}

function summary({ failed, requestsToConnect, requestsToList, ...figures }, plain) {
  if (failed !== undefined) return { failed }
  const ratios = Object.fromEntries(
    Object.entries(figures).map(([what, values]) => {
      const shares = values.map((µs, round) => µs / plain[what][round])
      return [
        what,
        {
          µs: Math.round(median(values)),
          ratio: median(shares),
          least: Math.min(...shares),
          most: Math.max(...shares),
        },
      ]
    }),
  )
  return { requestsToConnect, requestsToList, ...ratios }
}

function printTable(era, figures) {
  const lines = [
    [era, 'requests: connect', 'list again', 'CPU: connect', 'list again', 'call'],
    ...names.map((name) => {
      const { failed, requestsToConnect, requestsToList, connect, list, call } = figures[name]
      if (failed !== undefined) return [name, failed, '', '', '', '']
      const share = ({ µs, ratio }) => `${ratio.toFixed(2)} (${µs} µs)`
      return [name, String(requestsToConnect), String(requestsToList), share(connect), share(list), share(call)]
    }),
  ]
  const widths = lines[0].map((_, n) => Math.max(...lines.map((line) => line[n].length)))
  console.log()
  for (const line of lines) console.log(line.map((cell, n) => cell.padEnd(widths[n])).join('  '))
}

/** A bar is missed where the figure is above it by more than the control differs from itself. */
function judge(era, figures) {
  const gates = [
    ['call on memory', figures['ours, memory'].call, figures[control].call, bars.call[era]],
    ['call on SQLite', figures['ours, SQLite'].call, figures[control].call, bars.callSqlite],
    ['connect and list on memory', figures['ours, memory'].connect, figures[control].connect, bars.connect],
  ]
  for (const [what, { ratio }, { least, most }, bar] of gates) {
    const isNear = ratio > bar * least && ratio <= bar * most
    const word = ratio <= bar ? (isNear ? 'met, not established' : 'met') : isNear ? 'not established' : 'MISSED'
    const text = `${era}: CPU of ${what} ${ratio.toFixed(2)} of the SDK client's, bar ${bar}: ${word} (the client against itself ${least.toFixed(2)}-${most.toFixed(2)})`
    verdicts.push({ text, missed: word === 'MISSED' })
  }
  const again = figures['ours, memory'].requestsToList
  verdicts.push({ text: `${era}: a warm toolset sends ${again} requests, bar 0`, missed: again > 0 })
}

function versions() {
  const require = createRequire(import.meta.url)
  const packages = [
    '@modelcontextprotocol/client',
    '@modelcontextprotocol/sdk',
    '@ai-sdk/mcp',
    '@langchain/mcp-adapters',
    '@openai/agents',
    '@mastra/mcp',
  ]
  return Object.fromEntries(packages.map((name) => [name, versionOf(require, name)]))
}

function versionOf(require, name) {
  for (const folder of require.resolve.paths(name) ?? [])
    try {
      return require(`${folder}/${name}/package.json`).version
    } catch {
      // It is in another one.
    }
  return 'unknown'
}
