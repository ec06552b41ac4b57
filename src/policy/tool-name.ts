import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'

const maxName = 64
const maxHandle = 24
/** Characters of base 32: 80 bits, so that a server can't find two names that become one. */
const hashLength = 16
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
const looksHashed = /_h[a-z2-7]{16}$/

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
 * The name models get for a tool: `{handle}__{tool}`, at most 64 characters of `[a-z0-9_]`. A name that had to be
 * changed or cut gets a hash of the original behind it, and one that looks like that gets one too: no two are the same.
 */
export function modelToolName(handle: string, tool: string): string {
  const prefix = `${handle}__`
  const room = maxName - prefix.length
  if (/^[a-z0-9][a-z0-9_]*$/.test(tool) && tool.length <= room && !looksHashed.test(tool)) return prefix + tool
  return `${prefix}${cut(slug(tool), room - hashLength - 2)}_h${hash(tool)}`
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
  const bytes = sha256(utf8ToBytes(JSON.stringify(text)))
  const bits = bytes.slice(0, 10).reduce((all, byte) => (all << 8n) | BigInt(byte), 0n)
  return Array.from({ length: hashLength }, (_, n) => alphabet[Number((bits >> BigInt(n * 5)) & 31n)]).join('')
}
