import type { Connector, EgressOptions } from '../index.js'
import { connectorOf, type RegistryConnectorsOverlay } from './registry-connector.js'
import { createGuardedFetch } from '../egress/guarded-fetch.js'
import { IntegrationError } from '../model/errors.js'
import { asObject, asText, readDocument, type UncheckedObject } from './read-document.js'
import { registryStatus, rowsOfServerJson } from './server-json.js'

export type { RegistryConnectorsOverlay } from './registry-connector.js'

/** The time in which all pages must be read, in ms. */
const loadMs = 60_000
/** The pause after a list could not be read, in ms. */
const pauseMs = 30_000

/** Options of {@link registryConnectors}. */
export interface RegistryConnectorsOptions {
  /** The registry's API without its version, e.g. `https://registry.example.com`. */
  readonly url: string
  /** Only these servers, by their name in the registry, with properties to add or replace. `@default` all */
  readonly servers?: Readonly<Record<string, RegistryConnectorsOverlay>> | undefined
  /** How long the list is cached, in ms. After that, only changes are requested. `@default 3600000` (1 hour) */
  readonly cacheMs?: number | undefined
  /** The maximum number of servers. `@default 2000` */
  readonly maxServers?: number | undefined
  /** The allowed destinations of requests. `@default` the public internet */
  readonly egress?: EgressOptions | undefined
  /** Sends requests below the egress checks, like `runtime.fetch` of the registry. `@default` the platform's */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** ms since the epoch. `@default Date.now` */
  readonly now?: (() => number) | undefined
}

/**
 * The MCP Registry as a catalogue: use the returned function as `connectors`. Servers with a remote URL without variables
 * become connectors; read the others with `readServers`. The list is loaded at the first use and cached. If the registry
 * can't be reached later, the cached list stays.
 *
 * @returns a function for the option `connectors` of `IntegrationRegistry`
 * @see https://github.com/modelcontextprotocol/registry/blob/main/docs/reference/api/generic-registry-api.md
 *
 * @example
 * ```ts
 * // examples/guides/import.ts#registry
 * const connectors = registryConnectors({
 *   url: 'https://registry.example.com',
 *   servers: { 'io.example/notes': { category: 'Writing', trusted: true } }, // only these, with what you know of them
 * })
 * // new IntegrationRegistry({ connectors, … })
 * ```
 */
export function registryConnectors(options: RegistryConnectorsOptions): () => Promise<readonly Connector[]> {
  const { cacheMs = 3_600_000, maxServers = 2000, now = () => Date.now() } = options
  const { fetch } = createGuardedFetch({
    egress: options.egress ?? {},
    maxResponseBytes: 4 * 1024 * 1024,
    runtime: { fetch: options.fetch, now, setTimer },
  })
  const known = new Map<string, Connector>()
  let loadedAt: number | undefined
  let nextAt = 0
  let loading: Promise<void> | undefined

  async function load(): Promise<void> {
    const startedAt = now()
    nextAt = startedAt + pauseMs
    const since = loadedAt === undefined ? undefined : new Date(loadedAt).toISOString()
    const signal = AbortSignal.timeout(loadMs)
    for (let cursor: string | undefined, pages = 0; pages < 100; pages++) {
      const url = new URL('v0.1/servers', options.url.endsWith('/') ? options.url : `${options.url}/`)
      for (const [name, value] of Object.entries({ version: 'latest', limit: '100', cursor, updated_since: since }))
        if (value !== undefined) url.searchParams.set(name, value)
      const page = await readPage(url, signal)
      for (const row of rowsOfServerJson(page) ?? []) keep(row)
      const metadata = asObject(page['metadata'])
      const next = asText(metadata?.['nextCursor'] ?? metadata?.['next_cursor'])
      if (next === undefined || next === cursor) break
      cursor = next
    }
    loadedAt = startedAt
    nextAt = startedAt + cacheMs
  }

  function keep(row: UncheckedObject): void {
    const name = asText(asObject(row['server'])?.['name'])
    if (name === undefined || (options.servers !== undefined && !Object.hasOwn(options.servers, name))) return
    const { status, isLatest } = registryStatus(row)
    if (!isLatest) return
    const connector = status === 'deleted' ? undefined : connectorOf(name, row, options.servers?.[name])
    if (connector === undefined) known.delete(name)
    else if (known.has(name) || known.size < maxServers) known.set(name, connector)
  }

  async function readPage(url: URL, signal: AbortSignal): Promise<UncheckedObject> {
    const response = await fetch(url, { purpose: 'metadata', headers: { accept: 'application/json' }, signal })
    const text = await response.text()
    const page = response.ok ? asObject(readDocument(text).value) : undefined
    if (page !== undefined) return page
    throw new IntegrationError(
      'protocol_error',
      `The MCP registry at ${url.origin} did not return a list of servers (HTTP ${response.status}). Check the option \`url\` of registryConnectors().`,
    )
  }

  return async () => {
    if (loadedAt === undefined || now() >= nextAt) {
      loading ??= load().finally(() => (loading = undefined))
      // Only the first list must be waited for: a registry that hangs must not stop those who have a list.
      if (loadedAt === undefined) await loading
      else loading.catch(() => {})
    }
    return [...known.values()]
  }
}

/** Timers of requests, which don't keep the process alive. */
function setTimer(callback: () => void, ms: number): () => void {
  const timer = setTimeout(callback, ms)
  if (typeof timer === 'object') timer.unref?.()
  return () => clearTimeout(timer)
}
