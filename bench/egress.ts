/**
 * CPU of one request through egress beside the platform's `fetch`, at concurrency 32, rounds interleaved. The server is
 * a process of its own, so that only the client is measured. Ratios count, not µs.
 *
 *     npx esbuild bench/egress.ts --bundle --platform=node --format=esm --packages=external \
 *       --alias:#connect=./src/egress/connect.node.ts --outfile=temp/bench-egress.mjs && node temp/bench-egress.mjs
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createGuardedFetch } from '../src/egress/guarded-fetch.js'

const concurrency = 32
const requestsPerRound = 3_000
const rounds = 6

if (process.send) serve()
else await measure()

function serve(): void {
  const small = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: 'ok' }] } })
  const large = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    result: {
      tools: Array.from({ length: 40 }, (_, id) => ({
        name: `tool_${id}`,
        description: 'x'.repeat(400),
        inputSchema: {},
      })),
    },
  })
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const stream = request.url === '/stream'
      response.setHeader('content-type', stream ? 'text/event-stream' : 'application/json')
      response.end(stream ? `event: message\ndata: ${small}\n\n` : request.url === '/large' ? large : small)
    })
  })
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
  process.on('disconnect', () => process.exit())
}

async function measure(): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url))
  const [port] = (await once(child, 'message')) as [number]
  const guarded = createGuardedFetch({
    egress: { allowLoopback: true },
    maxResponseBytes: 4 * 1024 * 1024,
    runtime: {
      now: Date.now,
      setTimer(callback, ms) {
        const timer = setTimeout(callback, ms)
        return () => clearTimeout(timer)
      },
    },
  })
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'tool', arguments: {} } })
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }

  const roads: Record<string, (path: string) => Promise<unknown>> = {
    egress: async (path) => {
      const response = await guarded.fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body })
      return path === '/stream' ? drain(response) : response.json()
    },
    fetch: async (path) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body })
      return path === '/stream' ? drain(response) : response.json()
    },
  }
  for (const path of ['/small', '/large', '/stream']) {
    const best: Record<string, number> = {}
    for (let round = 0; round <= rounds; round++) {
      for (const [name, request] of Object.entries(roads)) {
        const cost = await cpuPerRequest(() => request(path))
        if (round > 0) best[name] = Math.min(best[name] ?? Infinity, cost)
      }
    }
    const { egress = 0, fetch = 0 } = best
    console.log(
      `${path.padEnd(8)} egress ${egress.toFixed(0)} µs  fetch ${fetch.toFixed(0)} µs  ratio ${(egress / fetch).toFixed(2)}`,
    )
  }
  await guarded.close()
  child.disconnect()
  process.exit()
}

async function cpuPerRequest(request: () => Promise<unknown>): Promise<number> {
  let left = requestsPerRound
  const before = process.cpuUsage()
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (left-- > 0) await request()
    }),
  )
  const { user, system } = process.cpuUsage(before)
  return (user + system) / requestsPerRound
}

async function drain(response: Response): Promise<void> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  while (!(await reader.read()).done);
}
