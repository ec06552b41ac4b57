import { guardedFetchAtFirstUse } from '../egress/fetch-at-first-use.js'
import { poolAtFirstUse } from '../mcp/pool-at-first-use.js'
import { atFirstUse } from '../model/at-first-use.js'
import { onAbort } from '../model/race.js'
import { refresherAtFirstUse } from '../oauth/refresher-at-first-use.js'
import { toolsetBuilder, type ToolsetBuilder } from './gate/toolset-contents.js'
import { maintain } from './operations/maintain.js'
import { watchOthers } from './operations/watch-others.js'
import { afterPauses } from './settings/after-pauses.js'
import { oneAtATime } from './settings/one-at-a-time.js'
import { backgroundWork, type BackgroundWork } from './state/background-work.js'
import { callsInFlight } from './state/calls-in-flight.js'
import type { Context } from './state/context.js'
import { decisionBoard } from './state/decision-board.js'
import { runtimeFrom } from './state/default-runtime.js'
import { diagnostics } from './state/diagnostics.js'
import { eventFeed } from './state/event-feed.js'
import { guardedStorage, guardedVault } from './state/guarded-ports.js'
import { handles } from './state/handles.js'
import { agentSource, connectorSource } from './state/host-lists.js'
import { liveEvents } from './state/live-events.js'
import type { IntegrationRegistryOptions } from './state/options.js'
import { rateLimit } from './state/rate-limit.js'
import { settle } from './state/settle-options.js'
import { toolLists } from './state/tool-list-cache.js'

/** The parts of an open registry. */
export interface OpenContext {
  readonly context: Context
  readonly builder: ToolsetBuilder
  readonly background: BackgroundWork
  /** Functions that end the parts, in this order, once nothing uses them. */
  readonly ends: readonly (() => Promise<void>)[]
}

/**
 * Creates the parts of a registry: the host's ports behind their guards, the network, and the caches of this process.
 *
 * @throws IntegrationError `invalid_input`, naming each option that is wrong
 */
export function openContext(
  options: IntegrationRegistryOptions,
  { closing, isClosed }: { readonly closing: AbortSignal; readonly isClosed: () => boolean },
): OpenContext {
  const settled = settle(options)
  const { limits, retention } = settled
  const runtime = runtimeFrom(options.runtime)
  const report = diagnostics(options.onDiagnostic, runtime)
  const background = backgroundWork(report, isClosed)
  const storage = guardedStorage(options.storage, { runtime, timeoutMs: limits.storageTimeoutMs, closed: isClosed })
  const vault = guardedVault(options.credentials, { runtime, timeoutMs: limits.storageTimeoutMs })
  const egress = guardedFetchAtFirstUse({
    egress: settled.egress,
    maxResponseBytes: limits.maxResponseBytes,
    runtime,
  })
  const pool = poolAtFirstUse({
    runtime,
    idleMs: limits.idleConnectionMs,
    maxConnections: limits.maxConnections,
    concurrency: limits.concurrencyPerIntegration,
  })
  const oauth = {
    fetch: egress.fetch,
    runtime,
    clientName: settled.oauth?.clientName ?? 'MCP client',
    redirectUrl: settled.oauth?.redirectUrl ?? '',
    clientMetadataUrl: settled.oauth?.clientMetadataUrl,
    allowLoopback: settled.egress.allowLoopback ?? false,
    report,
  }
  const refresher = refresherAtFirstUse({ env: oauth, storage, vault })
  const feed = eventFeed({ storage, runtime, report, ...retention })
  const live = liveEvents({ feed, storage, runtime, report })
  const refreshTools = oneAtATime(
    async (list) => (await loadToolRefresh()).refreshInBackground(context, list),
    background.run,
  )
  const context: Context = {
    options: settled,
    storage,
    vault,
    runtime,
    fetch: egress.fetch,
    pool,
    oauth,
    refresher,
    feed,
    live,
    calls: callsInFlight(),
    decisions: decisionBoard(),
    lists: toolLists(storage),
    handles: handles(storage),
    registering: new Map(),
    checks: rateLimit('check()', 30, runtime),
    signIns: rateLimit('Starting to sign in', 120, runtime),
    agents: agentSource(options.agents),
    connectorsOf: connectorSource(options.connectors ?? []),
    refreshTools,
    refreshOldTools: afterPauses(refreshTools, runtime),
    report,
    runInBackground: background.run,
    closing,
  }
  const builder = toolsetBuilder(context)
  const unwatch = watchOthers(context, options.storage)
  if (options.maintenance !== undefined) {
    onAbort(closing, maintain(context, options.maintenance.everyMs))
  }
  const ends = [
    async () => builder.close(),
    async () => unwatch(),
    async () => live.close(),
    () => pool.close(),
    () => refresher.close(),
    () => egress.close(),
  ]
  return { context, builder, background, ends }
}

const loadToolRefresh = atFirstUse(() => import('./settings/refresh-tools.js'))
