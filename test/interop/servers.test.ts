import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openConnection, type OpenOptions, type ServerProfile } from '../../src/mcp/connection.js'
import { stdioServer } from '../../src/local/stdio.js'
import type { JsonObject } from '../../src/model/json.js'
import { runtime } from '../mcp/support.js'
import { cleanEnvironment, modulePath, startServer, type RealServerName } from '../support/real-servers.js'

/** A server of another author over one transport, and what is known of it. */
interface Cell {
  readonly name: string
  readonly http?: RealServerName
  readonly stdio?: readonly string[]
  readonly era: ServerProfile['era']
  readonly transport: ServerProfile['transport']
  readonly tools: number
  /** Absent: its calls need the internet. */
  readonly call?: { readonly tool: string; readonly args: JsonObject; readonly says: RegExp }
  /** Requests to connect and list, and of the next process's first call. */
  readonly requests?: readonly [number, number]
}

const echo = { tool: 'echo', args: { message: 'hello' }, says: /hello/ }
const everything = '@modelcontextprotocol/server-everything/dist/index.js'

const cells: readonly Cell[] = [
  {
    name: 'server-everything',
    http: 'everything',
    era: 'legacy',
    transport: 'streamable-http',
    tools: 13,
    call: echo,
    requests: [4, 1],
  },
  { name: 'server-everything', http: 'everythingOverSse', era: 'legacy', transport: 'sse', tools: 13, call: echo },
  { name: 'server-everything', stdio: [everything, 'stdio'], era: 'legacy', transport: 'local', tools: 13, call: echo },
  {
    name: 'server-filesystem',
    stdio: ['@modelcontextprotocol/server-filesystem/dist/index.js', '.'],
    era: 'legacy',
    transport: 'local',
    tools: 14,
    call: { tool: 'list_allowed_directories', args: {}, says: /Allowed/ },
  },
  { name: 'context7', http: 'context7', era: 'modern', transport: 'streamable-http', tools: 2, requests: [2, 1] },
  { name: 'context7', stdio: ['@upstash/context7-mcp/dist/index.js'], era: 'modern', transport: 'local', tools: 2 },
  {
    name: 'git',
    http: 'git',
    era: 'legacy',
    transport: 'streamable-http',
    tools: 28,
    call: { tool: 'git_status', args: { path: '.' }, says: /./ },
  },
  {
    name: 'calc',
    stdio: ['@coo-quack/calc-mcp/dist/index.js'],
    era: 'legacy',
    transport: 'local',
    tools: 21,
    call: { tool: 'math', args: { action: 'eval', expression: '6*7' }, says: /42/ },
  },
  {
    name: 'playwright',
    http: 'playwright',
    era: 'legacy',
    transport: 'streamable-http',
    tools: 25,
    call: { tool: 'browser_close', args: {}, says: /./ },
  },
]

const rows: string[][] = [
  ['server', 'over', 'era', 'revision', 'tools', 'connect + list', 'first call of the next process'],
]

describe('servers of other authors', () => {
  afterAll(() => {
    const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
    const table = rows.map((row) => row.map((text, column) => text.padEnd(widths[column]!)).join('  '))
    process.stdout.write(`\n${table.join('\n')}\n\n`)
  })

  it.each(cells)(
    '$name over $transport: connect, list, call, reconnect',
    async (cell) => {
      const counter = { requests: 0 }
      const { endpoint, stop } = await start(cell, counter)
      const options = { endpoint, elicits: false, timeoutMs: 30_000, runtime }
      const patient = { timeoutMs: 30_000 }
      try {
        const connection = await openConnection(options)
        const { tools, quarantined } = await connection.listTools({ ...patient, maxTools: 1000 })
        const toConnect = counter.requests
        expect(connection.profile).toMatchObject({ era: cell.era, transport: cell.transport })
        expect([tools.length, quarantined]).toEqual([cell.tools, []])
        const definition = tools.find(({ name }) => name === cell.call?.tool)
        if (cell.call !== undefined)
          expect(JSON.stringify(await connection.callTool(definition!, cell.call.args, patient))).toMatch(
            cell.call.says,
          )

        // Another process: it has what was stored, as JSON.
        const profile = JSON.parse(JSON.stringify(connection.profile)) as ServerProfile
        if (cell.http === undefined) await connection.close()
        counter.requests = 0
        const next = await openConnection({ ...options, profile })
        if (cell.call === undefined) await next.listTools({ ...patient, maxTools: 1000 })
        else expect(JSON.stringify(await next.callTool(definition!, cell.call.args, patient))).toMatch(cell.call.says)
        const ofNext = counter.requests
        rows.push([
          cell.name,
          over(cell),
          cell.era,
          profile.protocolVersion,
          String(tools.length),
          count(cell, toConnect),
          count(cell, ofNext),
        ])
        if (cell.requests !== undefined) expect([toConnect, ofNext]).toEqual(cell.requests)
        expect(toConnect).toBeLessThanOrEqual(cell.era === 'modern' ? 2 : 5)
        await Promise.all([connection.close({ endSession: true }), next.close({ endSession: true })])
      } finally {
        await stop()
      }
    },
    120_000,
  )
})

async function start(
  { http, stdio }: Cell,
  counter: { requests: number },
): Promise<{ endpoint: OpenOptions['endpoint']; stop(): Promise<void> }> {
  if (http !== undefined) {
    const { url, stop } = await startServer(http)
    const counted = (target: string | URL, init?: RequestInit) => {
      counter.requests++
      return fetch(target, init)
    }
    return { endpoint: { url, fetch: counted }, stop }
  }
  const home = await mkdtemp(join(tmpdir(), 'mcp-server-'))
  const [module = '', ...args] = stdio ?? []
  const local = stdioServer({
    command: process.execPath,
    args: [modulePath(module), ...args],
    env: cleanEnvironment(home),
    cwd: home,
  })
  return { endpoint: { local }, stop: () => rm(home, { recursive: true, force: true }) }
}

function over({ transport, http }: Cell): string {
  if (http === undefined) return 'stdio'
  return transport === 'sse' ? 'HTTP+SSE' : 'Streamable HTTP'
}

function count({ http }: Cell, requests: number): string {
  return http === undefined ? '-' : String(requests)
}
