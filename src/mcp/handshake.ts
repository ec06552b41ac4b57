import { isObject } from '../model/json.js'
import { isAbsent, type Raw } from './absent.js'
import { serverInfoKey } from './server-info.js'

/**
 * Reads the result of `initialize`. Requires the revision and whether there are tools; names and texts are only shown,
 * so invalid ones are left out.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#initialization
 */
export function readHandshake(result: Raw): Raw {
  return {
    ...shortInstructions(result),
    protocolVersion: trimmed(result.protocolVersion),
    capabilities: readCapabilities(result.capabilities),
    serverInfo: readServerInfo(result.serverInfo),
  }
}

/**
 * Reads the result of `server/discover` in the same way.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/server/discover
 */
export function readDiscovery(result: Raw): Raw {
  const { supportedVersions, ttlMs, cacheScope, _meta } = result
  const info = isObject(_meta) ? _meta[serverInfoKey] : undefined
  return {
    ...shortInstructions(result),
    supportedVersions: Array.isArray(supportedVersions) ? readVersions(supportedVersions) : supportedVersions,
    ttlMs: typeof ttlMs === 'number' ? ttlMs : undefined,
    cacheScope: cacheScope === 'public' || cacheScope === 'private' ? cacheScope : undefined,
    ...(info === undefined ? undefined : { _meta: { [serverInfoKey]: readServerInfo(info) } }),
    resultType: isAbsent(result.resultType) ? 'complete' : result.resultType,
    capabilities: readCapabilities(result.capabilities),
  }
}

function trimmed(value: unknown): unknown {
  return typeof value === 'string' ? value.trim() : value
}

/**
 * Reads the capabilities. Only their presence counts: a value can be an object, `true` or a list. Without any, listing the
 * tools shows whether there are some.
 */
function readCapabilities(sent: unknown): Raw {
  if (Array.isArray(sent)) return sent.includes('tools') ? { tools: {} } : {}
  if (!isObject(sent)) return {}
  return Object.fromEntries(
    Object.entries(sent)
      .filter(([name, value]) => known.has(name) && !isAbsent(value) && value !== false)
      .map(([name, value]) => [name, flagsOf(value)]),
  )
}

/** The capabilities that this client uses. */
const known = new Set(['tools', 'prompts', 'resources', 'logging', 'completions'])

function flagsOf(capability: unknown): Raw {
  if (!isObject(capability)) return {}
  const flags = Object.entries(capability).filter(
    ([name, value]) => typeof value === 'boolean' && name.length <= maxFlag,
  )
  return Object.fromEntries(flags.slice(0, maxFlags))
}

/** The revisions as far as this client could know them: no name of one is long, and no server has very many. */
function readVersions(versions: readonly unknown[]): readonly unknown[] {
  return versions.filter((version) => typeof version !== 'string' || version.length <= maxVersion).slice(0, maxVersions)
}

/** Limits of the server's description, because it is stored in one record. */
const maxVersion = 64
const maxVersions = 100
const maxFlag = 64
const maxFlags = 20
const maxInstructions = 16_384
const maxText = 2_048
const maxIcons = 20
/** The limit of all icons together, in characters. */
const maxIconsLength = 64 * 1024

function readServerInfo(sent: unknown): Raw {
  const texts = isObject(sent)
    ? ['name', 'version', 'title', 'description', 'websiteUrl'].flatMap((key) => {
        const text = sent[key]
        return typeof text === 'string' ? [[key, text.slice(0, maxText)]] : []
      })
    : []
  const icons = isObject(sent) && Array.isArray(sent.icons) ? { icons: readIcons(sent.icons) } : undefined
  return { name: '', version: '', ...(Object.fromEntries(texts) as Raw), ...icons }
}

function readIcons(icons: readonly unknown[]): readonly Raw[] {
  let room = maxIconsLength
  return icons
    .slice(0, maxIcons)
    .flatMap(readIcon)
    .filter(({ src }) => (room -= String(src).length) >= 0)
}

/** A URL is plain ASCII, and no two of its characters count for one. */
function readIcon(icon: unknown): readonly Raw[] {
  if (!isObject(icon) || typeof icon.src !== 'string' || !/^[!-~]*$/.test(icon.src)) return []
  const { src } = icon
  const mimeType = typeof icon.mimeType === 'string' ? icon.mimeType.slice(0, maxFlag) : undefined
  return [{ src, ...(mimeType === undefined ? undefined : { mimeType }) }]
}

function shortInstructions({ instructions }: Raw): Raw {
  return typeof instructions === 'string' ? { instructions: instructions.slice(0, maxInstructions) } : {}
}
