import { isAbsent, isObject, withoutAbsent, type Raw } from './absent.js'

/**
 * Reads the result of `initialize`. Requires the revision and whether there are tools; names and texts are only shown,
 * so invalid ones are left out.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#initialization
 */
export function readHandshake(result: Raw): Raw {
  return {
    ...withoutOddText(result, ['instructions']),
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
  return {
    ...withoutOddText(result, ['instructions']),
    resultType: isAbsent(result.resultType) ? 'complete' : result.resultType,
    capabilities: readCapabilities(result.capabilities),
  }
}

function trimmed(value: unknown): unknown {
  return typeof value === 'string' ? value.trim() : value
}

/**
 * That a capability is there is what counts: it may be an object, `true`, or a list of what is offered. Where none is left,
 * nothing is said, and asking for the list has to tell.
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
  return Object.fromEntries(Object.entries(capability).filter(([, value]) => typeof value === 'boolean'))
}

function readServerInfo(sent: unknown): Raw {
  const info = isObject(sent) ? withoutOddText(sent, ['name', 'version', 'title', 'description', 'websiteUrl']) : {}
  const { icons, ...rest } = info
  return { name: '', version: '', ...rest, ...(Array.isArray(icons) ? { icons: icons.flatMap(readIcon) } : undefined) }
}

function readIcon(icon: unknown): readonly Raw[] {
  if (!isObject(icon) || typeof icon.src !== 'string') return []
  const { src, mimeType } = icon
  return [{ src, ...(typeof mimeType === 'string' ? { mimeType } : undefined) }]
}

function withoutOddText(from: Raw, texts: readonly string[]): Raw {
  const odd = texts.filter((key) => key in from && typeof from[key] !== 'string')
  return withoutAbsent({ ...from, ...Object.fromEntries(odd.map((key) => [key, null])) }, toOptional(odd))
}

function toOptional(keys: readonly string[]): Readonly<Record<string, 'value'>> {
  return Object.fromEntries(keys.map((key) => [key, 'value' as const]))
}
