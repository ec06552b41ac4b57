/** A process of its own that finds everything stored in an SQLite file: how long its first toolset takes, in µs. */
import Database from 'libsql'
import { sqliteStorage } from 'mcp-integrations/sqlite'
import { timesOf } from './figures.js'
import { actor, hostRegistry } from './host.js'

const [path, url = ''] = process.argv.slice(2)
if (path !== undefined) await measure(path)

async function measure(file: string): Promise<void> {
  const registry = hostRegistry(sqliteStorage({ database: new Database(file) }), url)
  const [time] = await timesOf(1, () => registry.actingAs(actor).toolset('assistant'))
  await registry.close()
  process.send?.({ time })
  process.disconnect()
}
