import { maskUrl } from './secrets.js'
import type { ImportedHeader, ImportVariable, ServerEntry } from './server-entry.js'
import { showTemplate } from './template.js'

/** A server of a list as it may be shown to a person: no secret is in it. */
export interface ImportPreview extends Omit<ServerEntry, 'url' | 'headers' | 'variables' | 'oauth'> {
  /** Variables as `{name}`; secret parts of the query masked. */
  readonly url?: string | undefined
  /** `given`: the list brings its value. */
  readonly headers: readonly (Pick<ImportedHeader, 'name' | 'secret'> & { readonly given: boolean })[]
  /** What a person is asked for; a secret's default is left out. `hasDefault`: no answer is needed. */
  readonly variables: readonly (ImportVariable & { readonly hasDefault: boolean })[]
  /** OAuth settings that the document gives. */
  readonly oauth?:
    { readonly clientId?: string | undefined; readonly scopes?: readonly string[] | undefined } | undefined
}

/** What a list would connect, without its secrets. */
export function previewServers(servers: readonly ServerEntry[]): readonly ImportPreview[] {
  return servers.map(({ url, headers, variables, oauth, ...server }) => ({
    ...server,
    url: url && maskUrl(showTemplate(url, (variable) => `{${variable}}`)),
    headers: headers.map(({ name, secret, value }) => ({
      name,
      secret,
      given: value.every((part) => typeof part === 'string'),
    })),
    variables: variables.map((variable) => ({
      ...variable,
      default: variable.secret ? undefined : variable.default,
      hasDefault: (variable.default ?? '') !== '',
    })),
    oauth: oauth && { clientId: oauth.clientId, scopes: oauth.scopes },
  }))
}
