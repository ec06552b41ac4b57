import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMCPClient } from '@ai-sdk/mcp'
import { MultiServerMCPClient } from '@langchain/mcp-adapters'
import { MCPClient } from '@mastra/mcp'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { MCPServerStreamableHttp } from '@openai/agents'
import Database from 'libsql'
import { memoryStorage } from 'mcp-integrations'
import { sqliteStorage } from 'mcp-integrations/sqlite'
import { actor, hostRegistry } from '../support/host.ts'

const args = { text: 'hello' }

/** Each connects to one server, and returns how to list its tools and to call one, as its documentation says. */
export const peers = {
  'SDK v2': connectSdk,
  'SDK v1': async (url) => {
    const client = new ClientV1({ name: 'bench', version: '1.0.0' })
    await client.connect(new TransportV1(new URL(url)))
    return {
      list: async () => (await client.listTools()).tools.length,
      call: async () => (await client.callTool({ name: 'read_0', arguments: args })).content[0].text,
      close: () => client.close(),
    }
  },
  'AI SDK': async (url) => {
    const client = await createMCPClient({ transport: { type: 'http', url } })
    const list = () => client.tools()
    const { read_0: tool } = await list()
    return {
      list: async () => Object.keys(await list()).length,
      call: async () => (await tool.execute(args, { toolCallId: '1', messages: [] })).content[0].text,
      close: () => client.close(),
    }
  },
  LangChain: async (url) => {
    const client = new MultiServerMCPClient({ mcpServers: { bench: { url, transport: 'http' } } })
    const [tool] = await client.getTools()
    return {
      list: async () => (await client.getTools()).length,
      call: async () => tool.invoke(args),
      close: () => client.close(),
    }
  },
  'OpenAI Agents': async (url) => {
    const server = new MCPServerStreamableHttp({ url, name: 'bench' })
    await server.connect()
    return {
      list: async () => (await server.listTools()).length,
      call: async () => (await server.callTool('read_0', args))[0].text,
      close: () => server.close(),
    }
  },
  Mastra: async (url) => {
    const client = new MCPClient({ id: `bench-${Math.random()}`, servers: { bench: { url: new URL(url) } } })
    const { bench_read_0: tool } = await client.listTools()
    return {
      list: async () => Object.keys(await client.listTools()).length,
      call: async () => (await tool.execute(args, {})).content[0].text,
      close: () => client.disconnect(),
    }
  },
  'ours, memory': (url) => connectOurs(url, 'memory', memoryStorage),
  'ours, SQLite': (url) =>
    connectOurs(url, 'SQLite', () => {
      const file = join(mkdtempSync(join(tmpdir(), 'bench-')), 'peers.db')
      return sqliteStorage({ database: new Database(file) })
    }),
}

/** A host has one registry for all its servers. */
const registries = new Map()

async function connectSdk(url) {
  const client = new Client({ name: 'bench', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } })
  await client.connect(new StreamableHTTPClientTransport(new URL(url)))
  return {
    list: async () => (await client.listTools()).tools.length,
    call: async () => (await client.callTool({ name: 'read_0', arguments: args })).content[0].text,
    close: () => client.close(),
  }
}

async function connectOurs(url, kind, newStorage) {
  const key = `${kind} ${url}`
  const registry = registries.get(key) ?? hostRegistry(newStorage(), url)
  registries.set(key, registry)
  const mine = registry.actingAs(actor)
  const { integration } = await mine.connect({ connector: 'bench', agents: ['assistant'] })
  const toolset = await mine.toolset('assistant')
  const { modelName } = toolset.tools.find((tool) => tool.name === 'read_0' && tool.integration.id === integration.id)
  return {
    list: async () => (await mine.toolset('assistant')).tools.length,
    call: async () => (await toolset.call(modelName, args)).result.content[0].text,
    close: () => mine.remove(integration.id),
  }
}
