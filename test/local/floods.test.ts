import { fileURLToPath } from 'node:url'
import { stdioServer } from 'mcp-integrations/stdio'
import { expect, it, onTestFinished } from 'vitest'
import { openConnection } from '../../src/mcp/connection.js'
import { rejectionOf, runtime, tool } from '../mcp/support.js'

const program = fileURLToPath(new URL('../hostile/local-server.mjs', import.meta.url))

async function open(name: string, maxMessageBytes = 4 * 1024 * 1024) {
  const local = stdioServer({ command: process.execPath, args: [program, name] })
  const connection = await openConnection({
    endpoint: { local },
    elicits: false,
    timeoutMs: 10_000,
    maxMessageBytes,
    runtime,
  })
  onTestFinished(() => connection.close())
  return connection
}

it.each([
  'a line without end',
  'empty lines without end',
  'broken JSON without end',
  'progress without end',
  'large messages that nobody asked for',
  'a list of many messages',
  'a million empty lists',
])('ends the call of a local server that sends %s', async (name) => {
  const connection = await open(name)
  expect(await rejectionOf(connection.callTool(tool('good'), {}, { timeoutMs: 60_000 }))).toMatchObject({
    code: 'response_too_large',
    mayHaveRun: true,
  })
})

it('takes one answer after the other, however large, as long as they were asked for', async () => {
  const connection = await open('a message of 50 MB', 64 * 1024 * 1024)
  for (let n = 0; n < 2; n++) {
    const { result } = await connection.callTool(tool('good'), {}, { timeoutMs: 60_000 })
    expect(JSON.stringify(result).length).toBeGreaterThan(50 * 1024 * 1024)
  }
})

it('reads past two thousand log lines that look like JSON', async () => {
  const connection = await open('log lines that look like JSON')
  const { result } = await connection.callTool(tool('good'), {}, { timeoutMs: 60_000 })
  expect(result).toMatchObject({ content: [{ text: 'hello' }] })
})
