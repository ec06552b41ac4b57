import type { NamedServer } from './mcp-json.js'
import { asObject, asText, asTextEntries, asTexts } from './read-document.js'
import { remoteServer, unsupportedServer } from './remote-server.js'
import type { ServerEntry } from './server-entry.js'
import { wrappedRemote } from './wrapped-remote.js'

/** Reads one `[mcp_servers.name]` of Codex. Names of environment variables become variables to answer. */
export function readCodex([name, value]: NamedServer): ServerEntry {
  const server = asObject(value)
  const wrapped = server === undefined ? undefined : wrappedRemote(server)
  const url = asText(server?.['url']) ?? wrapped?.url
  if (server === undefined || url === undefined)
    return unsupportedServer(
      name,
      'This is a program on the computer of the list. Only host code can add local servers.',
    )
  const token = asText(server['bearer_token_env_var'])
  return remoteServer({
    name,
    url,
    headers: [
      ...(wrapped?.headers ?? asTextEntries(server['http_headers'])),
      ...asTextEntries(server['env_http_headers']).map(([header, variable]) => [header, `\${${variable}}`] as const),
      ...(token === undefined ? [] : [['Authorization', `Bearer \${${token}}`] as const]),
    ],
    enabled: server['enabled'] !== false,
    suggestions: {
      enabledTools: asTexts(server['enabled_tools']),
      disabledTools: asTexts(server['disabled_tools']),
      trusted: server['default_tools_approval_mode'] === 'approve' ? true : undefined,
      autoApprove: Object.entries(asObject(server['tools']) ?? {}).flatMap(([tool, settings]) =>
        asObject(settings)?.['approval_mode'] === 'approve' ? [tool] : [],
      ),
    },
    notes: [],
  })
}
