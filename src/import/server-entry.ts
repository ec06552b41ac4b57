import type { OAuthSettings } from '../model/oauth.js'

/** The format of a list of servers. All variants of `mcp.json` are one format. */
export type ImportFormat = 'mcp.json' | 'codex' | 'server.json'

/** A text with variables to fill in: plain parts, and the names of variables. */
export type Template = readonly (string | { readonly variable: string })[]

/** A header to send to a server. */
export interface ImportedHeader {
  readonly name: string
  /** The value, possibly with variables. */
  readonly value: Template
  /** Whether the value is a credential. Such a value is sealed at connect and never shown. */
  readonly secret: boolean
}

/** A missing value of a list. */
export interface ImportVariable {
  readonly name: string
  readonly description?: string | undefined
  /** Whether the value must not be shown. */
  readonly secret: boolean
  /** Whether a value is needed. Otherwise a header without a value is left out. */
  readonly required: boolean
  /** The value if the person gives none. */
  readonly default?: string | undefined
  /** The allowed values. */
  readonly choices?: readonly string[] | undefined
}

/** Settings in a list that are shown to a person and never applied automatically. */
export interface ImportSuggestions {
  /** Tools that ran without asking. */
  readonly autoApprove?: readonly string[] | undefined
  /** The only tools that were turned on. */
  readonly enabledTools?: readonly string[] | undefined
  /** Tools that were turned off. */
  readonly disabledTools?: readonly string[] | undefined
  /** Whether every tool of the server was trusted. */
  readonly trusted?: boolean | undefined
}

/** One server of a list. */
export interface ServerEntry {
  readonly name: string
  readonly description?: string | undefined
  /** The URL; absent if the server can't be connected. */
  readonly url?: Template | undefined
  /** Headers of its requests. */
  readonly headers: readonly ImportedHeader[]
  /** Values to ask a person for. */
  readonly variables: readonly ImportVariable[]
  /** OAuth settings in the document. */
  readonly oauth?: OAuthSettings | undefined
  /** Whether the server is turned on in the list. */
  readonly enabled: boolean
  /** Settings in the document to show to a person. */
  readonly suggestions: ImportSuggestions
  /** The reason why the server can't be connected, as a sentence for a person. */
  readonly unsupported?: string | undefined
  /** Notes for the person before connecting. */
  readonly notes: readonly string[]
}

/** The result of {@link readServers}. */
export interface ImportedServers {
  /** The format of the document. */
  readonly format: ImportFormat
  /** The servers in the document. */
  readonly servers: readonly ServerEntry[]
}

/** The maximum number of servers in one list. */
export const maxServers = 200
