import { isIntegrationError } from 'mcp-integrations'
import type { Host } from './host.js'

/** Connects to a URL or a connector. @throws the outcome, if it is not connected */
export async function connect(
  { mine, timed, said }: Host,
  server: string | { readonly connector: string },
): Promise<{ readonly mine: Host['mine']; readonly id: string }> {
  const given = typeof server === 'string' ? { url: server, headers: { 'X-Api-Key': 'canary-header' } } : server
  const connected = await timed('connect', mine.connect({ ...given, name: 'Hostile', agents: ['assistant'] }))
  if (connected.type !== 'connected') throw new Ended(connected.type)
  said.push(await mine.tools(connected.integration.id))
  return { mine, id: connected.integration.id }
}

/** How a case ended before its last step. */
export class Ended extends Error {}

/** Connects, and calls the tool that every hostile server has. */
export async function meet(host: Host, server: string | { readonly connector: string }): Promise<string> {
  const { mine, id } = await connect(host, server)
  const { tools } = await mine.tools(id)
  const good = tools.find(({ name }) => name === 'good')
  if (good !== undefined) await mine.configureTools(id, { good: { approval: 'auto' } })
  return host.call(good?.modelName ?? 'hostile__good')
}

/** The same with another look at the tools in between, by which they may have changed. */
export async function looksAgain(host: Host, server: string): Promise<string> {
  const { mine, id } = await connect(host, server)
  await mine.configureTools(id, { good: { approval: 'auto' } })
  await host.timed('connect', mine.refreshTools(id)).catch((error: unknown) => host.said.push(error))
  return host.call('hostile__good')
}

/** Connects, and calls twice. @returns how both calls ended */
export async function callsAgain(host: Host, server: string): Promise<string> {
  const ends = [await endOf(() => meet(host, server)), await endOf(() => host.call('hostile__good'))]
  return ends.join(' and ')
}

async function endOf(call: () => Promise<string>): Promise<string> {
  try {
    return await call()
  } catch (error) {
    if (!isIntegrationError(error)) throw error
    return error.code
  }
}
