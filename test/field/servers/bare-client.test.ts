import { readFileSync } from 'node:fs'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { describe, expect, it } from 'vitest'
import { connected, listen, resultOf, sessions } from './support.js'
import { wireCases, type Reached, type WireCase } from './wire-cases.js'

/** The server of a case, and how it forgets what it knows. */
async function serverOf({ behaviour, restarts }: WireCase) {
  const kept = sessions((request) => behaviour(request))
  const server = await listen(restarts === true ? kept.behaviour : behaviour)
  return { server, restart: (): void => kept.restart(), restarts: restarts === true }
}

/** As the SDK's documentation has it, with the current era asked for first. */
async function bareClient(one: WireCase, timeout: number): Promise<Reached> {
  const { server, restart, restarts } = await serverOf(one)
  const client = new Client({ name: 'bare', version: '1' }, { versionNegotiation: { mode: 'auto' } })
  const patience = { timeout }
  try {
    let reached: Reached = 'does not connect'
    try {
      await client.connect(new StreamableHTTPClientTransport(new URL(server.url)), patience)
      reached = 'gets no tools'
      await client.listTools(undefined, patience)
      reached = 'loses the result'
      const call = () => client.callTool({ name: 'echo', arguments: {} }, patience)
      await call()
      if (!restarts) return 'works'
      reached = 'stays locked out'
      restart()
      for (let n = 0; n < 3; n++)
        if (
          await call().then(
            () => true,
            () => false,
          )
        )
          return 'works'
      return reached
    } catch {
      return reached
    }
  } finally {
    await client.close()
  }
}

async function ours(one: WireCase): Promise<Reached> {
  const { server, restart, restarts } = await serverOf(one)
  const { call, toolset } = await connected(server)
  if ((await toolset()).tools.length === 0) return 'gets no tools'
  await resultOf(call())
  if (restarts) restart()
  expect(await resultOf(call())).toMatchObject({ content: [{ text: 'done' }] })
  return 'works'
}

const table = readFileSync(new URL('../../../docs/interoperability.md', import.meta.url), 'utf8')

describe.each(Object.entries(wireCases))('%s', (kind, cases) => {
  it.each(cases)('$name ($report): works here', async (one) => {
    expect(await ours(one)).toBe('works')
  })

  it.each(cases)('$name ($report): $sdk with the bare client, as the table says', async (one) => {
    // Two seconds for a request, and more where a busy machine may have needed them.
    const reached = await bareClient(one, 2_000)
    expect(reached === one.sdk ? reached : await bareClient(one, 10_000)).toBe(one.sdk)
    const row = table.split('\n').find((line) => line.includes(`| ${one.name} |`) && line.includes(kind))
    expect(row, `a row of docs/interoperability.md for "${one.name}"`).toContain(`| ${one.sdk} |`)
  })
})
