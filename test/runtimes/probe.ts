import { encryptedCredentials, IntegrationRegistry, memoryStorage } from 'mcp-integrations'
import { testServer, type TestServer } from 'mcp-integrations/testing'

const apiKey = 'key-0123456789'

/** A server in this process for each era; its write tool must never run. */
export function servers(): readonly TestServer[] {
  return (['legacy', 'modern'] as const).map((era) =>
    testServer({
      era,
      headers: { 'x-api-key': apiKey },
      tools: [
        { name: 'echo', annotations: { readOnlyHint: true }, run: ({ text }) => String(text) },
        { name: 'wipe', annotations: { destructiveHint: true } },
      ],
    }),
  )
}

/**
 * The main job on one server: connect with a sealed API key, read, have a write refused.
 *
 * @param fetch - in place of the network
 * @returns what happened, in a few words
 */
export async function probe(url: string, fetch?: typeof globalThis.fetch): Promise<string> {
  const registry = new IntegrationRegistry({
    storage: memoryStorage(),
    credentials: encryptedCredentials({ keys: [{ id: 'probe', secret: crypto.getRandomValues(new Uint8Array(32)) }] }),
    agents: ['assistant'],
    connectors: [{ id: 'probe', name: 'Probe', url, auth: { type: 'header', name: 'X-Api-Key' }, trusted: true }],
    confirm: () => 'deny',
    egress: { allowLoopback: true },
    ...(fetch === undefined ? {} : { runtime: { fetch } }),
  })
  try {
    const mine = registry.actingAs({ workspaceId: 'acme', userId: 'ana' })
    const headers = { 'X-Api-Key': apiKey }
    const connected = await mine.connect({ connector: 'probe', agents: ['assistant'], headers })
    expect(connected.type, 'connected')
    const { protocolVersion = '' } = connected.integration
    const toolset = await mine.toolset('assistant')
    const nameOf = (tool: string) => toolset.tools.find(({ modelName }) => modelName.endsWith(tool))?.modelName ?? ''
    const read = await toolset.call(nameOf('echo'), { text: 'hello' })
    expect(read.type === 'completed' && JSON.stringify(read.result.content), '[{"type":"text","text":"hello"}]')
    const write = await toolset.call(nameOf('wipe'), {})
    expect(write.type === 'not_run' && write.because, 'denied')
    return `${protocolVersion}: connected, read, write refused`
  } finally {
    await registry.close()
  }
}

function expect(value: unknown, expected: unknown): void {
  if (value !== expected) throw new Error(`expected ${String(expected)}, got ${String(value)}`)
}
