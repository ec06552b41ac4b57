import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { memoryStorage, type RegistryStorage } from 'mcp-integrations'
import { sqliteStorage } from 'mcp-integrations/sqlite'

/** Where the hosts of one case keep their records. Each host opens it for itself, as a process of its own would. */
export interface Records {
  open(now: () => number): { readonly storage: RegistryStorage; close(): void }
}

/** In the memory of this process: all hosts have the same storage, with the clock of the first. */
export function recordsInMemory(): Records {
  let storage: RegistryStorage | undefined
  return { open: (now) => ({ storage: (storage ??= memoryStorage({ now })), close: () => undefined }) }
}

/** In a SQLite file of their own, with a connection for each host. */
export function recordsInSqlite(): Records {
  folder ??= makeFolder()
  const file = join(folder, `${++files}.db`)
  return {
    open(now) {
      const database = new Database(file)
      return { storage: sqliteStorage({ database, now }), close: () => void database.close() }
    },
  }
}

let folder: string | undefined
let files = 0

/** A folder that goes with this process. */
function makeFolder(): string {
  const made = mkdtempSync(join(tmpdir(), 'hostile-'))
  process.on('exit', () => rmSync(made, { recursive: true, force: true }))
  return made
}
