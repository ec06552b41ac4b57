/**
 * Mounts the handler in frameworks that are too heavy for the main installation, and lets programs of other authors
 * speak to the gateway, as a person would: the first argument is the folder that `scripts/test-mounts.mjs` installed
 * them into, a word runs only those whose names have it.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { integrationsClient } from 'mcp-integrations/client'
import { gatewayHandler } from 'mcp-integrations/gateway'
import { integrationsHandler, toNodeListener } from 'mcp-integrations/http'
import { settingsPage } from 'mcp-integrations/ui'
import { startMcpServer } from '../support/mcp-server.js'
import { ana, makeRegistry } from '../support/registry.js'
import { mounts, type Mounted } from './mounts.js'
import { programs } from './programs.js'

const [packages = '', word = ''] = process.argv.slice(2)
const server = await startMcpServer()
const registry = makeRegistry()
const mine = registry.actingAs(ana)
const { integration } = await mine.connect({ url: server.url, name: 'Notes', agents: ['assistant'] })
const actor = (request: Request) => (request.headers.get('authorization') === 'Bearer ana' ? ana : undefined)
const home = mkdtempSync(join(tmpdir(), 'mcp-mounts-'))
const failed: string[] = []

for (const [name, mount] of Object.entries(mounts).filter(([each]) => each.toLowerCase().includes(word.toLowerCase())))
  await attempt(name, async () => {
    const handler = integrationsHandler(registry, { basePath: '/api/mcp', actor, ui: settingsPage() })
    const mounted = await mount(handler, packages)
    try {
      await useIt(mounted)
    } finally {
      await mounted.close()
    }
  })

for (const [name, speak] of Object.entries(programs).filter(([each]) =>
  each.toLowerCase().includes(word.toLowerCase()),
))
  await attempt(name, async () => {
    const approvalUrl = ({ approvalId }: { approvalId: string }) => `https://app.example.com/approvals/${approvalId}`
    const gateway = gatewayHandler(registry, { agent: 'assistant', actor, approvalUrl })
    const listening = createServer(toNodeListener(gateway) as RequestListener).listen(0, '127.0.0.1')
    await new Promise((resolve) => listening.once('listening', resolve))
    const url = `http://127.0.0.1:${(listening.address() as AddressInfo).port}/mcp`
    try {
      await mine.configureTools(integration.id, { read_note: { approval: 'auto' } })
      const heard = await speak({ url, packages, home })
      expect('it lists the tools of the agent', heard.tools.join(), 'notes__read_note,notes__write_note')
      expect('a call that need not ask runs', heard.read, 'note 7')
      expect('a call that asks says that it waits', /waits for a person/.test(heard.write), true)
      const [waiting] = (await mine.approvals.list({ status: 'pending' })).approvals
      await mine.approvals.decide(waiting!.approvalId, 'approve')
      expect('and runs once it is approved', await heard.again(), 'wrote 7: hi')
    } finally {
      listening.closeAllConnections()
      listening.close()
      await gateway.close()
    }
  })

rmSync(home, { recursive: true, force: true })
await registry.close()
await server.close()
console.log(failed.length === 0 ? 'All of them work.' : `${failed.length} failed`)
// Frameworks keep watchers and pools of their own.
process.exit(failed.length === 0 ? 0 : 1)

/** Reads, writes, is refused, hears of a change and gets the page: what a page needs of a mount. */
async function useIt({ url }: Mounted): Promise<void> {
  const baseUrl = `${url}/api/mcp`
  const headers = { authorization: 'Bearer ana' }
  const client = integrationsClient({ baseUrl, headers })
  const [listed] = await client.list()
  expect('it reads', listed?.id, integration.id)
  const { revision } = await client.get(integration.id)
  const renamed = await client.update(integration.id, { name: 'Renamed' }, { ifRevision: revision })
  expect('it takes bodies and If-Match', renamed.name, 'Renamed')
  const stale = await client.update(integration.id, { name: 'Stale' }, { ifRevision: revision }).catch(codeOf)
  expect('it refuses what is stale', stale, 'precondition_failed')
  const stranger = await integrationsClient({ baseUrl }).list().catch(codeOf)
  expect('it knows who asks', stranger, 'unauthenticated')
  const stop = new AbortController()
  const { after } = await client.events({ after: 'latest' })
  await client.update(integration.id, { name: 'Notes' })
  for await (const event of client.listen({ after, signal: stop.signal }))
    if (event.type === 'integration_updated') stop.abort()
  expect('it streams', stop.signal.aborted, true)
  const page = await fetch(baseUrl, { headers })
  expect('it serves the page', (await page.text()).includes('<mcp-integrations'), true)
  expect('with its policy', page.headers.get('content-security-policy')?.includes("script-src 'self'"), true)
}

function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown }).code ?? error
}

function expect(what: string, found: unknown, wanted: unknown): void {
  if (found !== wanted) throw new Error(`${what}: found ${String(found)}, expected ${String(wanted)}`)
}

async function attempt(name: string, run: () => Promise<void>): Promise<void> {
  const began = performance.now()
  try {
    await run()
    console.log(`✓ ${name} (${Math.round(performance.now() - began)} ms)`)
  } catch (error) {
    failed.push(name)
    console.log(`✗ ${name}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
