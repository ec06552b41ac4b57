import { sha256Bytes } from '../model/digest.js'

const maxName = 64
const maxHandle = 24
/** 16 characters of base 32 are 80 bits, so that a server can't find two names with the same hash. */
const hashLength = 16
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

/**
 * Creates a handle for a new integration: `[a-z0-9_]`, at most 24 characters, no double and no outer underscore, so that
 * the handle always ends at the first `__` of a tool's name. Without ASCII letters or digits in the name, `fallback` is used.
 *
 * @param fallback - the host of the server's URL, or a connector's id; never the name that the server reports
 * @param taken - whether a candidate is in use
 * @param first - the number of the first candidate, which it ends with unless it is 1
 */
export function makeHandle(name: string, fallback: string, taken: (handle: string) => boolean, first = 1): string {
  const base = cut(slug(name), maxHandle) || cut(slug(nameOfHost(fallback)), maxHandle) || 'mcp'
  for (let n = first; ; n++) {
    const tail = n === 1 ? '' : `_${n}`
    const handle = cut(base, maxHandle - tail.length) + tail
    if (!taken(handle)) return handle
  }
}

/** The distinctive part of a host: `notes` of `mcp.notes.example`. */
function nameOfHost(host: string): string {
  const labels = host.split('.').filter((label) => !['www', 'mcp', 'api'].includes(label))
  return labels[0] ?? host
}

/**
 * The names that models get for the tools of one integration: `{handle}__{tool}`, at most 64 characters of
 * `[A-Za-z0-9_-]`, which large providers accept. A name of these characters is kept. A name with other characters, one
 * that is too long, and one that differs from another only in case or by `-` and `_` ends with a hash of the original. The
 * names don't depend on the order of the tools.
 *
 * @param tools - the names of all tools that the server lists
 * @returns the models' names, in the order of the tools
 */
export function modelToolNames(handle: string, tools: readonly string[]): readonly string[] {
  const prefix = `${handle}__`
  const room = maxName - prefix.length
  const isPlain = (tool: string): boolean => tool.length <= room && /^[a-z0-9_]+$/.test(tool) && !isLikeHashed(tool)
  // Such names are their own folded forms. Most lists have no others.
  if (tools.every(isPlain)) return tools.map((tool) => prefix + tool)
  const forms = tools.map(folded)
  const alike = new Map<string, number>()
  for (const form of forms) alike.set(form, (alike.get(form) ?? 0) + 1)
  const keeps = (tool: string, form: string): boolean =>
    tool.length <= room &&
    /^[A-Za-z0-9_-]+$/.test(tool) &&
    !isLikeHashed(tool) &&
    (tool === form || alike.get(form) === 1)
  return tools.map(
    (tool, n) => prefix + (keeps(tool, forms[n]!) ? tool : `${cut(slug(tool), room - hashLength - 2)}_h${hash(tool)}`),
  )
}

/** Whether a name ends as a hashed one does. */
function isLikeHashed(tool: string): boolean {
  return tool.length > hashLength && /_h[a-z2-7]{16}$/i.test(tool)
}

/** Some providers treat names with the same folded form as equal. */
function folded(name: string): string {
  return name.toLowerCase().replaceAll('-', '_')
}

/** ASCII letters without accents, and digits; everything else becomes an underscore. */
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
  // As JSON, different lone surrogates have different hashes.
  const bytes = sha256Bytes(JSON.stringify(text))
  const bits = bytes.slice(0, 10).reduce((all, byte) => (all << 8n) | BigInt(byte), 0n)
  return Array.from({ length: hashLength }, (_, n) => alphabet[Number((bits >> BigInt(n * 5)) & 31n)]).join('')
}
