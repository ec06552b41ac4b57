import {
  asObject,
  asObjects,
  asText,
  asTextEntries,
  asTexts,
  type Unchecked,
  type UncheckedObject,
} from './read-document.js'
import { remoteServer, unsupportedServer } from './remote-server.js'
import type { ImportSuggestions, ImportVariable, ServerEntry } from './server-entry.js'
import { wrappedRemote } from './wrapped-remote.js'

/** A server of the list by its name. */
export type NamedServer = readonly [name: string, server: Unchecked | undefined]

/** The inputs that VS Code asks a person for, by id. */
export type Inputs = ReadonlyMap<string, Partial<ImportVariable>>

/** The servers of an `mcp.json` of any client; `undefined` for another document. */
export function serversOfMcpJson(
  document: UncheckedObject,
): { readonly servers: readonly NamedServer[]; readonly inputs: Inputs } | undefined {
  const settings = asObject(document['mcp']) ?? document
  const places = [
    document['mcpServers'],
    document['servers'],
    document['context_servers'],
    asObject(document['mcp']) && (settings['servers'] ?? settings['mcpServers'] ?? settings),
    ...Object.values(asObject(document['projects']) ?? {}).map((project) => asObject(project)?.['mcpServers']),
  ]
    .map(asObject)
    .filter((place) => place !== undefined)
  const inputs = new Map(inputsOf(settings['inputs'] ?? document['inputs']))
  if (places.length > 0) return { servers: places.flatMap((place) => Object.entries(place)), inputs }
  const entries = Object.entries(document)
  const bare = entries.length > 0 && entries.every(([, one]) => looksLikeServer(asObject(one)))
  return bare ? { servers: entries, inputs } : undefined
}

/** Reads one server. */
export function readMcpJson([name, value]: NamedServer, inputs: Inputs): ServerEntry {
  const server = asObject(value)
  if (server === undefined) return unsupportedServer(name, 'The entry is not an object.')
  // The newer form of Cline has a separate object with the URL and headers.
  const transport = asObject(server['transport']) ?? server
  const remote =
    asText(transport['url']) ?? asText(transport['httpUrl']) ?? asText(transport['serverUrl']) ?? asText(server['url'])
  const wrapped = remote === undefined ? wrappedRemote(server) : undefined
  const url = remote ?? wrapped?.url
  if (url === undefined) return unsupportedServer(name, reasonWithoutUrl(server))
  const headers =
    wrapped?.headers ?? asTextEntries(transport['headers'] ?? asObject(server['requestInit'])?.['headers'])
  const notes: string[] = []
  if (wrapped !== undefined)
    notes.push(`The list starts ${wrapped.program} locally. Its remote server is connected instead.`)
  if (server['headersHelper'] !== undefined)
    notes.push('The list creates headers with a local command, which is not run. Fill in the headers.')
  return remoteServer({
    name,
    description: asText(server['description']),
    url,
    headers,
    declared: inputs,
    oauth: oauthOf(server),
    enabled: server['disabled'] !== true && server['enabled'] !== false,
    suggestions: suggestionsOf(server),
    notes,
  })
}

function looksLikeServer(server: UncheckedObject | undefined): boolean {
  return server !== undefined && ['url', 'httpUrl', 'serverUrl', 'command', 'transport'].some((key) => key in server)
}

function reasonWithoutUrl(server: UncheckedObject): string {
  return server['command'] === undefined
    ? 'The entry has no URL.'
    : 'This is a program on the computer of the list. Only host code can add local servers.'
}

function inputsOf(inputs: Unchecked | undefined): readonly (readonly [string, Partial<ImportVariable>])[] {
  return asObjects(inputs).flatMap((input) => {
    const id = asText(input['id'])
    if (id === undefined) return []
    return [
      [
        id,
        {
          description: asText(input['description']),
          secret: input['password'] === true,
          default: asText(input['default']),
          choices: asTexts(input['options']),
        },
      ],
    ]
  })
}

/** `oauth` of Claude Code, `auth` of Cursor. */
function oauthOf(server: UncheckedObject): ServerEntry['oauth'] {
  const oauth = asObject(server['oauth']) ?? asObject(server['auth'])
  if (oauth === undefined) return undefined
  const settings = {
    clientId: asText(oauth['clientId'] ?? oauth['CLIENT_ID'] ?? oauth['client_id']),
    clientSecret: asText(oauth['clientSecret'] ?? oauth['CLIENT_SECRET'] ?? oauth['client_secret']),
    scopes: asTexts(oauth['scopes'] ?? oauth['scope']),
  }
  return Object.values(settings).some((value) => value !== undefined) ? settings : undefined
}

function suggestionsOf(server: UncheckedObject): ImportSuggestions {
  return {
    autoApprove: asTexts(server['autoApprove'] ?? server['alwaysAllow']),
    enabledTools: asTexts(server['includeTools'] ?? server['enabledTools'] ?? server['tools']),
    disabledTools: asTexts(server['excludeTools'] ?? server['disabledTools']),
    trusted: typeof server['trust'] === 'boolean' ? server['trust'] : undefined,
  }
}
