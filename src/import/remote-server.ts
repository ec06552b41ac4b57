import { isSecret, maskUrl } from './secrets.js'
import type { ImportVariable, ServerEntry } from './server-entry.js'
import { parseTemplate, showTemplate, variablesOf } from './template.js'

/** What a list says of a remote server, as text. */
export interface RemoteServer extends Pick<
  ServerEntry,
  'name' | 'description' | 'oauth' | 'enabled' | 'suggestions' | 'notes'
> {
  readonly url: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** What the list says of its variables, by name. */
  readonly declared?: ReadonlyMap<string, Partial<ImportVariable>> | undefined
}

/** A server that can be connected by its URL, with its variables found and its secrets marked. */
export function remoteServer({ url, headers, declared, ...server }: RemoteServer): ServerEntry {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase()
  if (scheme !== undefined && scheme !== 'https' && scheme !== 'http')
    return unsupportedServer(
      server.name,
      `Its URL is ${scheme}:, and only https: (http: where the host allows it) can be connected.`,
    )
  const address = parseTemplate(url)
  const texts = headers.map(([name, value]) => ({ name, text: parseTemplate(value), secret: isSecret(name, value) }))
  const shown = showTemplate(address.template, (variable) => `{${variable}}`)
  return {
    ...server,
    url: address.template,
    headers: texts.map(({ name, text, secret }) => ({ name, value: text.template, secret })),
    variables: variablesOf([{ text: address, secret: false }, ...texts], declared),
    notes:
      maskUrl(shown) === shown
        ? server.notes
        : [
            ...server.notes,
            'Its URL holds a secret, which everybody who may edit the integration can read. Prefer a header.',
          ],
  }
}

/** A server that can't be connected, and why. */
export function unsupportedServer(name: string, unsupported: string): ServerEntry {
  return { name, headers: [], variables: [], enabled: false, suggestions: {}, notes: [], unsupported }
}
