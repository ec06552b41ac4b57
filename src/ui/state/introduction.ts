import type { Person } from '../../http/client.js'
import type { Agent } from '../../index.js'
import type { Client } from './client.js'

/** The current person, the agents and the names of people. */
export interface Introduction {
  readonly agents: readonly Agent[]
  readonly me: string | undefined
  readonly decidesForOthers: boolean
  /** The people that the host lists without a search; `undefined` if it lists none. */
  readonly people: readonly Person[] | undefined
}

/** Loaded once for all elements of a page; if it fails, the page shows ids instead of names. */
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
