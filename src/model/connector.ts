import type { LocalServer } from './local-server.js'
import type { OAuthSettings } from './oauth.js'
import type { ApprovalMode, ToolLabelValue } from './tool.js'

/** How clients authenticate to the server. */
export type ConnectorAuth =
  /** Nothing needed. */
  | 'none'
  /** OAuth, found by discovery when the server asks for it. */
  | 'oauth'
  /** A header that the person fills in. */
  | {
      readonly type: 'header'
      /** The header's name, e.g. `X-Api-Key` or `Authorization`. */
      readonly name: string
      /** The field's label in a form. */
      readonly title?: string | undefined
      readonly description?: string | undefined
      /** Added in front of the value that the person enters, e.g. `Bearer `. */
      readonly prefix?: string | undefined
    }
  /** OAuth with settings that the host agreed on with the provider. */
  | ({ readonly type: 'oauth' } & OAuthSettings)

/** A catalogue entry that a workspace can connect: a server at a URL, or a local server that host code provides. */
export type Connector = ConnectorDescription &
  ({ /** The MCP endpoint. */ readonly url: string } | { readonly local: LocalServer })

/** A catalogue entry without the server's address. */
export interface ConnectorDescription {
  /** Stable; 1-64 characters of `[a-z0-9_-]`. */
  readonly id: string
  readonly name: string
  /** How clients authenticate to the server. */
  readonly auth: ConnectorAuth
  readonly description?: string | undefined
  /** `https:` or `data:` URL of an image. */
  readonly icon?: string | undefined
  /** The group that the catalogue shows it in. */
  readonly category?: string | undefined
  /** A page for the person who connects it. */
  readonly documentationUrl?: string | undefined
  /** Whether the server's annotations are believed. `@default false` */
  readonly trusted?: boolean | undefined
  /** Tool settings that a new integration starts with, by tool name. */
  readonly tools?: Readonly<Record<string, ConnectorToolSettings>> | undefined
}

/** Settings that a connector gives one tool. */
export interface ConnectorToolSettings {
  /** Whether it is on. `@default true` */
  readonly enabled?: boolean | undefined
  /** Its approval mode. `@default 'default'` */
  readonly approval?: ApprovalMode | undefined
  /** What the tool does, as the catalogue says. */
  readonly label?: ToolLabelValue | undefined
}

/** A connector as the catalogue shows it, with how many integrations of it this actor can use. */
export interface AvailableConnector {
  readonly id: string
  readonly name: string
  /** Absent for a server on this machine. */
  readonly url?: string | undefined
  /** How the person authenticates: what to do or fill in. */
  readonly auth:
    | { readonly type: 'none' }
    | { readonly type: 'oauth'; readonly scopes?: readonly string[] | undefined }
    | {
        readonly type: 'header'
        readonly name: string
        readonly title?: string | undefined
        readonly description?: string | undefined
      }
  readonly description?: string | undefined
  /** `https:` or `data:` URL of an image. */
  readonly icon?: string | undefined
  /** The group that the catalogue shows it in. */
  readonly category?: string | undefined
  /** A page for the person who connects it. */
  readonly documentationUrl?: string | undefined
  /** Whether the server's annotations will be believed. */
  readonly trusted: boolean
  /** How many connected integrations of it the actor can use. */
  readonly connected: number
}
