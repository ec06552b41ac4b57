import { asObject, asObjects, asText, asTexts, type Unchecked, type UncheckedObject } from './read-document.js'
import { tooLarge, unsupportedServer } from './remote-server.js'
import { isSecret } from './secrets.js'
import type { ImportVariable, ServerEntry, Template } from './server-entry.js'
import { parseBraces, variablesOf, type ParsedTemplate } from './template.js'

const registryMeta = 'io.modelcontextprotocol.registry/official'

/** The rows of a `server.json`, of one row of a registry, or of a page of a registry; `undefined` for another document. */
export function rowsOfServerJson(document: UncheckedObject): readonly UncheckedObject[] | undefined {
  if (isServer(asObject(document['server']))) return [document]
  if (isServer(document)) return [{ server: document }]
  if (!Array.isArray(document['servers'])) return undefined
  return asObjects(document['servers']).map((row) => (isServer(asObject(row['server'])) ? row : { server: row }))
}

/** Whether the registry has withdrawn or deprecated a row. */
export function registryStatus(row: UncheckedObject): {
  readonly status: string | undefined
  readonly statusMessage: string | undefined
  readonly isLatest: boolean
} {
  const official = asObject(asObject(row['_meta'])?.[registryMeta])
  // The first version of the format kept the status in the document.
  const status = asText(official?.['status']) ?? asText(asObject(row['server'])?.['status'])
  return { status, statusMessage: asText(official?.['statusMessage']), isLatest: official?.['isLatest'] !== false }
}

/** Reads one row. Every revision of the format since 2025-07-09, in camel or snake case. */
export function readServerJson(row: UncheckedObject): ServerEntry {
  const server = asObject(row['server']) ?? {}
  const name = asText(server['title']) ?? asText(server['name']) ?? 'server'
  const remotes = asObjects(server['remotes'])
  const typeOf = (remote: UncheckedObject): string => asText(remote['type'] ?? remote['transport_type']) ?? ''
  const remote = remotes.find((one) => typeOf(one).startsWith('streamable')) ?? remotes[0]
  const url = asText(remote?.['url'])
  if (remote === undefined || url === undefined)
    return unsupportedServer(
      name,
      Array.isArray(server['packages'])
        ? 'This is a package that runs locally. Only host code can add local servers.'
        : 'The entry has no remote server.',
    )
  const excess = tooLarge(url, asObjects(remote['headers']).length)
  if (excess !== undefined) return unsupportedServer(name, excess)
  const variables = inputsOf(remote['variables'])
  const address = parseBraces(url, new Set(variables.keys()))
  const headers = headersOf(remote['headers'])
  const { status, statusMessage } = registryStatus(row)
  return {
    name,
    description: asText(server['description']),
    url: address.template,
    headers: headers.map(({ name: header, text, secret }) => ({ name: header, value: text.template, secret })),
    variables: variablesOf(
      [{ text: address, secret: false }, ...headers],
      new Map([...variables, ...headers.flatMap(({ declared }) => [...declared])]),
    ),
    enabled: true,
    suggestions: {},
    notes: status === undefined || status === 'active' ? [] : [statusNote(status, statusMessage)],
  }
}

function statusNote(status: string, message: string | undefined): string {
  return `The registry lists this server as ${status}${message === undefined ? '' : ` and says: "${message}"`}.`
}

interface HeaderInput {
  readonly name: string
  readonly text: ParsedTemplate
  readonly secret: boolean
  readonly declared: ReadonlyMap<string, Partial<ImportVariable>>
}

/** The headers. A header without a value becomes a variable with the header's name. */
function headersOf(headers: Unchecked | undefined): readonly HeaderInput[] {
  return asObjects(headers).flatMap((header) => {
    const name = asText(header['name'])
    if (name === undefined) return []
    const fixed = asText(header['value'])
    const input = inputOf(header)
    const secret = input.secret === true || isSecret(name, fixed ?? '')
    if (fixed === undefined) {
      const template: Template = [{ variable: name }]
      const text = { template, defaults: new Map([[name, input.default]]) }
      return [{ name, text, secret, declared: new Map([[name, input]]) }]
    }
    const declared = inputsOf(header['variables'])
    return [{ name, text: parseBraces(fixed, new Set(declared.keys())), secret, declared }]
  })
}

function inputsOf(variables: Unchecked | undefined): ReadonlyMap<string, Partial<ImportVariable>> {
  return new Map(
    Object.entries(asObject(variables) ?? {}).map(([name, input]) => [name, inputOf(asObject(input) ?? {})]),
  )
}

function inputOf(input: UncheckedObject): Partial<ImportVariable> {
  return {
    description: asText(input['description']),
    secret: (input['isSecret'] ?? input['is_secret']) === true,
    required: (input['isRequired'] ?? input['is_required']) === true,
    default: asText(input['default'] ?? input['value']),
    choices: asTexts(input['choices']),
  }
}

/** Whether an object is a server of a `server.json`. Servers of an `mcp.json` don't have these members. */
function isServer(server: UncheckedObject | undefined): boolean {
  return asText(server?.['name']) !== undefined && ['remotes', 'packages'].some((key) => Array.isArray(server?.[key]))
}
