import { z } from 'zod'
import { startAuthorizationServer } from '../support/authorization-server.js'
import { notes, startMcpServer, type TestMcpServer } from '../support/mcp-server.js'
import { startProtectedMcpServer } from '../support/protected-mcp-server.js'
import { ana } from '../support/registry.js'
import { startPageHost, type PageHost } from './host.js'

/** A host with something of every kind to show. */
export interface Scene extends PageHost {
  /** An integration with changed tools, waiting calls and remembered decisions. */
  readonly busyId: string
  readonly busyUrl: string
  /** Other integrations, each in a different state. */
  readonly ids: Readonly<Record<'broken' | 'locked' | 'off' | 'gaps' | 'calendar', string>>
}

export async function startScene(): Promise<Scene> {
  const provider = await startAuthorizationServer()
  const calendar = await startProtectedMcpServer(() => provider.issuer)
  const servers = await Promise.all([startMcpServer(), startMcpServer(), startMcpServer(), startMcpServer()])
  const [busy, broken, locked, gaps] = servers as [TestMcpServer, TestMcpServer, TestMcpServer, TestMcpServer]
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
  const offId = await connect('Archive', broken.url)
  await mine.disable(offId)
  const gapsId = await connect('Handbook', gaps.url)
  await leaveGaps(host, gaps, gapsId)
  const calendarId = await connect('Calendar', calendar.url, { visibility: 'workspace', credentials: 'per_user' })
  broken.state.intercept = async ({ body }) => ({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: (JSON.parse(body) as { id: number }).id,
      error: { code: -32603, message: 'The licence of this server expired in March.' },
    }),
  })
  locked.state.refuse = () => 401
  await mine.validate(brokenId)
  await mine.validate(lockedId)
  await fill(host, busy, busyId)
  return {
    ...host,
    busyId,
    busyUrl: busy.url,
    ids: { broken: brokenId, locked: lockedId, off: offId, gaps: gapsId, calendar: calendarId },
    async close() {
      await host.close()
      await Promise.all([...servers, calendar, provider].map((server) => server.close()))
    },
  }
}

/** A server of three tools: one disappears, and two are left out. */
async function leaveGaps({ registry }: PageHost, server: TestMcpServer, id: string): Promise<void> {
  const mine = registry.actingAs(ana)
  await mine.configureTools(id, { write_note: { approval: 'ask' } })
  const tool = (name: string, inputSchema: object = { type: 'object' }): object => ({ name, inputSchema })
  server.state.intercept = async ({ rpc, body }) =>
    rpc !== 'tools/list'
      ? undefined
      : {
          status: 200,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            jsonrpc: '2.0',
            id: (JSON.parse(body) as { id: number }).id,
            result: {
              tools: [tool('read_note'), tool('search'), tool('search', { type: 'object', title: 'x' }), tool('a b')],
            },
          }),
        }
  await mine.refreshTools(id)
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
