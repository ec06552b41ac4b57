import { maskUrl } from './secrets.js'
import type { ImportedHeader, ImportVariable, ServerEntry } from './server-entry.js'
import { showTemplate } from './template.js'

/** A server of a list to show to a person, without secrets. */
export interface ImportPreview extends Omit<ServerEntry, 'url' | 'headers' | 'variables' | 'oauth'> {
  /** The URL with variables as `{name}` and secret parts of the query masked. */
  readonly url?: string | undefined
  /** `given`: whether the list contains the value. */
  readonly headers: readonly (Pick<ImportedHeader, 'name' | 'secret'> & { readonly given: boolean })[]
  /** The variables to ask a person for, without defaults of secrets. `hasDefault`: no answer is needed. */
  readonly variables: readonly (ImportVariable & { readonly hasDefault: boolean })[]
  /** OAuth settings in the document. */
  readonly oauth?:
    { readonly clientId?: string | undefined; readonly scopes?: readonly string[] | undefined } | undefined
}

/** The servers of a list, without secrets. */
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
