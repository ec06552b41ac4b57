import type { Connector } from '../index.js'
import { sha256Hex } from '../model/digest.js'
import { reservedHeader } from '../model/header-input.js'
import { asObject, asText, type UncheckedObject } from './read-document.js'
import type { ServerEntry } from './server-entry.js'
import { readServerJson } from './server-json.js'
import { visibleEntry } from './visible-entry.js'

/** Properties of a server that the registry lacks and a host adds. */
export type RegistryConnectorsOverlay = Partial<
  Pick<Connector, 'auth' | 'category' | 'description' | 'documentationUrl' | 'icon' | 'name' | 'tools' | 'trusted'>
>

/**
 * The connector of a row of the registry. Anybody can publish there, and one invalid connector would make the whole
 * catalogue fail, so texts are cut to its limits.
 *
 * @returns `undefined` if the server needs more than one value for URL and headers, or one that no header can have
 */
export function connectorOf(
  name: string,
  row: UncheckedObject,
  overlay: RegistryConnectorsOverlay = {},
): Connector | undefined {
  const server = visibleEntry(readServerJson(row))
  const url = server.url?.every((part) => typeof part === 'string') ? server.url.join('') : undefined
  const auth = authOf(server)
  if (url === undefined || !URL.canParse(url) || auth === undefined) return undefined
  return {
    id: connectorId(name),
    name: server.name,
    description: cut(server.description, 2000),
    documentationUrl: httpsOnly(asText(asObject(row['server'])?.['websiteUrl'])),
    auth,
    ...overlay,
    url,
  }
}

function authOf({ headers, variables }: ServerEntry): Connector['auth'] | undefined {
  const asked = headers.filter(({ value }) => value.some((part) => typeof part !== 'string'))
  const [header] = asked
  if (header === undefined) return 'oauth'
  const { name, value } = header
  const [prefix] = value
  const isPrefixed = typeof prefix === 'string'
  const fits =
    asked.length === 1 &&
    value.length === (isPrefixed ? 2 : 1) &&
    /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/.test(name) &&
    !reservedHeader.test(name) &&
    (!isPrefixed || /^[\x20-\x7e\t]{1,200}$/.test(prefix))
  if (!fits) return undefined
  return {
    type: 'header',
    name,
    description: cut(variables[0]?.description, 2000),
    prefix: isPrefixed ? prefix : undefined,
  }
}

/**
 * The id of a server in the catalogue: `io.example/notes` is `io-example_notes`. If another name could have
 * the same id, the id ends with a hash of the name, so that nobody can publish a server under the id of another.
 */
function connectorId(name: string): string {
  const id = name.replace('/', '_').replaceAll('.', '-')
  const [namespace = '', ...rest] = id.split('_')
  const isOnlyOne = /^[a-z0-9_-]{1,64}$/.test(id) && `${namespace.replaceAll('-', '.')}/${rest.join('_')}` === name
  if (isOnlyOne && rest.length === 1) return id
  const slug = id.toLowerCase().replace(/[^a-z0-9_-]+/g, '-')
  return `${slug.slice(0, 47)}_${sha256Hex(name).slice(0, 16)}`
}

function cut(text: string | undefined, most: number): string | undefined {
  return text === undefined || text.length <= most ? text : `${text.slice(0, most - 1)}…`
}

function httpsOnly(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) && new URL(url).protocol === 'https:' ? url : undefined
}
