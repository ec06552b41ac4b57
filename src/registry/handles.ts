import type { RegistryStorage } from '../ports/storage.js'
import { as, keys } from './records.js'

/** Finds integrations by the handle that prefixes their tools' names. A handle belongs to one integration for ever. */
export interface Handles {
  find(workspaceId: string, handle: string): Promise<string | undefined>
}

const remembered = 10_000

export function handles(storage: RegistryStorage): Handles {
  const known = new Map<string, string>()
  return {
    async find(workspaceId, handle) {
      const name = `${handle}\n${workspaceId}`
      const before = known.get(name)
      if (before !== undefined) return before
      const { records } = await storage.read(workspaceId, [keys.handle(handle)])
      const id = as<{ integrationId: string }>(records[0])?.value.integrationId
      if (id === undefined) return undefined
      if (known.size >= remembered) known.clear()
      known.set(name, id)
      return id
    },
  }
}
