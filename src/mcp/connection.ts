import { atFirstUse } from '../model/at-first-use.js'
import { withCleanWords } from './clean-words.js'
import type { Connection, OpenOptions } from './connection-contract.js'

export type {
  CallOptions,
  Connection,
  OpenOptions,
  ServerProfile,
  ToolAnswer,
  ToolListing,
} from './connection-contract.js'

/**
 * Opens a connection to any MCP server: era and transport are detected unless a profile is given.
 *
 * @throws IntegrationError `unreachable`, `timeout`, `aborted`, `not_mcp`, `protocol_error`, `server_error`,
 *   `rate_limited`, `authorization_failed`, and what the given `fetch` throws
 */
export async function openConnection(options: OpenOptions): Promise<Connection> {
  const { LiveConnection } = await loadLiveConnection()
  try {
    return await LiveConnection.open(options)
  } catch (error) {
    throw withCleanWords(error, options.cleanWords)
  }
}

/** Loaded for the first server, because importing the MCP client costs more than the rest of the library. */
const loadLiveConnection = atFirstUse(() => import('./live-connection.js'))
