import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Connector } from 'mcp-integrations'
import { stdioServer } from 'mcp-integrations/stdio'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ana, dump, makeRegistry, makeStorage } from '../support/registry.js'
import { cleanEnvironment, modulePath } from '../support/real-servers.js'

type Local = Extract<Connector, { local: unknown }>['local']

/** The filesystem server of the reference servers on a folder of its own, and the processes it was started as. */
async function filesystem() {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-files-'))
  await writeFile(join(folder, 'hello.txt'), 'hello from a file')
  const started: number[] = []
  const inner = stdioServer({
    command: process.execPath,
    args: [modulePath('@modelcontextprotocol/server-filesystem/dist/index.js'), folder],
    env: cleanEnvironment(folder),
    cwd: folder,
  })
  const local: Local = {
    type: 'local',
    async open() {
      const transport = (await inner.open()) as { start(): Promise<void>; pid: number | null }
      const start = transport.start.bind(transport)
      transport.start = async () => {
        await start()
        started.push(transport.pid!)
      }
      return transport
    },
  }
  onTestFinished(async () => {
    for (const pid of started.filter(isAlive)) process.kill(pid, 'SIGKILL')
    await rm(folder, { recursive: true, force: true })
  })
  const connector: Connector = { id: 'files', name: 'Files', local, auth: 'none', trusted: true }
  return { folder, connector, started, running: () => started.filter(isAlive) }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('a server on this machine', () => {
  it('is connected by its connector, listed and called in one process, which ends with the registry', async () => {
    const files = await filesystem()
    const storage = makeStorage()
    const registry = makeRegistry({ storage, connectors: [files.connector] })
    const mine = registry.actingAs(ana)
    const { type, integration } = await mine.connect({ connector: 'files', agents: ['assistant'] })
    expect([type, integration.status]).toEqual(['connected', 'connected'])
    expect(files.running()).toEqual([])
    const toConnect = files.started.length
    const toolset = await mine.toolset('assistant')
    expect(toolset.tools).toHaveLength(14)
    const path = join(files.folder, 'hello.txt')
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => toolset.call('files__read_text_file', { path })))
    expect(outcomes.map(({ type: how }) => how)).toEqual(Array.from({ length: 5 }, () => 'completed'))
    expect(JSON.stringify(outcomes[0])).toContain('hello from a file')
    expect(files.started.length - toConnect).toBe(1)
    expect(files.running()).toHaveLength(1)
    expect(JSON.stringify(await dump(storage))).not.toContain('server-filesystem')
    await registry.close()
    expect(files.running()).toEqual([])
  })

  it('ends with its integration', async () => {
    const files = await filesystem()
    const registry = makeRegistry({ connectors: [files.connector] })
    onTestFinished(() => registry.close())
    const mine = registry.actingAs(ana)
    const { integration } = await mine.connect({ connector: 'files', agents: ['assistant'] })
    expect(await mine.validate(integration.id)).toMatchObject({ type: 'connected' })
    expect(files.running()).toHaveLength(1)
    await mine.remove(integration.id)
    expect(files.running()).toEqual([])
  })

  it('is never started from what is stored: its connector has to be there', async () => {
    const files = await filesystem()
    const storage = makeStorage()
    const registry = makeRegistry({ storage, connectors: [files.connector] })
    const { integration } = await registry.actingAs(ana).connect({ connector: 'files', agents: ['assistant'] })
    await registry.close()
    const before = files.started.length

    const without = makeRegistry({ storage })
    onTestFinished(() => without.close())
    const mine = without.actingAs(ana)
    const toolset = await mine.toolset('assistant')
    await expect(
      toolset.call('files__list_allowed_directories', {}).then((outcome) => outcome.type),
    ).rejects.toMatchObject({ code: 'unreachable', mayHaveRun: false, integrationId: integration.id })
    expect(await mine.validate(integration.id)).toMatchObject({
      type: 'failed',
      integration: { status: 'error', statusDetail: { reason: 'unreachable' } },
    })

    // A row that names a program starts nothing either.
    const key = `integration/${integration.id}`
    const { records } = await storage.read('acme', [key])
    const forged = { ...(records[0]!.value as object), connectorId: 'gone', command: process.execPath, args: ['-v'] }
    await storage.commit('acme', [{ key, value: forged }])
    await expect(toolset.call('files__list_allowed_directories', {})).rejects.toMatchObject({ code: 'unreachable' })
    await expect(mine.connect({ connector: 'gone', agents: ['assistant'] })).rejects.toMatchObject({
      code: 'not_found',
    })
    expect(files.started).toHaveLength(before)
  })
})
