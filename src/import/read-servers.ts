import { invalid } from '../model/invalid.js'
import { distinctName } from './distinct-name.js'
import { readCodex } from './codex.js'
import { readMcpJson, serversOfMcpJson } from './mcp-json.js'
import { asObject, readDocument, type UncheckedObject } from './read-document.js'
import { maxServers, type ImportedServers } from './server-entry.js'
import { readServerJson, rowsOfServerJson } from './server-json.js'
import { visibleEntry } from './visible-entry.js'

/**
 * Reads a list of MCP servers: `mcp.json` as Claude, VS Code, Visual Studio, Cursor, Cline, Windsurf, Gemini, LibreChat and
 * others write it, the `config.toml` of Codex, or a `server.json` (one, or a page of the MCP Registry). Nothing is run, and
 * no environment is read. Missing values become variables.
 *
 * @param text - at most 1 MiB, 32 levels, 200 servers and 100,000 of the characters `,` `=` `.` `[`
 * @returns every server of the list, each with a name of its own. For one that can't be connected, `unsupported` has the
 * reason.
 * @throws IntegrationError `invalid_input` if the text can't be read or is not a list of servers
 * @see https://github.com/modelcontextprotocol/registry/tree/main/docs/reference/server-json
 */
export function readServers(text: string): ImportedServers {
  const { syntax, value } = readDocument(text)
  const document = asObject(value)
  const found = document === undefined ? undefined : syntax === 'toml' ? codexServers(document) : jsonServers(document)
  if (found === undefined)
    throw invalid('readServers()', [
      {
        path: 'text',
        message: 'is not a known list of MCP servers: it has no mcpServers, servers or mcp_servers',
      },
    ])
  if (found.servers.length > maxServers)
    throw invalid('readServers()', [
      { path: 'text', message: `lists ${found.servers.length} servers; at most ${maxServers} can be imported at once` },
    ])
  const names = new Set<string>()
  // People choose and answer by name, so no server can have the name of another one.
  const servers = found.servers.map(visibleEntry).map((entry) => ({ ...entry, name: distinctName(entry.name, names) }))
  return { ...found, servers }
}

function jsonServers(document: UncheckedObject): ImportedServers | undefined {
  const rows = rowsOfServerJson(document)
  if (rows !== undefined) return { format: 'server.json', servers: rows.map(readServerJson) }
  const listed = serversOfMcpJson(document)
  return (
    listed && { format: 'mcp.json', servers: bounded(listed.servers).map((one) => readMcpJson(one, listed.inputs)) }
  )
}

function codexServers(document: UncheckedObject): ImportedServers | undefined {
  const servers = asObject(document['mcp_servers'] ?? document['mcpServers'])
  return servers && { format: 'codex', servers: bounded(Object.entries(servers)).map(readCodex) }
}

/** Reads nothing of a list beyond the limit, which is refused anyway. */
function bounded<T>(rows: readonly T[]): readonly T[] {
  return rows.slice(0, maxServers + 1)
}
