import { authorizeInput } from '../../model/input.js'
import { parse } from '../../model/parse.js'
import { invalid } from '../../model/invalid.js'
import type { ConnectResult } from '../../model/outcome.js'
import type { ActorContext } from '../state/context.js'
import { endOpenApprovals } from '../gate/end-approvals.js'
import { retrying } from '../state/retrying.js'
import { endGrants } from '../gate/grants.js'
import { endSignIns, eraseCredential, forgetSecret } from './erase-credential.js'
import { connectorAuth, editHeaders, openKept, sealHeaders, withPrefix } from '../servers/headers.js'
import { load } from '../state/access.js'
import { originOf, toJson, type HeadersRecord, type IntegrationRecord, type StatusRecord } from '../state/records.js'
import { versioned } from '../state/read-record.js'
import { presenceOf } from '../state/presence.js'
import { keys, ownerKey } from '../state/keys.js'
import { poolPrefix } from '../servers/use-server.js'
import { statusChange } from '../servers/status.js'
import { givenFor } from './given-for.js'
import { startSignIn } from './start-sign-in.js'
import { loadTarget, validateTarget } from './validate.js'

/**
 * Sets the actor's own credential of a `per_user` integration: header values, or a sign-in.
 *
 * @throws IntegrationError `not_found`, `forbidden`, `invalid_input`, `conflict` (the integration has another server now)
 */
export async function authorize(
  context: ActorContext,
  id: string,
  input: {
    readonly headers?: Readonly<Record<string, string | null>> | undefined
    readonly scopes?: readonly string[] | undefined
  } = {},
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ConnectResult> {
  const { headers, scopes } = parse('authorize()', authorizeInput, input)
  const { record } = await load(context, id, 'own_credential')
  requirePerUser(record, 'authorize()')
  if (headers !== undefined) {
    const auth = await connectorAuth(context, context.actor.workspaceId, record.connectorId)
    await setOwnHeaders(context, id, record, withPrefix(headers, auth))
  }
  const target = await loadTarget(context, id, 'own_credential')
  if (record.auth === 'oauth' && headers === undefined)
    return startSignIn(context, target, { scopes, signal: options.signal })
  return validateTarget(context, target, options.signal)
}

/** Revokes and erases the actor's own credential. */
export async function signOut(context: ActorContext, id: string): Promise<void> {
  const { actor } = context
  const { record } = await load(context, id, 'own_credential')
  requirePerUser(record, 'signOut()')
  const owner = ownerKey(actor.userId)
  // Approvals and grants belong to this account. The next account may be a different one.
  const ofActor = (userId: string): boolean => userId === actor.userId
  await endOpenApprovals(context, actor.workspaceId, id, {
    to: 'superseded',
    reason: 'The person signed out.',
    only: (approval) => ofActor(approval.request.userId),
  })
  await endGrants(context, actor.workspaceId, id, (grant) => ofActor(grant.userId))
  await endSignIns(context, actor.workspaceId, (flow) => flow.integrationId === id && flow.owner === owner)
  const { records, now } = await context.storage.read(actor.workspaceId, [keys.status(id, owner)])
  const status = statusChange(
    { integrationId: id, owner, userId: actor.userId },
    versioned<StatusRecord>(records[0])?.value,
    { reason: record.auth === 'oauth' ? 'first_sign_in' : 'credential_missing' },
    { now },
  )
  await eraseCredential(
    context,
    { workspaceId: actor.workspaceId, integrationId: id, owner },
    {
      // Deleted, not rewritten, so that a sign-in that finishes now detects the change.
      writes: [{ key: keys.status(id, owner), value: undefined }],
      events: [
        { type: 'credential_changed', integrationId: id, change: 'removed', userId: actor.userId, by: actor.userId },
        ...status.events,
      ],
      audit: [{ action: 'sign_out', userId: actor.userId, integrationId: id }],
    },
  )
  await context.pool.retireKeys(poolPrefix(actor.workspaceId, id, owner))
}

/** @param given - the integration as it was when the person gave the values: they are for no other server */
async function setOwnHeaders(
  context: ActorContext,
  id: string,
  given: IntegrationRecord,
  edits: Readonly<Record<string, string | null>>,
): Promise<void> {
  const { actor } = context
  const { workspaceId, userId } = actor
  const owner = ownerKey(userId)
  const originFor = givenFor(originOf(given))
  const ref = { workspaceId, integrationId: id, owner }
  const presence = await presenceOf(context)
  await retrying('Your credential', async () => {
    const { record, version, others, now } = await load(context, id, 'own_credential', [keys.headers(id, owner)])
    requirePerUser(record, 'authorize()')
    const origin = originFor(record)
    const stored = versioned<HeadersRecord>(others[0])
    // Values for another server are not kept.
    const held = stored?.value.origin === origin ? stored.value : undefined
    const kept = await openKept(context, ref, held, { origin, edits })
    const next = editHeaders(kept, held?.headers ?? [], edits, now)
    const value = next.headers.length === 0 ? undefined : toJson(await sealHeaders(context, ref, next, { origin }))
    const written = await context.feed.commit(workspaceId, {
      writes: [
        { key: keys.headers(id, owner), ifVersion: stored?.version ?? null, value },
        { key: keys.integration(id), ifVersion: version, check: true },
        ...presence.checks,
      ],
      events: [{ type: 'credential_changed', integrationId: id, change: 'set', userId, by: userId }],
      audit: [{ action: 'sign_in', userId, integrationId: id, changed: Object.keys(edits) }],
    })
    if (written === false) {
      await presence.check()
      return false
    }
    await forgetSecret(context, stored?.value, { workspaceId, integrationId: id })
    return true
  })
  await context.pool.retireKeys(poolPrefix(workspaceId, id, owner))
}

function requirePerUser(record: IntegrationRecord, what: string): void {
  if (record.credentials !== 'per_user')
    throw invalid(what, [
      {
        path: '',
        message: `needs an integration with credentials: 'per_user'; "${record.name}" has one shared credential: use update({ headers }) or reconnect()`,
      },
    ])
}
