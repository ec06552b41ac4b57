import type { OAuthSettings } from '../model/oauth.js'

/** Where a list of servers came from: `mcp.json` and its kin share one format here. */
export type ImportFormat = 'mcp.json' | 'codex' | 'server.json'

/** A text with places to fill in: plain parts, and the names of variables. */
export type Template = readonly (string | { readonly variable: string })[]

/** A header that a server is to be sent. */
export interface ImportedHeader {
  readonly name: string
  /** Its value, with places for variables. */
  readonly value: Template
  /** Whether its value identifies the caller: it is sealed at connect and never shown. */
  readonly secret: boolean
}

/** A value that the list leaves open. */
export interface ImportVariable {
  readonly name: string
  readonly description?: string | undefined
  /** Whether the value must not be shown. */
  readonly secret: boolean
  /** `false`: left out when nobody answers. */
  readonly required: boolean
  /** The value, unless a person gives another. */
  readonly default?: string | undefined
  /** The only values that are allowed. */
  readonly choices?: readonly string[] | undefined
}

/** Settings in a list that are shown to a person and never applied automatically. */
export interface ImportSuggestions {
  /** Tools that ran without a question. */
  readonly autoApprove?: readonly string[] | undefined
  /** Tools that were on; all others were off. */
  readonly enabledTools?: readonly string[] | undefined
  /** Tools that were off. */
  readonly disabledTools?: readonly string[] | undefined
  /** Whether every tool of the server was trusted. */
  readonly trusted?: boolean | undefined
}

/** One server of a list. */
export interface ServerEntry {
  readonly name: string
  readonly description?: string | undefined
  /** Absent when it can't be connected. */
  readonly url?: Template | undefined
  /** Headers of its requests. */
  readonly headers: readonly ImportedHeader[]
  /** Values that a person fills in. */
  readonly variables: readonly ImportVariable[]
  /** OAuth settings that the document gives. */
  readonly oauth?: OAuthSettings | undefined
  /** Whether the list has it switched on. */
  readonly enabled: boolean
  /** Settings that the document suggests. */
  readonly suggestions: ImportSuggestions
  /** Why it can't be connected, as a sentence for a person. */
  readonly unsupported?: string | undefined
  /** What a person should know before it is connected. */
  readonly notes: readonly string[]
}

/** A list of servers, read. */
export interface ImportedServers {
  /** Which format the document has. */
  readonly format: ImportFormat
  /** The servers that were read. */
  readonly servers: readonly ServerEntry[]
}

/** The most servers of one list. */
export const maxServers = 200
