import { authorizeInput, invalid, parse, reconnectInput } from '../model/input.js'
import type { StatusReason } from '../model/integration.js'
import type { Challenge } from '../oauth/challenge.js'
import { AuthorizationRequired } from '../oauth/authorized-fetch.js'
import { decideAccess } from '../policy/access.js'
import type { ConnectResult } from './connect-result.js'
import type { Context } from './context.js'
import type { Person } from './person.js'
import { retrying } from './events.js'
import { refreshAfterSignIn } from './finish-connect.js'
import { eraseCredential } from './goodbye.js'
import { editHeaders } from './header-edits.js'
import { getIntegration, load } from './integrations.js'
import { as, json, keys, person, type HeadersRecord, type IntegrationRecord, type StatusRecord } from './records.js'
import { refreshTools } from './refresh-tools.js'
import { openHeaders, poolPrefix } from './servers.js'
import { targetFrom, targetKeys, type Target } from './target.js'
import { beginSignIn, signInTarget } from './sign-in.js'
import { reasonOf, statusChange } from './status.js'

/**
 * Finds out whether an integration is really usable: the real credential and a real `tools/list`. Starts a sign-in where
 * one is needed and the actor may reconnect.
 *
 * @throws IntegrationError `not_found`, `forbidden`; a fault of the server is the status, not a throw
 */
export async function validate(
  context: Context,
  actor: Person,
  id: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<ConnectResult> {
  return check(context, actor, await loadTarget(context, actor, id, 'validate'), options.signal)
}

/**
 * Connects anew in place: settings, agents and grants are kept, and so are the old tokens until a new sign-in succeeds.
 *
 * @throws IntegrationError `not_found`, `forbidden`, `invalid_input`, `authorization_failed`
 */
export async function reconnect(
  context: Context,
  actor: Person,
  id: string,
  input: { readonly scopes?: readonly string[] } = {},
  options: { readonly signal?: AbortSignal } = {},
): Promise<ConnectResult> {
  const { scopes } = parse('reconnect()', reconnectInput, input)
  const target = await loadTarget(context, actor, id, undefined)
  await context.pool.closeKeys(poolPrefix(actor.workspaceId, id))
  if (target.record.auth !== 'oauth') return check(context, actor, target, options.signal)
  return startSignIn(context, actor, target, { scopes: scopes ?? target.status?.scopes, signal: options.signal })
}

/**
 * Gives one's own credential to a `per_user` integration: header values, or a sign-in.
 *
 * @throws IntegrationError `not_found`, `forbidden`, `invalid_input`
 */
export async function authorize(
  context: Context,
  actor: Person,
  id: string,
  input: { readonly headers?: Readonly<Record<string, string | null>>; readonly scopes?: readonly string[] } = {},
  options: { readonly signal?: AbortSignal } = {},
): Promise<ConnectResult> {
  const { headers, scopes } = parse('authorize()', authorizeInput, input)
  const { record } = await load(context, actor, id, 'own_credential')
  requirePerUser(record, 'authorize()')
  if (headers !== undefined) await setOwnHeaders(context, actor, id, record.origin, headers)
  const target = await loadTarget(context, actor, id, 'own_credential')
  if (record.auth === 'oauth' && headers === undefined)
    return startSignIn(context, actor, target, { scopes, signal: options.signal })
  return check(context, actor, target, options.signal)
}

/** Drops one's own credential: revoked and erased. */
export async function signOut(context: Context, actor: Person, id: string): Promise<void> {
  const { record } = await load(context, actor, id, 'own_credential')
  requirePerUser(record, 'signOut()')
  const owner = person(actor.userId)
  await eraseCredential(context, actor.workspaceId, id, owner)
  await context.pool.closeKeys(poolPrefix(actor.workspaceId, id))
  const { records, now } = await context.storage.read(actor.workspaceId, [keys.status(id, owner)])
  const status = statusChange(
    { integrationId: id, owner, userId: actor.userId },
    as<StatusRecord>(records[0])?.value,
    { reason: record.auth === 'oauth' ? 'first_sign_in' : 'credential_missing' },
    now,
  )
  await context.feed.commit(actor.workspaceId, {
    writes: status.writes,
    events: [
      { type: 'credential_changed', integrationId: id, change: 'removed', userId: actor.userId, by: actor.userId },
      ...status.events,
    ],
    audit: [{ action: 'sign_out', userId: actor.userId, integrationId: id }],
  })
}

/** Reads an integration for a check; without an operation, for whoever may reconnect the credential it would use. */
async function loadTarget(
  context: Context,
  actor: Person,
  id: string,
  operation: 'validate' | 'own_credential' | undefined,
): Promise<Target> {
  const first = await load(context, actor, id, operation ?? 'get', targetKeys(id, actor))
  if (operation === undefined)
    await load(context, actor, id, first.record.credentials === 'per_user' ? 'own_credential' : 'reconnect')
  return targetFrom(actor, id, first.record, first.others)
}

async function check(
  context: Context,
  actor: Person,
  target: Target,
  signal: AbortSignal | undefined,
): Promise<ConnectResult> {
  const id = target.integrationId
  try {
    await refreshTools(context, target, { insist: true, ...(signal === undefined ? {} : { signal }) })
    return { type: 'connected', integration: await getIntegration(context, actor, id) }
  } catch (error) {
    if (error instanceof AuthorizationRequired) {
      if (mayReconnect(context, actor, target.record) && needsSignIn(target.record, error)) {
        return startSignIn(context, actor, target, { challenge: error.challenge, scopes: error.scopes, signal })
      }
      return failed(context, actor, target, error.reason, error.scopes)
    }
    const reason = reasonOf(error)
    if (reason === undefined) throw error
    return failed(context, actor, target, reason)
  }
}

/** A server that had no credential, or has OAuth, and says 401: only a sign-in helps. Wrong header values are to be edited. */
function needsSignIn(record: IntegrationRecord, refused: AuthorizationRequired): boolean {
  return record.url !== undefined && (record.auth === 'oauth' || refused.reason === 'first_sign_in')
}

function mayReconnect(context: Context, actor: Person, record: IntegrationRecord): boolean {
  const operation = record.credentials === 'per_user' ? 'own_credential' : 'reconnect'
  return (
    decideAccess(
      operation,
      actor,
      { workspaceId: actor.workspaceId, ownerId: record.ownerId, visibility: record.visibility },
      context.options.access,
    ) === 'allowed'
  )
}

async function startSignIn(
  context: Context,
  actor: Person,
  target: Target,
  request: {
    challenge?: Challenge | undefined
    scopes?: readonly string[] | undefined
    signal?: AbortSignal | undefined
  },
): Promise<ConnectResult> {
  const { workspaceId } = actor
  const { integrationId: id, owner, record } = target
  const wanted = await signInTarget(context, workspaceId, id, owner, record.url!)
  const { now } = await context.storage.read(workspaceId, [])
  const begun = await beginSignIn(context, actor, wanted, { ...request, now })
  const interactive = begun.type === 'person'
  const before = target.status
  const working = before?.reason === 'awaiting_authorization' ? before.before : before?.reason
  const status = statusChange(
    { integrationId: id, owner, userId: actor.userId },
    before,
    interactive
      ? { reason: 'awaiting_authorization', until: begun.until, ...(working === undefined ? {} : { before: working }) }
      : { reason: 'ok' },
    now,
  )
  await retrying(`Integration "${record.name}"`, async () => {
    const { records } = await context.storage.read(workspaceId, [keys.integration(id)])
    const stored = as<IntegrationRecord>(records[0])
    if (stored === undefined) return true
    const changed =
      stored.value.auth === 'oauth'
        ? []
        : [{ key: keys.integration(id), ifVersion: stored.version, value: json({ ...stored.value, auth: 'oauth' }) }]
    return context.feed.commit(workspaceId, {
      writes: [...begun.writes, ...status.writes, ...changed],
      events: status.events,
    })
  })
  if (!interactive) return refreshAfterSignIn(context, actor, id, request.signal)
  return {
    type: 'authorization_required',
    integration: await getIntegration(context, actor, id),
    authorizationUrl: begun.authorizationUrl,
  }
}

async function failed(
  context: Context,
  actor: Person,
  target: Target,
  reason: StatusReason,
  scopes?: readonly string[],
): Promise<ConnectResult> {
  const { workspaceId, integrationId: id, owner } = target
  const { records, now } = await context.storage.read(workspaceId, [keys.status(id, owner)])
  const status = statusChange(
    { integrationId: id, owner, userId: actor.userId },
    as<StatusRecord>(records[0])?.value,
    { reason, ...(scopes === undefined ? {} : { scopes }) },
    now,
  )
  if (status.writes.length > 0) await context.feed.commit(workspaceId, { writes: status.writes, events: status.events })
  return { type: 'failed', integration: await getIntegration(context, actor, id) }
}

async function setOwnHeaders(
  context: Context,
  actor: Person,
  id: string,
  origin: string,
  edits: Readonly<Record<string, string | null>>,
): Promise<void> {
  const { workspaceId, userId } = actor
  const owner = person(userId)
  await retrying('Your credential', async () => {
    const { records, now } = await context.storage.read(workspaceId, [keys.headers(id, owner)])
    const stored = as<HeadersRecord>(records[0])
    // Values that were given for another server are not carried over.
    const held = stored?.value.origin === origin ? stored.value : undefined
    const next = editHeaders(await openHeaders(context, workspaceId, id, owner, held), held?.headers ?? [], edits, now)
    const value =
      next.headers.length === 0
        ? undefined
        : json({
            sealed: await context.vault.seal(JSON.stringify(next.values), {
              workspaceId,
              integrationId: id,
              owner,
              field: 'headers',
            }),
            origin,
            headers: next.headers,
          })
    return context.feed.commit(workspaceId, {
      writes: [{ key: keys.headers(id, owner), ifVersion: stored?.version ?? null, value }],
      events: [{ type: 'credential_changed', integrationId: id, change: 'set', userId, by: userId }],
      audit: [{ action: 'sign_in', userId, integrationId: id, changed: Object.keys(edits) }],
    })
  })
}

function requirePerUser(record: IntegrationRecord, what: string): void {
  if (record.credentials !== 'per_user')
    throw invalid(what, [
      {
        path: '',
        message: `is for integrations with credentials: 'per_user'; "${record.name}" has one credential for all: use update({ headers }) or reconnect()`,
      },
    ])
}
