import type { Person } from '../../http/client.js'
import type { Agent } from '../../index.js'
import type { Client } from './client.js'
import type { Format } from './format.js'
import type { Labels } from '../labels/english.js'
import type { Live } from './live.js'

/** What every part of an element shares. */
export interface PageSession {
  readonly client: Client
  readonly live: Live
  readonly labels: Labels
  readonly format: Format
  /** Who looks at the page, and the agents there are. */
  readonly people: People
  /** Says how something ended, on the screen and to a screen reader. */
  announce(message: string, tone?: Tone): void
  /** Shows where the person is sent to sign in, and sends them when they go on. */
  signIn(request: SignIn): void
  /** Tells the host page. @returns whether it wants the default */
  emit(name: string, detail: object): boolean
}

/** How something ended. */
export type Tone = 'good' | 'bad' | 'plain'

/** A person has to sign in somewhere. */
export interface SignIn {
  readonly integrationId: string
  readonly name: string
  readonly authorizationUrl: string
}

/** Names of agents and people. */
export interface People {
  readonly agents: readonly Agent[]
  /** The person at the page; `undefined` where that can't be learnt. */
  readonly me: string | undefined
  /** Whether they decide approvals of other people. */
  readonly decidesForOthers: boolean
  agentName(id: string): string
  /** Those whom the host lists first; `undefined` where it lists nobody. */
  readonly listed: readonly Person[] | undefined
  /** The host's name of a person, otherwise their id. */
  personName(id: string): string
}
