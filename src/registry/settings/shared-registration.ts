import { sha256Hex } from '../../model/digest.js'
import { isIntegrationError } from '../../model/errors.js'
import type { OAuthSettings } from '../../model/oauth.js'
import type { ClientRegistration, WantedRegistration } from '../../oauth/client-registration.js'
import { unlessAborted } from '../../oauth/waiting.js'
import { openBound, sealBound } from '../servers/bound-secrets.js'
import type { Context } from '../state/context.js'
import { keys, prefixes, sharedOwner } from '../state/keys.js'
import { pages } from '../state/pages.js'
import { toJson, type ClientRecord, type KnownClient } from '../state/records.js'
import { ifReadable } from '../state/read-record.js'
import type { IntegrationRef } from '../state/refs.js'
import type { StorageRecord, StorageWrite } from '../../ports/storage.js'
import { takeTurn } from './registration-turn.js'

/** The maximum number of stored clients to open in search of a usable one. */
const maxOpened = 5

/** A client, and a function to call when it is stored or abandoned. */
export interface SharedClient {
  readonly known: KnownClient
  readonly release: () => void
}

/** The server that needs a registration. */
export interface Sharer {
  readonly workspaceId: string
  /** The server's origin. */
  readonly origin: string
  /** Accepts only a client that was used for this origin, because people can't be asked for consent again. */
  readonly onlySameOrigin: boolean
  /** The storage's clock, in ms since the epoch. */
  readonly now: number
  /** Accepts only a client that was registered for this integration after a time, because the one before led nowhere. */
  readonly again?: { readonly integrationId: string; readonly after: number } | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Returns the workspace's registration at this authorization server and redirect URI, or a new one. Simultaneous callers
 * share the new one, in this process and in others. Only clients are shared, never people's consent.
 */
export async function shareRegistration(
  context: Context,
  sharer: Sharer,
  wanted: WantedRegistration,
  register: () => Promise<ClientRegistration>,
): Promise<SharedClient> {
  const { again } = sharer
  const name = registrationName(wanted) + (again === undefined ? '' : `/${again.integrationId}`)
  const key = `${sharer.workspaceId}\n${name}`
  for (let running; (running = context.registering.get(key)) !== undefined;) {
    const joined = await unlessAborted(running.catch(unlessItsCallerGaveUp), sharer.signal)
    if (joined !== undefined && fits(sharer, joined.origin)) return { known: joined, release: () => {} }
    if (joined !== undefined) break
    // Of those who waited for it, one registers again, and the others wait for that.
    if (context.registering.get(key) === running) context.registering.delete(key)
  }

  let endTurn = (): void => {}
  const make = async (): Promise<KnownClient> => {
    const { workspaceId, signal } = sharer
    const turn = await takeTurn(context, { workspaceId, name, signal }, () => findRegistration(context, sharer, wanted))
    if (turn.found !== undefined) return turn.found
    endTurn = turn.end
    return { client: await register(), origin: sharer.origin, registeredAt: sharer.now }
  }
  const made = make()
  context.registering.set(key, made)
  const release = (): void => {
    if (context.registering.get(key) === made) context.registering.delete(key)
    endTurn()
  }
  try {
    return { known: await made, release }
  } catch (error) {
    release()
    throw error
  }
}

/** Whether the authorization request of these settings can ask a person for consent. */
export function canAskConsent({ prompt, grant }: OAuthSettings): boolean {
  if (typeof grant === 'object' || prompt === false) return false
  return prompt === undefined || prompt.split(' ').includes('consent')
}

/** The write that stores our client at an integration's authorization server. */
export async function keepClient(
  context: Context,
  ref: IntegrationRef,
  { client, origin, registeredAt }: KnownClient,
  use: Pick<ClientRecord, 'pending' | 'sharedRedirect'> = {},
): Promise<StorageWrite> {
  const sealed = await sealBound(context, { ...ref, owner: sharedOwner }, 'client', { origin, value: client })
  const registration =
    client.source === 'dynamic' ? { name: registrationName(client), at: registeredAt ?? 0 } : undefined
  return {
    key: keys.client(ref.integrationId),
    value: toJson({ sealed, origin, registration, ...use } satisfies ClientRecord),
  }
}

/** @throws IntegrationError `credential_unreadable` */
export async function openClient(context: Context, ref: IntegrationRef, record: ClientRecord): Promise<KnownClient> {
  const { origin, registration } = record
  const owned = { ...ref, owner: sharedOwner }
  const client = await openBound<ClientRegistration>(context, owned, 'client', { origin, sealed: record.sealed })
  return { client, origin, registeredAt: registration?.at }
}

/** A refusal is everybody's; that the caller who registered gave up is only that caller's. */
function unlessItsCallerGaveUp(error: unknown): undefined {
  if (!isIntegrationError(error) || error.code !== 'aborted') throw error
}

/** Tries the newest first, because the authorization server may have deleted older ones. */
async function findRegistration(
  context: Context,
  sharer: Sharer,
  wanted: WantedRegistration,
): Promise<KnownClient | undefined> {
  const { workspaceId, origin, again } = sharer
  const name = registrationName(wanted)
  const found: { readonly integrationId: string; readonly record: ClientRecord; readonly at: number }[] = []
  for (const stored of await storedClients(context, sharer)) {
    const record = ifReadable<ClientRecord>(stored)
    if (record?.registration?.name !== name || record.refused === true || !fits(sharer, record.origin)) continue
    const { at } = record.registration
    if (again === undefined || at > again.after) found.push({ integrationId: stored.key.split('/')[1]!, record, at })
  }
  found.sort((a, b) => b.at - a.at || Number(b.record.origin === origin) - Number(a.record.origin === origin))
  for (const { integrationId, record } of found.slice(0, maxOpened))
    try {
      const known = await openClient(context, { workspaceId, integrationId }, record)
      if (wanted.isUsable(known.client)) return known
    } catch (error) {
      if (!isIntegrationError(error) || error.code !== 'credential_unreadable') throw error
    }
  return undefined
}

/** The stored clients of the workspace, or that of the integration that registers again. */
async function storedClients(context: Context, { workspaceId, again }: Sharer): Promise<readonly StorageRecord[]> {
  if (again !== undefined) {
    const { records } = await context.storage.read(workspaceId, [keys.client(again.integrationId)])
    return records[0] === undefined ? [] : [records[0]]
  }
  const stored: StorageRecord[] = []
  for await (const { records } of pages(context.storage, { workspaceId, prefix: prefixes.clients, limit: 500 }))
    stored.push(...records)
  return stored
}

function fits(sharer: Sharer, origin: string): boolean {
  return !sharer.onlySameOrigin || origin === sharer.origin
}

function registrationName({ issuer, redirectUri }: Pick<ClientRegistration, 'issuer' | 'redirectUri'>): string {
  return sha256Hex(`${issuer}\n${redirectUri}`)
}
