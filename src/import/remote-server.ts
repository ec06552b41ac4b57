import { isSecret, maskUrl } from './secrets.js'
import type { ImportVariable, ServerEntry } from './server-entry.js'
import { parseTemplate, showTemplate, variablesOf } from './template.js'

/** A remote server of a list, as text. */
export interface RemoteServer extends Pick<
  ServerEntry,
  'name' | 'description' | 'oauth' | 'enabled' | 'suggestions' | 'notes'
> {
  readonly url: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** The list's declarations of variables, by name. */
  readonly declared?: ReadonlyMap<string, Partial<ImportVariable>> | undefined
}

/** The most characters of a URL that can be connected. */
const maxUrl = 2048
/** The most headers of an entry. */
const maxHeaders = 50

/** The reason why a server can't be connected if its URL is too long or it has too many headers; otherwise `undefined`. */
export function tooLarge(url: string, headerCount: number): string | undefined {
  if (url.length > maxUrl) return `The URL is longer than ${maxUrl} characters.`
  return headerCount > maxHeaders ? `The entry has more than ${maxHeaders} headers.` : undefined
}

/** Creates the entry of a server with a URL: finds the variables and marks the secrets. */
export function remoteServer({ url, headers, declared, ...server }: RemoteServer): ServerEntry {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase()
  if (scheme !== undefined && scheme !== 'https' && scheme !== 'http')
    return unsupportedServer(
      server.name,
      `The URL uses ${scheme}:, but only https: can be connected (http: if the host allows it).`,
    )
  const excess = tooLarge(url, headers.length)
  if (excess !== undefined) return unsupportedServer(server.name, excess)
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
            'The URL contains a secret, which everyone who can edit the integration can read. Use a header instead.',
          ],
  }
}

/** A server that can't be connected, with the reason. */
export function unsupportedServer(name: string, unsupported: string): ServerEntry {
  return { name, headers: [], variables: [], enabled: false, suggestions: {}, notes: [], unsupported }
}
