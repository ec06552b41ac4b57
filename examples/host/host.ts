import { readFileSync } from 'node:fs'
import { Hono } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import Database from 'libsql'
import { encryptedCredentials, IntegrationRegistry, type Connector } from 'mcp-integrations'
import { integrationsHandler } from 'mcp-integrations/http'
import { sqliteStorage } from 'mcp-integrations/sqlite'
import { settingsPage } from 'mcp-integrations/ui'
import { chatEngine } from './chat.js'
import { people, whoIs } from './people.js'
import { storedChats, type AskMode, type Chat } from './stored-chats.js'

/** What the host is started with. */
export interface HostOptions {
  /** The SQLite file; the chats are in a second file in the same folder. */
  readonly file: string
  /** Seals credentials: 32 random bytes in base64. */
  readonly encryptionKey: string
  readonly connectors: readonly Connector[]
  /** The script of the chat page. */
  readonly script: string
}

/** A complete small host: a chat with two agents, and Settings → MCP Integrations. */
export function openHost({ file, encryptionKey, connectors, script }: HostOptions) {
  const registry = new IntegrationRegistry({
    storage: sqliteStorage({ database: new Database(file) }),
    credentials: encryptedCredentials({ keys: [{ id: '2026-01', secret: encryptionKey }] }),
    agents: [
      { id: 'assistant', name: 'Assistant' },
      { id: 'builder', name: 'Builder' },
    ],
    connectors,
    egress: { allowLoopback: true }, // the servers of this example run on this machine
  })
  const app = new Hono()

  // #region mount
  const integrations = integrationsHandler(registry, { basePath: '/mcp', actor: whoIs, ui: settingsPage() })
  app.all('/mcp', (c) => integrations(c.req.raw))
  app.all('/mcp/*', (c) => integrations(c.req.raw))
  // #endregion

  const chats = storedChats(`${file}.chats`)
  const chat = chatEngine(registry, chats)
  const stop = registry.on('approval_changed', ({ approvalId, status }) => {
    if (status === 'approved' || status === 'denied') void chat.goOn(approvalId).catch(console.error)
  })

  const page = (name: string) => readFileSync(`examples/host/page/${name}`, 'utf8')
  app.get('/', (c) => {
    c.header(
      'Content-Security-Policy',
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:",
    )
    return c.html(page('index.html'))
  })
  app.get('/chat.css', (c) => c.body(page('chat.css'), 200, { 'Content-Type': 'text/css' }))
  app.get('/chat.js', (c) => c.body(script, 200, { 'Content-Type': 'text/javascript' }))
  app.get('/people', (c) => c.json({ people: Object.values(people), current: whoIs(c.req.raw).userId }))
  app.post('/people/:id', (c) => {
    setCookie(c, 'person', c.req.param('id'), { sameSite: 'Strict', httpOnly: true })
    return c.json({ before: getCookie(c, 'person') ?? null })
  })

  /** A chat of the current person; created if it doesn't exist. */
  const chatOf = (id: string, userId: string, agentId: string, mode: AskMode): Chat | undefined => {
    const known = chats.get(id) ?? { id, userId, agentId, mode, messages: [] }
    return known.userId === userId ? { ...known, agentId, mode } : undefined
  }
  app.get('/chats/:id', (c) => {
    const found = chats.get(c.req.param('id'))
    return found?.userId === whoIs(c.req.raw).userId ? c.json(found) : c.json({ messages: [] })
  })
  app.post('/chats/:id', async (c) => {
    const { text, agent, mode } = await c.req.json<{ text: string; agent: string; mode: AskMode }>()
    const found = chatOf(c.req.param('id'), whoIs(c.req.raw).userId, agent, mode)
    if (found === undefined) return c.json({ error: 'This chat is another person’s.' }, 403)
    return c.json(await chat.turn({ ...found, messages: [...found.messages, { role: 'user', content: text }] }))
  })
  // #region framework
  app.post('/chats/:id/answer', async (c) => {
    const { approvalId, approved } = await c.req.json<{ approvalId: string; approved: boolean }>()
    const found = chats.get(c.req.param('id'))
    if (found === undefined || found.userId !== whoIs(c.req.raw).userId) return c.json({ error: 'Unknown chat.' }, 404)
    const answer = { type: 'tool-approval-response' as const, approvalId, approved }
    // The AI SDK's own approval: the answer becomes a message, and the gate takes it for one only if the SDK had asked.
    return c.json(await chat.turn({ ...found, messages: [...found.messages, { role: 'tool', content: [answer] }] }))
  })
  // #endregion

  return {
    registry,
    fetch: app.fetch,
    async close() {
      stop()
      await registry.close()
      chats.close()
    },
  }
}
