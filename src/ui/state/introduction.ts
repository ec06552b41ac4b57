import type { Person } from '../../http/client.js'
import type { Agent } from '../../index.js'
import type { Client } from './client.js'

/** Who looks at the page, and which agents there are. */
export interface Introduction {
  readonly agents: readonly Agent[]
  readonly me: string | undefined
  readonly decidesForOthers: boolean
  /** Those whom the host names without being asked for one; `undefined` where it lists nobody. */
  readonly people: readonly Person[] | undefined
}

/** Asked once for all elements of a page; a page that can't learn it shows ids in place of names. */
export function introduction(client: Client): Promise<Introduction> {
  const known = asked.get(client) ?? ask(client)
  asked.set(client, known)
  return known
}

const asked = new WeakMap<Client, Promise<Introduction>>()

async function ask(client: Client): Promise<Introduction> {
  const [agents, me, people] = await Promise.all([
    client.agents().catch(() => []),
    client.me().catch(() => undefined),
    client.people().catch(() => undefined),
  ])
  return { agents, me: me?.userId, decidesForOthers: me?.decidesForOthers ?? false, people }
}
