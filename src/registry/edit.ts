import { invalid, parse, updateInput } from '../model/input.js'
import type { CredentialMode, Integration, IntegrationHeader, Visibility } from '../model/integration.js'
import { checkUrl } from '../egress/url-policy.js'
import { readCredential, type CredentialRecord } from '../oauth/credential-record.js'
import type { Operation } from '../policy/access.js'
import type { Write } from '../ports/storage.js'
import { checkAgents } from './agents.js'
import { endOpenApprovals } from './approvals.js'
import type { Context } from './context.js'
import type { Person } from './person.js'
import { conflict } from './refusals.js'
import { moveCredential } from './credential-mode.js'
import { retrying } from './events.js'
import { eraseCredential, forgetSecret, revokeQuietly } from './goodbye.js'
import { endGrants } from './grants.js'
import { allowSharing, getIntegration, idsUnder, load, type Loaded } from './integrations.js'
import {
  as,
  json,
  keys,
  person,
  sharedOwner,
  type HeadersRecord,
  type IntegrationRecord,
  type SettingsRecord,
  type Versioned,
} from './records.js'
import { openHeaders, poolPrefix } from './servers.js'
import { check } from './check.js'
import { targetFrom, targetKeys } from './target.js'
import { editHeaders } from './header-edits.js'

/** What `update()` takes. What is left out stays as it is. */
export interface UpdateInput<AgentId extends string = string> {
  readonly name?: string
  /** Ends approvals, grants and trust; another origin also wipes the secrets. */
  readonly url?: string
  /** A header left out is kept, `null` removes it. */
  readonly headers?: Readonly<Record<string, string | null>>
  /** Sharing a private one needs `credentials` too: it says what becomes of its credential. */
  readonly visibility?: Visibility
  readonly credentials?: CredentialMode
  readonly agents?: readonly AgentId[]
}

/** What an edit comes to, before it is committed. */
interface Edit {
  readonly record: IntegrationRecord
  readonly changed: readonly string[]
  readonly writes: readonly Write[]
  readonly rebinds: boolean
  /** Another origin: nothing that was given for the one before may reach it. */
  readonly dropped: Dropped | undefined
}

/**
 * Changes an integration: all of it, or nothing.
 *
 * @throws IntegrationError `invalid_input`, `not_found`, `forbidden`, `url_refused`, `conflict` (`ifRevision` is not the
 * current one, or somebody else kept writing)
 */
export async function update(
  context: Context,
  actor: Person,
  id: string,
  input: UpdateInput,
  options: { readonly ifRevision?: number; readonly signal?: AbortSignal } = {},
): Promise<Integration> {
  const wanted = parse('update()', updateInput, input)
  const operation: Operation =
    wanted.url !== undefined || wanted.headers !== undefined || wanted.credentials !== undefined
      ? 'set_endpoint'
      : 'update'
  if (wanted.agents !== undefined) await checkAgents(context, actor.workspaceId, wanted.agents, 'update()')
  let made: Edit | undefined
  let before: Loaded | undefined
  await retrying('The integration', async () => {
    before = await load(context, actor, id, operation, [
      keys.headers(id, sharedOwner),
      keys.settings(id),
      ...sharedSecrets(id),
    ])
    if (options.ifRevision !== undefined && options.ifRevision !== before.record.revision)
      throw conflict(`Integration "${before.record.name}"`)
    made = await edited(context, actor, before, wanted)
    if (made.changed.length === 0) return true
    return context.feed.commit(actor.workspaceId, {
      writes: [{ key: keys.integration(id), ifVersion: before.version, value: json(made.record) }, ...made.writes],
      events: [{ type: 'integration_updated', integrationId: id, changed: made.changed, by: actor.userId }],
      audit: [{ action: 'update', userId: actor.userId, integrationId: id, changed: made.changed }],
    })
  })
  if (made!.changed.includes('headers')) await forgetSecret(context, as<HeadersRecord>(before!.others[0])?.value)
  await afterEdit(context, actor, id, made!)
  if (['url', 'headers', 'credentials'].some((field) => made!.changed.includes(field)))
    await checkEdited(context, actor, id, options.signal)
  return getIntegration(context, actor, id)
}

/** `enable()` and `disable()`: off takes effect at once, also for what is under way; nothing is deleted. */
export async function setEnabled(context: Context, actor: Person, id: string, enabled: boolean): Promise<Integration> {
  await retrying('The integration', async () => {
    const { record, version, now } = await load(context, actor, id, enabled ? 'enable' : 'disable')
    if (record.enabled === enabled) return true
    return context.feed.commit(actor.workspaceId, {
      writes: [
        {
          key: keys.integration(id),
          ifVersion: version,
          value: json({ ...record, enabled, revision: record.revision + 1, updatedAt: now }),
        },
      ],
      events: [{ type: enabled ? 'integration_enabled' : 'integration_disabled', integrationId: id, by: actor.userId }],
      audit: [{ action: enabled ? 'enable' : 'disable', userId: actor.userId, integrationId: id }],
    })
  })
  if (!enabled) {
    context.calls.end(actor.workspaceId, id, 'integration_disabled')
    await endOpenApprovals(context, actor.workspaceId, id, 'cancelled', 'The integration was turned off.')
  }
  return getIntegration(context, actor, id)
}

/** `trust()`: whether the server's annotations are believed. Approvals and grants given under the other answer end. */
export async function setTrusted(context: Context, actor: Person, id: string, trusted: boolean): Promise<Integration> {
  if (typeof trusted !== 'boolean') throw invalid('trust()', [{ path: 'trusted', message: 'must be true or false' }])
  let changed = false
  await retrying('The integration', async () => {
    const { record, version, now } = await load(context, actor, id, 'trust')
    changed = record.trusted !== trusted
    if (!changed) return true
    return context.feed.commit(actor.workspaceId, {
      writes: [
        {
          key: keys.integration(id),
          ifVersion: version,
          value: json({
            ...record,
            trusted,
            binding: record.binding + 1,
            revision: record.revision + 1,
            updatedAt: now,
          }),
        },
      ],
      events: [{ type: 'integration_updated', integrationId: id, changed: ['trusted'], by: actor.userId }],
      audit: [{ action: 'trust', userId: actor.userId, integrationId: id, changed: [String(trusted)] }],
    })
  })
  if (changed) {
    await endOpenApprovals(context, actor.workspaceId, id, 'superseded', 'Whether the server is trusted was changed.')
    await endGrants(context, actor.workspaceId, id)
  }
  return getIntegration(context, actor, id)
}

/**
 * Hands an integration to another person. The credential of a private one doesn't travel: the new owner gives their own.
 *
 * @throws IntegrationError `not_found`, `forbidden`, `invalid_input`
 */
export async function transferOwner(context: Context, actor: Person, id: string, userId: string): Promise<void> {
  if (typeof userId !== 'string' || userId === '' || userId.length > 200)
    throw invalid('transferOwner()', [{ path: 'userId', message: 'must be the id of a person, 1-200 characters' }])
  let wasPrivate = false
  let dropped: Dropped | undefined
  await retrying('The integration', async () => {
    const { record, version, now, others } = await load(context, actor, id, 'transfer_owner', sharedSecrets(id))
    if (record.ownerId === userId) return true
    wasPrivate = record.visibility === 'private'
    dropped = wasPrivate ? drop(id, others) : undefined
    const next: IntegrationRecord = {
      ...record,
      ownerId: userId,
      revision: record.revision + 1,
      binding: wasPrivate ? record.binding + 1 : record.binding,
      headers: wasPrivate ? [] : record.headers,
      updatedAt: now,
    }
    return context.feed.commit(actor.workspaceId, {
      writes: [
        { key: keys.integration(id), ifVersion: version, value: json(next) },
        ...(wasPrivate
          ? [
              { key: keys.visibleTo(record.ownerId, id), value: undefined },
              { key: keys.visibleTo(userId, id), value: { id } },
              { key: keys.headers(id, sharedOwner), value: undefined },
              { key: keys.status(id, sharedOwner), value: undefined },
              ...dropped!.writes,
            ]
          : []),
      ],
      events: [{ type: 'integration_updated', integrationId: id, changed: ['owner'], by: actor.userId }],
      audit: [{ action: 'transfer_owner', userId: actor.userId, integrationId: id }],
    })
  })
  if (!wasPrivate) return
  context.calls.end(actor.workspaceId, id, 'conflict')
  await context.pool.closeKeys(poolPrefix(actor.workspaceId, id))
  await endOpenApprovals(context, actor.workspaceId, id, 'superseded', 'The integration has another owner now.')
  await endGrants(context, actor.workspaceId, id)
  await wipe(context, actor.workspaceId, id, dropped)
}

async function edited(
  context: Context,
  actor: Person,
  before: Loaded,
  wanted: {
    name?: string | undefined
    url?: string | undefined
    headers?: Record<string, string | null> | undefined
    visibility?: Visibility | undefined
    credentials?: CredentialMode | undefined
    agents?: string[] | undefined
  },
): Promise<Edit> {
  const { record, now, id, workspaceId } = before
  const changed: string[] = []
  const writes: Write[] = []
  let next: IntegrationRecord = record
  const change = <Field extends keyof IntegrationRecord>(
    field: Field,
    value: IntegrationRecord[Field] | undefined,
  ): void => {
    if (value === undefined || JSON.stringify(value) === JSON.stringify(record[field])) return
    next = { ...next, [field]: value }
    changed.push(field)
  }
  change('name', wanted.name)
  change('agents', wanted.agents === undefined ? undefined : [...new Set(wanted.agents)])

  const url = wanted.url === undefined ? undefined : checkUrl(wanted.url, context.options.egress)
  if (url !== undefined && record.url === undefined)
    throw invalid('update()', [{ path: 'url', message: 'can not be given to a server on this machine' }])
  change('url', url?.href)
  const moves = changed.includes('url')
  const wipes = moves && url!.origin !== record.origin
  if (moves) {
    const { connectorId: _elsewhere, ...rest } = next
    next = { ...rest, origin: url!.origin, trusted: false }
    writes.push(...withoutConnectorLabels(id, as<SettingsRecord>(before.others[1])))
  }

  if (wanted.visibility !== undefined && wanted.visibility !== record.visibility) {
    if (wanted.visibility === 'workspace') {
      allowSharing(context, actor)
      if (wanted.credentials === undefined && record.auth !== 'none')
        throw invalid('update()', [
          {
            path: 'credentials',
            message:
              "must be said when a private integration is shared: 'shared' lets everybody call with its credential, 'per_user' keeps it its owner's",
          },
        ])
    }
    change('visibility', wanted.visibility)
    const [from, to] = [keys.visibleTo(record.ownerId, id), keys.visibleToAll(id)]
    const [gone, there] = wanted.visibility === 'workspace' ? [from, to] : [to, from]
    writes.push({ key: gone, value: undefined }, { key: there, value: { id } })
  }
  change('credentials', wanted.credentials)
  const dropped = wipes ? drop(id, before.others.slice(2)) : undefined
  if (dropped !== undefined) writes.push(...dropped.writes)
  const moved =
    changed.includes('credentials') && !wipes
      ? await moveCredential(context, before, next, wanted.headers !== undefined)
      : undefined
  if (moved !== undefined) writes.push(...moved.writes)

  if (wanted.headers !== undefined || wipes) {
    if (wanted.headers !== undefined && next.credentials === 'per_user')
      throw invalid('update()', [
        { path: 'headers', message: "belong to each person with credentials: 'per_user': use authorize({ headers })" },
      ])
    const stored = as<HeadersRecord>(before.others[0])
    const held =
      moved?.headers ??
      (wipes || stored?.value.origin !== record.origin
        ? { values: {}, headers: [] }
        : {
            values: await openHeaders(context, workspaceId, id, sharedOwner, stored?.value),
            headers: stored?.value.headers ?? [],
          })
    const edit = editHeaders(held.values, held.headers, wanted.headers ?? {}, now)
    const value =
      edit.headers.length === 0
        ? undefined
        : json({
            sealed: await context.vault.seal(JSON.stringify(edit.values), {
              workspaceId,
              integrationId: id,
              owner: sharedOwner,
              field: 'headers',
            }),
            origin: next.origin,
            headers: edit.headers,
          })
    writes.push({ key: keys.headers(id, sharedOwner), ifVersion: stored?.version ?? null, value })
    next = {
      ...next,
      headers: edit.headers,
      auth:
        record.auth === 'oauth' && !wipes
          ? 'oauth'
          : edit.headers.length > 0 || (record.auth === 'header' && !wipes)
            ? 'header'
            : wipes
              ? record.auth
              : 'none',
    }
    if (wanted.headers !== undefined) changed.push('headers')
  }
  const rebinds = moves || changed.includes('credentials') || namesOf(next.headers) !== namesOf(record.headers)
  next = {
    ...next,
    binding: rebinds ? record.binding + 1 : record.binding,
    revision: record.revision + 1,
    updatedAt: now,
  }
  return { record: next, changed, writes, rebinds, dropped }
}

/** What follows an edit, in its own time: every dispatch reads again anyway. */
async function afterEdit(
  context: Context,
  actor: Person,
  id: string,
  { rebinds, dropped, record, changed }: Edit,
): Promise<void> {
  const { workspaceId } = actor
  const isPrivateNow = changed.includes('visibility') && record.visibility === 'private'
  const isSharedNow = changed.includes('credentials') && record.credentials === 'shared'
  if (isPrivateNow) {
    const others = (whose: string): boolean => whose !== record.ownerId
    await endOpenApprovals(context, workspaceId, id, 'cancelled', 'The integration is private now.', (approval) =>
      others(approval.request.userId),
    )
    await endGrants(context, workspaceId, id, (grant) => others(grant.userId))
  }
  if (isPrivateNow || isSharedNow)
    // They can't take it back themselves any more.
    for (const owner of await ownersOf(context, workspaceId, id))
      if (owner !== person(record.ownerId)) {
        await eraseCredential(context, workspaceId, id, owner)
        await context.storage.commit(workspaceId, [{ key: keys.status(id, owner), value: undefined }])
      }
  if (changed.includes('headers') || rebinds) await context.pool.closeKeys(poolPrefix(workspaceId, id))
  if (!rebinds) return
  await endOpenApprovals(context, workspaceId, id, 'superseded', 'The integration was changed.')
  await endGrants(context, workspaceId, id)
  if (dropped !== undefined) await wipe(context, workspaceId, id, dropped)
}

/** What everybody's credential is made of, beside header values. */
function sharedSecrets(id: string): readonly string[] {
  return [keys.credential(id, sharedOwner), keys.oauthSettings(id), keys.client(id), keys.server(id, sharedOwner)]
}

/** Everybody's credential as it goes: in the commit that makes it useless, and what is to be revoked afterwards. */
interface Dropped {
  readonly writes: readonly Write[]
  readonly credential: CredentialRecord | undefined
}

/** @param stored - what was read under {@link sharedSecrets} */
function drop(id: string, stored: Loaded['others']): Dropped {
  return {
    // Just what was read: tokens that a refresh saves in between would not be revoked.
    writes: sharedSecrets(id).map((key, n) => ({ key, ifVersion: stored[n]?.version ?? null, value: undefined })),
    credential: readCredential(stored[0]?.value),
  }
}

/** Revokes everybody's credential, and erases each person's own. */
async function wipe(context: Context, workspaceId: string, id: string, dropped: Dropped | undefined): Promise<void> {
  for (const owner of await ownersOf(context, workspaceId, id)) await eraseCredential(context, workspaceId, id, owner)
  if (dropped?.credential !== undefined) await revokeQuietly(context, workspaceId, id, sharedOwner, dropped.credential)
}

/** Everybody who has a credential of their own there. */
async function ownersOf(context: Context, workspaceId: string, id: string): Promise<ReadonlySet<string>> {
  const owners = new Set([
    ...(await idsUnder(context, { workspaceId }, `credential/${id}/`)),
    ...(await idsUnder(context, { workspaceId }, `headers/${id}/`)),
  ])
  owners.delete(sharedOwner)
  return owners
}

/** What the catalogue says of its server's tools holds for that server only. */
function withoutConnectorLabels(id: string, settings: Versioned<SettingsRecord> | undefined): readonly Write[] {
  const tools = Object.entries(settings?.value.tools ?? {})
  if (settings === undefined || tools.every(([, { connectorLabel }]) => connectorLabel === undefined)) return []
  const value = { tools: Object.fromEntries(tools.map(([name, { connectorLabel: _label, ...own }]) => [name, own])) }
  return [{ key: keys.settings(id), ifVersion: settings.version, value: json(value) }]
}

function namesOf(headers: readonly IntegrationHeader[]): string {
  return headers
    .map(({ name }) => name.toLowerCase())
    .toSorted()
    .join(',')
}

/** What the edit led to is told by the status: that the server is down, or wants a sign-in, is no reason to undo it. */
async function checkEdited(
  context: Context,
  actor: Person,
  id: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { record, others } = await load(context, actor, id, 'get', targetKeys(id, actor))
  await check(context, targetFrom(actor, id, record, others), {
    insist: true,
    ...(signal === undefined ? {} : { signal }),
  })
}
