import type { CallEvent, RegistryEvent, RegistryEventName } from '../../model/event.js'
import { scopeOf } from '../../policy/access.js'
import { eventFor } from '../../policy/event-audience.js'
import type { ActorContext } from '../state/context.js'
import { callListener, type RegistryEventPage, type RegistryEventQuery } from '../state/event-feed.js'
import { keys } from '../state/keys.js'
import type { IntegrationRecord } from '../state/records.js'
import { readOrReport } from '../state/read-record.js'

/** Events that one person can receive: changes, and the calls made for them. */
export type ActorEvent = RegistryEvent | CallEvent

/** The event of a name; `*`: any. */
export type ActorEventOf<Name extends RegistryEventName | CallEvent['type'] | '*'> = Name extends '*'
  ? ActorEvent
  : Extract<ActorEvent, { type: Name }>

/** `events()`: the events of the durable feed that this actor may see. */
export async function actorEvents(context: ActorContext, query: RegistryEventQuery = {}): Promise<RegistryEventPage> {
  const { workspaceId } = context.actor
  const { after, limit } = query
  const page = await context.feed.read({ workspaceId, after, limit })
  const ids = [...new Set(page.events.map(({ integrationId }) => integrationId))]
  const { records } = await context.storage.read(workspaceId, ids.map(keys.integration))
  const recordOf = (n: number) => readOrReport<IntegrationRecord>(context, workspaceId, records[n])
  const now = new Map(ids.map((id, n) => [id, recordOf(n)]))
  return {
    ...page,
    events: page.events.flatMap((event) => shownTo(context, event, now.get(event.integrationId)) ?? []),
  }
}

/**
 * `on()`: passes the events that this actor may see to a listener, from every process. Call events are passed only in the
 * process that makes the call.
 *
 * @returns a function that stops listening
 */
export function listenAs(
  context: ActorContext,
  name: ActorEvent['type'] | '*',
  listener: (event: ActorEvent) => unknown,
): () => void {
  const { actor } = context
  const deliver = (event: ActorEvent): void => {
    if (name === '*' || event.type === name) callListener(context.report, listener, event)
  }
  const deliverCall = (event: CallEvent): void => {
    if (event.workspaceId === actor.workspaceId && event.userId === actor.userId) deliver(event)
  }
  context.feed.local.on('call', deliverCall)
  const stop = context.live.follow(actor.workspaceId, ({ event, record }) => {
    const shown = shownTo(context, event, record)
    if (shown !== undefined) deliver(shown)
  })
  return () => {
    context.feed.local.off('call', deliverCall)
    stop()
  }
}

function shownTo(
  context: ActorContext,
  event: RegistryEvent,
  record: IntegrationRecord | undefined,
): RegistryEvent | undefined {
  const { actor } = context
  return eventFor(actor, event, record && scopeOf(actor, record), context.options.access)
}
