import { z } from 'zod'
import { notes, startMcpServer, type TestMcpServer } from '../support/mcp-server.js'
import { ana } from '../support/registry.js'
import { startPageHost, type PageHost } from './host.js'

/** A host in which there is something of everything to look at. */
export interface Scene extends PageHost {
  /** Its tools changed, calls wait for it, decisions are remembered. */
  readonly busyId: string
}

export async function startScene(): Promise<Scene> {
  const servers = await Promise.all([startMcpServer(), startMcpServer(), startMcpServer()])
  const [busy, broken, locked] = servers as [TestMcpServer, TestMcpServer, TestMcpServer]
  const host = await startPageHost({
    connectors: [
      {
        id: 'wiki',
        name: 'Team wiki',
        url: broken.url,
        auth: { type: 'header', name: 'X-Api-Key', title: 'API key', description: 'From your profile.' },
        description: 'Pages and what was decided on them.',
        documentationUrl: 'https://docs.example.com/wiki',
      },
      { id: 'tracker', name: 'Tracker', url: busy.url, auth: 'none', description: 'Issues and who works on them.' },
    ],
  })
  const mine = host.registry.actingAs(ana)
  const connect = async (name: string, url: string, more: object = {}): Promise<string> => {
    const { integration } = await mine.connect({ name, url, agents: ['assistant', 'builder'], ...more })
    return integration.id
  }
  const busyId = await connect('Notes of the team', busy.url, { visibility: 'workspace' })
  const brokenId = await connect('Production metrics', broken.url)
  const lockedId = await connect('Customer records', locked.url, { headers: { 'X-Api-Key': 'old' } })
  await mine.disable(await connect('Archive', broken.url))
  broken.state.refuse = () => 503
  locked.state.refuse = () => 401
  await mine.validate(brokenId)
  await mine.validate(lockedId)
  await fill(host, busy, busyId)
  return {
    ...host,
    busyId,
    async close() {
      await host.close()
      await Promise.all(servers.map((server) => server.close()))
    },
  }
}

async function fill({ registry }: PageHost, server: TestMcpServer, id: string): Promise<void> {
  const mine = registry.actingAs(ana)
  await mine.configureTools(id, { read_note: { approval: 'auto' } })
  const toolset = await mine.toolset('assistant', { conversationId: 'chat-1' })
  const write = toolset.tools.find(({ name }) => name === 'write_note')!.modelName
  await toolset.call(toolset.tools.find(({ name }) => name === 'read_note')!.modelName, { id: '1' })
  const first = await toolset.call(write, { id: '1', text: 'Remember this' })
  if (first.type !== 'approval_required') throw new Error(first.type)
  await mine.approvals.decide(first.approval.approvalId, {
    decision: 'approve',
    remember: { for: 'limited', minutes: 60 },
  })
  server.state.define = (mcp) => {
    notes.readNote(mcp)
    mcp.registerTool(
      'write_note',
      {
        description: 'Writes a note, and deletes the old one.',
        inputSchema: z.object({ id: z.string(), text: z.string(), force: z.boolean().optional() }),
      },
      async () => ({ content: [] }),
    )
    mcp.registerTool('delete_note', { title: 'Delete note', inputSchema: z.object({}) }, async () => ({ content: [] }))
  }
  await mine.refreshTools(id)
  await toolset.call(write, { id: '2', text: `See the runbook.\u200b ${'And so on. '.repeat(90)}` })
  await toolset.call(write, { id: '3', text: 'Short' })
}
