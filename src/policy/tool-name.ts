import { sha256Bytes } from '../model/digest.js'

const maxName = 64
const maxHandle = 24
/** Characters of base 32: 80 bits, so that a server can't find two names that become one. */
const hashLength = 16
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
/** How a name ends that is not the tool's own. */
const looksHashed = /_h[a-z2-7]{16}$/i

/**
 * A handle for a new integration: `[a-z0-9_]`, at most 24 characters, no double and no outer underscore, so that the
 * first `__` of a tool's name always ends it. A name without ASCII letters or digits takes the handle from `fallback`.
 *
 * @param fallback - the host of the server's URL, or a connector's id; never what the server calls itself
 * @param taken - whether a candidate is in use
 */
export function makeHandle(name: string, fallback: string, taken: (handle: string) => boolean): string {
  const base = cut(slug(name), maxHandle) || cut(slug(nameOfHost(fallback)), maxHandle) || 'mcp'
  for (let n = 1; ; n++) {
    const tail = n === 1 ? '' : `_${n}`
    const handle = cut(base, maxHandle - tail.length) + tail
    if (!taken(handle)) return handle
  }
}

/** `notes` of `mcp.notes.example`: the part of a host that says whose it is. */
function nameOfHost(host: string): string {
  const labels = host.split('.').filter((label) => !['www', 'mcp', 'api'].includes(label))
  return labels[0] ?? host
}

/**
 * The names that models get for the tools of one integration: `{handle}__{tool}`, at most 64 characters of
 * `[A-Za-z0-9_-]`, which is what large providers take. A name of these characters stays as it is. Any other, one that is
 * too long, and one that differs from another only in case or by `-` and `_`, ends with a hash of the original. A name
 * does not change while the list of tools stays the same, whatever its order.
 *
 * @param tools - the tools' own names, all that the server lists
 * @returns the model's name by the tool's own
 */
export function modelToolNames(handle: string, tools: readonly string[]): ReadonlyMap<string, string> {
  const alike = new Map<string, number>()
  for (const tool of tools) alike.set(folded(tool), (alike.get(folded(tool)) ?? 0) + 1)
  const prefix = `${handle}__`
  const room = maxName - prefix.length
  const keeps = (tool: string): boolean =>
    /^[A-Za-z0-9_-]+$/.test(tool) &&
    tool.length <= room &&
    !looksHashed.test(tool) &&
    (alike.get(folded(tool)) === 1 || tool === folded(tool))
  return new Map(
    tools.map((tool) => [
      tool,
      prefix + (keeps(tool) ? tool : `${cut(slug(tool), room - hashLength - 2)}_h${hash(tool)}`),
    ]),
  )
}

/** What some providers take for the same. */
function folded(name: string): string {
  return name.toLowerCase().replaceAll('-', '_')
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
