import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'

const maxName = 64
const maxHandle = 24
const suffixLength = 11
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

/**
 * A handle for a new integration: `[a-z0-9_]`, at most 24 characters, no double and no outer underscore.
 *
 * @param taken - whether a candidate is in use
 */
export function makeHandle(name: string, taken: (handle: string) => boolean): string {
  const base = slug(name).slice(0, maxHandle).replace(/_+$/, '') || 'mcp'
  for (let n = 1; ; n++) {
    const tail = n === 1 ? '' : `_${n}`
    const handle = `${base.slice(0, maxHandle - tail.length).replace(/_+$/, '')}${tail}`
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
  const kept = slug(tool)
    .slice(0, room - suffixLength)
    .replace(/_+$/, '')
  return `${prefix}${kept}_h${hash(tool)}`
}

/** `_h` and nine characters of base 32: 45 bits. */
const looksHashed = /_h[a-z2-7]{9}$/

function slug(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
}

function hash(text: string): string {
  const bytes = sha256(utf8ToBytes(text))
  let bits = 0n
  for (const byte of bytes.slice(0, 6)) bits = (bits << 8n) | BigInt(byte)
  return Array.from({ length: suffixLength - 2 }, (_, n) => alphabet[Number((bits >> BigInt(n * 5)) & 31n)]).join('')
}
