import type { Connector, EgressOptions } from '../index.js'
import { createGuardedFetch } from '../egress/guarded-fetch.js'
import { IntegrationError } from '../model/errors.js'
import { asObject, asText, readDocument, type UncheckedObject } from './read-document.js'
import type { ServerEntry } from './server-entry.js'
import { readServerJson, registryStatus, rowsOfServerJson } from './server-json.js'
import { visibleEntry } from './visible-entry.js'

/** Properties of a server that the registry lacks and a host adds. */
export type RegistryConnectorsOverlay = Partial<
  Pick<Connector, 'auth' | 'category' | 'description' | 'documentationUrl' | 'icon' | 'name' | 'tools' | 'trusted'>
>

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
  let loading: Promise<void> | undefined

  async function load(): Promise<void> {
    const startedAt = now()
    const since = loadedAt === undefined ? undefined : new Date(loadedAt).toISOString()
    for (let cursor: string | undefined, pages = 0; pages < 100; pages++) {
      const url = new URL('v0.1/servers', options.url.endsWith('/') ? options.url : `${options.url}/`)
      for (const [name, value] of Object.entries({ version: 'latest', limit: '100', cursor, updated_since: since }))
        if (value !== undefined) url.searchParams.set(name, value)
      const page = await readPage(url)
      for (const row of rowsOfServerJson(page) ?? []) keep(row)
      const metadata = asObject(page['metadata'])
      const next = asText(metadata?.['nextCursor'] ?? metadata?.['next_cursor'])
      if (next === undefined || next === cursor) break
      cursor = next
    }
    loadedAt = startedAt
  }

  function keep(row: UncheckedObject): void {
    const name = asText(asObject(row['server'])?.['name'])
    if (name === undefined || (options.servers !== undefined && !Object.hasOwn(options.servers, name))) return
    const { status, isLatest } = registryStatus(row)
    if (!isLatest) return
    const connector =
      status === 'deleted'
        ? undefined
        : connectorOf(name, visibleEntry(readServerJson(row)), row, options.servers?.[name])
    if (connector === undefined) known.delete(name)
    else if (known.has(name) || known.size < maxServers) known.set(name, connector)
  }

  async function readPage(url: URL): Promise<UncheckedObject> {
    const response = await fetch(url, { purpose: 'metadata', headers: { accept: 'application/json' } })
    const text = await response.text()
    const page = response.ok ? asObject(readDocument(text).value) : undefined
    if (page !== undefined) return page
    throw new IntegrationError(
      'protocol_error',
      `The MCP registry at ${url.origin} did not return a list of servers (HTTP ${response.status}). Check the option \`url\` of registryConnectors().`,
    )
  }

  return async () => {
    if (loadedAt === undefined || now() - loadedAt >= cacheMs) {
      loading ??= load().finally(() => (loading = undefined))
      // Only the first list must be waited for.
      await loading.catch((error: unknown) => {
        if (loadedAt === undefined) throw error
      })
    }
    return [...known.values()]
  }
}

/** The connector of a server that needs at most one value for URL and headers; otherwise `undefined`. */
function connectorOf(
  name: string,
  server: ServerEntry,
  row: UncheckedObject,
  overlay: RegistryConnectorsOverlay = {},
): Connector | undefined {
  const url = server.url?.every((part) => typeof part === 'string') ? server.url.join('') : undefined
  if (url === undefined || !URL.canParse(url)) return undefined
  const asked = server.headers.filter((header) => header.value.some((part) => typeof part !== 'string'))
  const [header] = asked
  if (asked.length > 1) return undefined
  return {
    id: name
      .toLowerCase()
      .replace(/[^a-z0-9_-]+/g, '-')
      .slice(0, 64),
    name: server.name,
    description: server.description,
    documentationUrl: httpsOnly(asText(asObject(row['server'])?.['websiteUrl'])),
    auth:
      header === undefined
        ? 'oauth'
        : {
            type: 'header',
            name: header.name,
            description: server.variables[0]?.description,
            prefix: prefixOf(header.value),
          },
    ...overlay,
    url,
  }
}

function prefixOf(value: ServerEntry['headers'][number]['value']): string | undefined {
  return typeof value[0] === 'string' ? value[0] : undefined
}

function httpsOnly(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) && new URL(url).protocol === 'https:' ? url : undefined
}

/** Timers of requests, which don't keep the process alive. */
function setTimer(callback: () => void, ms: number): () => void {
  const timer = setTimeout(callback, ms)
  if (typeof timer === 'object') timer.unref?.()
  return () => clearTimeout(timer)
}
