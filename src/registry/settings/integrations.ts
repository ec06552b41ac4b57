import { listInput } from '../../model/input.js'
import { parse } from '../../model/parse.js'
import { invalid } from '../../model/invalid.js'
import type { Integration } from '../../model/integration.js'
import { accessTo, isId, load, visibleIds } from '../state/access.js'
import type { ActorContext } from '../state/context.js'
import { notFound } from '../state/errors.js'
import { idsUnder } from '../state/pages.js'
import { keys, prefixes } from '../state/keys.js'
import type { IntegrationRecord } from '../state/records.js'
import { unlessUnreadable, versioned } from '../state/read-record.js'
import {
  presentIntegrations,
  presentationKeyCount,
  presentationKeys,
  storedIntegration,
} from './present-integration.js'

/** `get()`, and the result of other verbs. */
export async function getIntegration(context: ActorContext, id: string): Promise<Integration> {
  const { actor } = context
  if (!isId(id)) throw notFound('integration', String(id))
  const { record, others, now } = await load(context, id, 'get', presentationKeys(id, actor))
  const [integration] = await presentIntegrations(context, [storedIntegration(actor, id, record, others)], now)
  return integration!
}

/** Options of `list()`. */
export interface IntegrationListOptions {
  /** `'all'`: for admins, also others' private integrations, as metadata. `@default 'mine'` */
  readonly scope?: 'mine' | 'all' | undefined
  /** Only integrations with all these words in their name, handle or origin; ignores case. */
  readonly search?: string | undefined
  /** Only integrations that need attention: an error, a sign-in, tools to review. `@default false` */
  readonly attention?: boolean | undefined
  /** `@default` all */
  readonly limit?: number | undefined
  /** The id of the last integration of the previous page. */
  readonly after?: string | undefined
}

/** `list()`: the integrations that the actor can use, oldest first. For admins, `all` adds others' private ones. */
export async function listIntegrations(
  context: ActorContext,
  options: IntegrationListOptions = {},
): Promise<readonly Integration[]> {
  const { scope, search, attention, limit, after } = options
  const wanted = parse('list()', listInput, { scope, search, attention, limit, after })
  const all = await readAll(context, wanted.scope)
  const last = all.findIndex(({ id }) => id === wanted.after)
  if (wanted.after !== undefined && last === -1)
    throw invalid('list()', [{ path: 'after', message: 'must be the id of an integration of the previous page' }])
  return all
    .slice(last + 1)
    .filter((integration) => isWanted(integration, wanted))
    .slice(0, wanted.limit)
}

/** Whether an integration needs attention; one with a running sign-in doesn't. */
function needsAttention({ enabled, status, tools }: Integration): boolean {
  return enabled && (status === 'error' || status === 'reconnect_required' || tools.changed > 0)
}

function isWanted(integration: Integration, { search, attention }: IntegrationListOptions): boolean {
  if (attention === true && !needsAttention(integration)) return false
  const text = `${integration.name} ${integration.handle} ${integration.origin}`.toLowerCase()
  return (search ?? '')
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

async function readAll(context: ActorContext, scope: IntegrationListOptions['scope']): Promise<readonly Integration[]> {
  const { actor } = context
  const ids =
    scope === 'all' && actor.role === 'admin'
      ? await idsUnder(context, actor, prefixes.integrations)
      : await visibleIds(context)
  const { records, now } = await context.storage.read(
    actor.workspaceId,
    ids.flatMap((id) => [keys.integration(id), ...presentationKeys(id, actor)]),
  )
  const size = 1 + presentationKeyCount
  const readOne = (id: string, n: number) => {
    const [integration, ...related] = records.slice(n * size, (n + 1) * size)
    const record = versioned<IntegrationRecord>(integration)?.value
    if (record === undefined || isHidden(context, record)) return undefined
    return storedIntegration(actor, id, record, related)
  }
  const stored = ids.flatMap((id, n) => unlessUnreadable(context, actor.workspaceId, () => readOne(id, n)) ?? [])
  const all = await presentIntegrations(context, stored, now)
  return all.toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
}

function isHidden(context: ActorContext, record: IntegrationRecord): boolean {
  return accessTo(context, 'get', record) === 'hidden'
}
