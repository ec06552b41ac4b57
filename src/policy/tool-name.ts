import { sha256Bytes } from '../model/digest.js'

const maxName = 64
const maxHandle = 24
/** Characters of base 32: 80 bits, so that a server can't find two names that become one. */
const hashLength = 16
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
/** How a name ends that is not the tool's own: kebab-case, camelCase, anything else. */
const looksChanged = /_(?:k|c|h[a-z2-7]{16})$/

/**
 * A handle for a new integration: `[a-z0-9_]`, at most 24 characters, no double and no outer underscore, so that the
 * first `__` of a tool's name always ends it.
 *
 * @param taken - whether a candidate is in use
 */
export function makeHandle(name: string, taken: (handle: string) => boolean): string {
  const base = cut(slug(name), maxHandle) || 'mcp'
  for (let n = 1; ; n++) {
    const tail = n === 1 ? '' : `_${n}`
    const handle = cut(base, maxHandle - tail.length) + tail
    if (!taken(handle)) return handle
  }
}

/**
 * The name models get for a tool: `{handle}__{tool}`, at most 64 characters of `[a-z0-9_]`. What had to be changed
 * says so at its end: `_k` was kebab-case, `_c` camelCase, and both can be read back; anything else, and a name that
 * ends like that by itself, gets a hash of the original. No two are the same.
 */
export function modelToolName(handle: string, tool: string): string {
  const prefix = `${handle}__`
  const room = maxName - prefix.length
  const spelled = respelled(tool)
  if (spelled !== undefined && spelled.length <= room) return prefix + spelled
  return `${prefix}${cut(slug(tool), room - hashLength - 2)}_h${hash(tool)}`
}

/** A name in snake_case that can be read back; `undefined` where there is none. */
function respelled(tool: string): string | undefined {
  if (/^[a-z0-9][a-z0-9_]*$/.test(tool)) return looksChanged.test(tool) ? undefined : tool
  if (/^[a-z0-9]+(?:-[a-z0-9]+)+$/.test(tool)) return `${tool.replaceAll('-', '_')}_k`
  if (/^[a-z][a-zA-Z0-9]*$/.test(tool)) return `${tool.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}_c`
  return undefined
}

/** Letters without their accents, everything else an underscore. */
function slug(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '')
}

function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/_$/, '')
}

function hash(text: string): string {
  // As JSON, half surrogate pairs differ too.
  const bytes = sha256Bytes(JSON.stringify(text))
  const bits = bytes.slice(0, 10).reduce((all, byte) => (all << 8n) | BigInt(byte), 0n)
  return Array.from({ length: hashLength }, (_, n) => alphabet[Number((bits >> BigInt(n * 5)) & 31n)]).join('')
}
