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
