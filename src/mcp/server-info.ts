import { isObject } from '../model/json.js'
import type { ServerInfo } from '../model/integration.js'

/** Where the response to the era request holds the server's description of itself. */
export const serverInfoKey = 'io.modelcontextprotocol/serverInfo'

/** The server's description of itself, within limits. */
export function serverInfo(said: unknown, instructions: unknown): ServerInfo | undefined {
  if (!isObject(said)) return undefined
  return {
    name: textOf(said['name'], 200) ?? '',
    title: textOf(said['title'], 200),
    version: textOf(said['version'], 100),
    websiteUrl: httpsUrl(said['websiteUrl']),
    icon: iconAmong(said['icons']),
    instructions: textOf(instructions, 16_384),
  }
}

function textOf(value: unknown, maxLength: number): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, maxLength).toWellFormed() : undefined
}

function httpsUrl(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 2048 || !URL.canParse(value)) return undefined
  const url = new URL(value)
  return url.protocol === 'https:' && url.username === '' && url.password === '' ? url.href : undefined
}

/** The best icon: embedded data before URLs that must be fetched. Without SVG, because it can contain scripts. */
function iconAmong(value: unknown): string | undefined {
  const sources = (Array.isArray(value) ? (value as unknown[]) : []).slice(0, 20).flatMap((icon) => {
    const src = (icon as { readonly src?: unknown } | null)?.src
    return typeof src === 'string' ? [src] : []
  })
  return sources.find(isRasterData) ?? sources.flatMap((src) => httpsUrl(src) ?? [])[0]
}

function isRasterData(src: string): boolean {
  return src.length <= 44_000 && /^data:image\/(?:png|jpeg|webp);base64,[A-Za-z0-9+/]+={0,2}$/.test(src)
}
