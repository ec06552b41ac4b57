import { fileURLToPath } from 'node:url'
import { stdioServer } from 'mcp-integrations/stdio'
import { expect, it, onTestFinished } from 'vitest'
import { openConnection } from '../../src/mcp/connection.js'
import { runtime, tool } from '../mcp/support.js'
import { eventually } from '../support/eventually.js'

const program = fileURLToPath(new URL('../hostile/local-server.mjs', import.meta.url))

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Its tool starts a process that ends with nothing but SIGKILL, and tells its id. */
async function withChild(name: string) {
  const local = stdioServer({ command: process.execPath, args: [program, name] })
  const connection = await openConnection({ endpoint: { local }, elicits: false, timeoutMs: 10_000, runtime })
  onTestFinished(() => connection.close())
  const { result } = await connection.callTool(tool('good'), {}, { timeoutMs: 10_000 })
  const child = Number(result.content[0]?.text)
  onTestFinished(() => void (isAlive(child) && process.kill(child, 'SIGKILL')))
  return { connection, child }
}

it.skipIf(process.platform === 'win32').each(['a child that stays', 'a child that holds the output'])(
  'ends with its connection, and so does %s',
  async (name) => {
    const { connection, child } = await withChild(name)
    expect(isAlive(child)).toBe(true)
    await connection.close()
    await eventually(() => expect(isAlive(child)).toBe(false))
  },
)

it.skipIf(process.platform === 'win32')('leaves nothing behind when it exits by itself', async () => {
  const { child } = await withChild('a child, and an exit')
  await eventually(() => expect(isAlive(child)).toBe(false))
})

const call = { timeoutMs: 20_000 }

async function opened(name: string) {
  const local = stdioServer({ command: process.execPath, args: [program, name] })
  const connection = await openConnection({ endpoint: { local }, elicits: false, timeoutMs: 10_000, runtime })
  onTestFinished(() => connection.close())
  return connection
}

it('ends its calls, and is not used again, once it has closed its output', async () => {
  const connection = await opened('an output that is closed')
  await expect(connection.callTool(tool('good'), {}, call)).rejects.toMatchObject({
    code: 'unreachable',
    reason: 'exited',
    mayHaveRun: true,
  })
  expect(connection.usable).toBe(false)
})

it.each(['an input that is closed', 'an input that is closed, and lines without end'])(
  'is not used again: %s',
  async (name) => {
    const connection = await opened(name)
    expect(await connection.callTool(tool('good'), {}, call)).toMatchObject({
      result: { content: [{ text: 'hello' }] },
    })
    // What is written before the input is closed gets no error.
    await eventually(async () => {
      await connection.callTool(tool('good'), {}, { timeoutMs: 100 }).catch(() => undefined)
      expect(connection.usable).toBe(false)
    })
  },
)

function warningsOfNode(): readonly Error[] {
  const warnings: Error[] = []
  const note = (warning: Error): void => void warnings.push(warning)
  process.on('warning', note)
  onTestFinished(() => void process.off('warning', note))
  return warnings
}

it('gathers no listeners while it reads with pauses', async () => {
  const warnings = warningsOfNode()
  const connection = await opened('an input that is read with pauses')
  const args = { text: 'x'.repeat(200_000) }
  // The second of each two finds the pipe full.
  for (let n = 0; n < 15; n++) await Promise.all([1, 2].map(() => connection.callTool(tool('good'), args, call)))
  await new Promise(setImmediate)
  expect(warnings).toEqual([])
})

it('gathers no listeners while it reads nothing', async () => {
  const warnings = warningsOfNode()
  const connection = await opened('a deaf ear to calls')
  const args = { text: 'x'.repeat(100_000) }
  const calls = Array.from({ length: 15 }, () => connection.callTool(tool('good'), args, { timeoutMs: 1_000 }))
  for (const one of await Promise.allSettled(calls))
    expect(one).toMatchObject({ status: 'rejected', reason: { code: 'timeout' } })
  expect(warnings).toEqual([])
})
