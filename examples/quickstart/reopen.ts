/** A separate process, as after a restart: opens the same file, shows its toolset, and calls a tool on request. */
import { ana, openRegistry, type HostConfig } from './registry.js'

const registry = openRegistry(JSON.parse(process.argv[2] ?? '') as HostConfig)
const toolset = await registry.actingAs(ana).toolset('assistant')
process.send?.({ tools: toolset.tools.map(({ modelName }) => modelName) })

process.once('message', async ({ name, args }: { name: string; args: unknown }) => {
  process.send?.(await toolset.call(name, args))
  await registry.close()
  process.disconnect()
})
