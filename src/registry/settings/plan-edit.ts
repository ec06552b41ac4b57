import type { ApprovalMode } from '../../model/tool.js'
import type { ParsedUpdate } from '../../model/input.js'
import { invalid } from '../../model/invalid.js'
import type {
  CredentialMode,
  IntegrationAuth,
  IntegrationHeader,
  IntegrationVisibility,
} from '../../model/integration.js'
import { checkedUrl } from '../../egress/checked-url.js'
import type { StorageWrite } from '../../ports/storage.js'
import type { ActorContext, Context } from '../state/context.js'
import { moveCredential } from './move-credential.js'
import { drop, type Dropped } from './drop-credential.js'
import { connectorAuth, editHeaders, openKept, sealHeaders, withPrefix } from '../servers/headers.js'
import type { LoadedIntegration } from '../state/access.js'
import { allowSharing } from './allow-sharing.js'
import { originOf, toJson, type HeadersRecord, type IntegrationRecord, type SettingsRecord } from '../state/records.js'
import { versioned, type Versioned } from '../state/read-record.js'
import { keys, sharedOwner } from '../state/keys.js'

/** Input of `update()`. Fields left out keep their values. */
export interface UpdateInput<AgentId extends string = string> {
  readonly name?: string | undefined
  /** A new URL ends approvals, grants and trust; a new origin also erases the secrets. */
  readonly url?: string | undefined
  /** Headers to set. A header left out is kept, `null` removes it. */
  readonly headers?: Readonly<Record<string, string | null>> | undefined
  /** To share a private integration, set `credentials` too, which says whether its credential is shared. */
  readonly visibility?: IntegrationVisibility | undefined
  /** Whether everybody calls with one credential or each person with their own. */
  readonly credentials?: CredentialMode | undefined
  /** Replaces the agents that may use the integration; at least one. */
  readonly agents?: readonly AgentId[] | undefined
  /** The approval mode of tools without their own mode. */
  readonly approval?: ApprovalMode | undefined
}

/** A planned edit, before it is committed. */
export interface Edit {
  readonly record: IntegrationRecord
  readonly changed: readonly string[]
  readonly writes: readonly StorageWrite[]
  readonly rebinds: boolean
  /** The agents that can no longer use the integration. */
  readonly agentsTaken: readonly string[]
  /** Secrets to drop because the origin changes. */
  readonly dropped: Dropped | undefined
}

/** An edit in planning. */
interface Draft {
  next: IntegrationRecord
  readonly changed: string[]
  readonly writes: StorageWrite[]
}

/**
 * Plans an edit: the new record, all its writes, and the work after the commit.
 *
 * @param before - read with the shared header values, the tool settings and `sharedSecrets()`
 * @throws IntegrationError `invalid_input`, `forbidden`, `url_refused`
 */
export async function planEdit(context: ActorContext, before: LoadedIntegration, wanted: ParsedUpdate): Promise<Edit> {
  const { record, now, id } = before
  const draft: Draft = { next: record, changed: [], writes: [] }
  change(draft, record, 'name', wanted.name)
  change(draft, { ...record, approval: record.approval ?? 'default' }, 'approval', wanted.approval)
  change(draft, record, 'agents', wanted.agents === undefined ? undefined : [...new Set(wanted.agents)])
  const moves = moveUrl(context, before, draft, wanted.url)
  const dropped = moves && draft.next.origin !== record.origin ? drop(id, before.others.slice(2)) : undefined
  if (wanted.visibility !== undefined && wanted.visibility !== record.visibility) share(context, before, draft, wanted)
  change(draft, record, 'credentials', wanted.credentials)
  draft.writes.push(...(dropped?.writes ?? []))
  await setHeaders(context, before, draft, { wanted: wanted.headers, wipes: dropped !== undefined })

  const { next, changed, writes } = draft
  const rebinds = moves || changed.includes('credentials') || namesOf(next.headers) !== namesOf(record.headers)
  const bindingRevision = rebinds ? record.bindingRevision + 1 : record.bindingRevision
  return {
    record: { ...next, bindingRevision, revision: record.revision + 1, updatedAt: now },
    changed,
    writes,
    rebinds,
    agentsTaken: record.agents.filter((agent) => !next.agents.includes(agent)),
    dropped,
  }
}

function change<Field extends keyof IntegrationRecord>(
  draft: Draft,
  record: IntegrationRecord,
  field: Field,
  value: IntegrationRecord[Field] | undefined,
): void {
  if (value === undefined || JSON.stringify(value) === JSON.stringify(record[field])) return
  draft.next = { ...draft.next, [field]: value }
  draft.changed.push(field)
}

/**
 * Changes the URL. Removes trust and the link to the catalogue, which belonged to the previous server. @returns whether
 * the URL changes
 */
function moveUrl(
  context: Context,
  { record, id, others }: LoadedIntegration,
  draft: Draft,
  wanted: string | undefined,
): boolean {
  if (wanted === undefined) return false
  if (record.url === undefined)
    throw invalid('update()', [{ path: 'url', message: "can't be set on a server on this machine" }])
  const url = checkedUrl(wanted, context.options.egress)
  change(draft, record, 'url', url.href)
  if (!draft.changed.includes('url')) return false
  const { connectorId: _elsewhere, ...rest } = draft.next
  draft.next = { ...rest, origin: url.origin, trusted: false }
  draft.writes.push(...withoutConnectorLabels(id, versioned<SettingsRecord>(others[1])))
  return true
}

/** Shares the integration, or makes it private. */
function share(context: ActorContext, { record, id }: LoadedIntegration, draft: Draft, wanted: ParsedUpdate): void {
  const shared = wanted.visibility === 'workspace'
  if (shared) allowSharing(context)
  if (shared && wanted.credentials === undefined && record.auth !== 'none')
    throw invalid('update()', [
      {
        path: 'credentials',
        message:
          "is required to share a private integration: with 'shared' everybody calls with its credential, with 'per_user' each person needs their own",
      },
    ])
  change(draft, record, 'visibility', wanted.visibility)
  const [ownKey, sharedKey] = [keys.visibleTo(record.ownerId, id), keys.visibleToAll(id)]
  const [gone, there] = shared ? [ownKey, sharedKey] : [sharedKey, ownKey]
  draft.writes.push({ key: gone, value: undefined }, { key: there, value: { id } })
}

/** Plans the header values: edited, moved with the credential mode, or erased with their origin. */
async function setHeaders(
  context: Context,
  before: LoadedIntegration,
  draft: Draft,
  { wanted, wipes }: { readonly wanted: ParsedUpdate['headers']; readonly wipes: boolean },
): Promise<void> {
  const { record, now, id, workspaceId } = before
  if (wanted !== undefined && draft.next.credentials === 'per_user')
    throw invalid('update()', [
      { path: 'headers', message: "belong to each person with credentials: 'per_user': use authorize({ headers })" },
    ])
  const moved =
    draft.changed.includes('credentials') && !wipes
      ? await moveCredential(context, before, draft.next, wanted !== undefined)
      : undefined
  draft.writes.push(...(moved?.writes ?? []))
  if (wanted === undefined && !wipes) return

  const ref = { workspaceId, integrationId: id, owner: sharedOwner }
  const stored = versioned<HeadersRecord>(before.others[0])
  const keeps = !wipes && stored?.value.origin === record.origin
  const held = moved?.headers ?? {
    values: keeps ? await openKept(context, ref, stored.value, { origin: originOf(record), edits: wanted ?? {} }) : {},
    headers: keeps ? stored.value.headers : [],
  }
  // The connector's settings apply only to the connector's own server.
  const auth = await connectorAuth(context, workspaceId, draft.next.connectorId)
  const next = editHeaders(held.values, held.headers, withPrefix(wanted ?? {}, auth), now)
  draft.writes.push({
    key: keys.headers(id, sharedOwner),
    ifVersion: stored?.version ?? null,
    value:
      next.headers.length === 0
        ? undefined
        : toJson(await sealHeaders(context, ref, next, { origin: draft.next.origin })),
  })
  draft.next = { ...draft.next, headers: next.headers, auth: authWith(record, next.headers, wipes) }
  if (wanted !== undefined) draft.changed.push('headers')
}

/** The new `auth`; an integration that lost its credential with its origin still needs one. */
function authWith({ auth }: IntegrationRecord, headers: readonly IntegrationHeader[], wipes: boolean): IntegrationAuth {
  if (auth === 'oauth' && !wipes) return 'oauth'
  if (headers.length > 0 || (auth === 'header' && !wipes)) return 'header'
  return wipes ? auth : 'none'
}

/** Removes the connector's tool labels, which apply only to the connector's own server. */
function withoutConnectorLabels(id: string, settings: Versioned<SettingsRecord> | undefined): readonly StorageWrite[] {
  const tools = Object.entries(settings?.value.tools ?? {})
  if (settings === undefined || tools.every(([, { connectorLabel }]) => connectorLabel === undefined)) return []
  const value = { tools: Object.fromEntries(tools.map(([name, { connectorLabel: _label, ...own }]) => [name, own])) }
  return [{ key: keys.settings(id), ifVersion: settings.version, value: toJson(value) }]
}

function namesOf(headers: readonly IntegrationHeader[]): string {
  return headers
    .map(({ name }) => name.toLowerCase())
    .toSorted()
    .join(',')
}
