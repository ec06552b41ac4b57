import type { Person } from '../../http/client.js'
import type { Agent } from '../../index.js'
import type { Client } from './client.js'
import type { Format } from './format.js'
import type { Labels } from '../labels/english.js'
import type { Live } from './live.js'

/** The state that all parts of an element share. */
export interface PageSession {
  readonly client: Client
  readonly live: Live
  readonly labels: Labels
  readonly format: Format
  /** The current person, the agents and the names of people. */
  readonly people: People
  /** Announces an outcome, on the screen and to screen readers. */
  announce(message: string, tone?: Tone): void
  /** Shows the sign-in URL, and redirects the person when they continue. */
  signIn(request: SignIn): void
  /** Fires an event for the host page. @returns whether the default was not prevented */
  emit(name: string, detail: object): boolean
}

/** The kind of an outcome. */
export type Tone = 'good' | 'bad' | 'plain'

/** A sign-in that a person has to complete. */
export interface SignIn {
  readonly integrationId: string
  readonly name: string
  readonly authorizationUrl: string
}

/** Names of agents and people. */
export interface People {
  readonly agents: readonly Agent[]
  /** The id of the current person; `undefined` if it could not be loaded. */
  readonly me: string | undefined
  /** Whether the current person can decide approvals of other people. */
  readonly decidesForOthers: boolean
  agentName(id: string): string
  /** The people that the host lists without a search; `undefined` if it lists none. */
  readonly listed: readonly Person[] | undefined
  /** The host's name of a person, otherwise their id. */
  personName(id: string): string
}
