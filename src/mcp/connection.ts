import { withCleanWords } from './clean-words.js'
import type { Connection, OpenOptions } from './connection-contract.js'

export type {
  ToolCallOptions as CallOptions,
  Connection,
  OpenOptions,
  ServerProfile,
  ToolAnswer,
  ToolListing,
} from './connection-contract.js'

/**
 * Opens a connection, whatever the server speaks: the era and transport are detected unless a profile names them.
 *
 * @throws IntegrationError `unreachable`, `timeout`, `aborted`, `not_mcp`, `protocol_error`, `server_error`,
 *   `rate_limited`, `authorization_failed`, and what the given `fetch` throws
 */
export async function openConnection(options: OpenOptions): Promise<Connection> {
  // The MCP client is loaded for the first server: importing it costs more than all the rest.
  const { LiveConnection } = await import('./live-connection.js')
  try {
    return await LiveConnection.open(options)
  } catch (error) {
    throw withCleanWords(error, options.cleanWords)
  }
}
