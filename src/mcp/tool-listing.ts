import type { Client } from '@modelcontextprotocol/client'
import { IntegrationError } from '../model/errors.js'
import type { QuarantinedTool, ToolDefinition } from '../model/tool.js'
import type { CallClock } from './call-clock.js'
import type { ToolListing } from './connection-contract.js'
import { takeRaw } from './raw-results.js'
import { flawOf, takeDefinition } from './tool-definition.js'

const maxPages = 64
/** All definitions of one server together, in characters. */
const maxCharacters = 4 * 1024 * 1024
const maxNamed = 100
const day = 86_400_000

/**
 * Lists all tools of a server, page by page within bounds. What can't be used is set aside with its reason; the rest is
 * kept as the server wrote it.
 *
 * @throws IntegrationError `response_too_large` when the list doesn't end; `protocol_error`
 */
export async function listTools(client: Client, clock: CallClock, maxTools: number): Promise<ToolListing> {
  const sorter = new Sorter(maxTools)
  const seen = new Set<string>()
  let first: Readonly<Record<string, unknown>> | undefined
  let cursor: string | undefined
  do {
    const page = await readPage(client, clock, cursor)
    first ??= page
    if (!Array.isArray(page.tools)) throw broken('A page of the tool list has no tools.')
    for (const tool of page.tools) sorter.add(tool)
    cursor = nextCursor(page)
    if (cursor !== undefined && seen.has(cursor)) throw broken('The tool list comes back to a page that it was at.')
    if (cursor !== undefined) seen.add(cursor)
    if (seen.size >= maxPages) throw tooLarge()
  } while (cursor !== undefined && !sorter.full)
  return { ...sorter.sorted(), ...freshness(first) }
}

async function readPage(
  client: Client,
  clock: CallClock,
  cursor: string | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  const answer = await client.request(
    { method: 'tools/list', params: cursor === undefined ? undefined : { cursor } },
    { signal: clock.signal, timeout: longest },
  )
  return takeRaw(answer)
}

/** The call clock, not the SDK, ends a request. In ms: the most that a timer takes. */
export const longest = 2 ** 31 - 1

/** An empty cursor is a cursor. */
function nextCursor(page: Readonly<Record<string, unknown>>): string | undefined {
  const { nextCursor: next } = page
  if (next === undefined || next === null) return undefined
  if (typeof next !== 'string') throw broken('The tool list goes on at a cursor that is no text.')
  return next
}

function freshness(page: Readonly<Record<string, unknown>> | undefined): Pick<ToolListing, 'ttlMs' | 'cacheScope'> {
  const { ttlMs, cacheScope } = page ?? {}
  return {
    ttlMs: typeof ttlMs === 'number' && Number.isFinite(ttlMs) ? Math.min(Math.max(0, ttlMs), day) : undefined,
    cacheScope: cacheScope === 'public' || cacheScope === 'private' ? cacheScope : undefined,
  }
}

/** Good ones to the left, bad ones to the right; two of one name are both bad. */
class Sorter {
  readonly #good = new Map<string, ToolDefinition>()
  readonly #names = new Map<string, number>()
  readonly #quarantined: QuarantinedTool[] = []
  #characters = 0

  constructor(readonly maxTools: number) {}

  get full(): boolean {
    return this.#names.size >= this.maxTools
  }

  add(raw: unknown): void {
    const name = nameOf(raw)
    const flaw = flawOf(raw)
    if (flaw !== undefined) return this.#setAside(name, flaw)
    const times = (this.#names.get(name) ?? 0) + 1
    if (times === 1 && this.full) return this.#setAside(name, 'too_many_tools')
    this.#names.set(name, times)
    if (times === 1) this.#good.set(name, this.#measured(takeDefinition(raw)))
    else {
      this.#good.delete(name)
      for (let n = times === 2 ? 0 : 1; n < 2; n++) this.#setAside(name, 'duplicate_name')
    }
  }

  sorted(): Pick<ToolListing, 'tools' | 'quarantined'> {
    return { tools: [...this.#good.values()], quarantined: this.#quarantined }
  }

  #setAside(name: string, reason: QuarantinedTool['reason']): void {
    if (this.#quarantined.length < maxNamed) this.#quarantined.push({ name: visible(name), reason })
  }

  #measured(definition: ToolDefinition): ToolDefinition {
    this.#characters += JSON.stringify(definition).length
    if (this.#characters > maxCharacters) throw tooLarge()
    return definition
  }
}

function nameOf(raw: unknown): string {
  const name = typeof raw === 'object' && raw !== null && 'name' in raw ? raw.name : undefined
  return typeof name === 'string' ? name : ''
}

/** A name that can be shown: cut, and what can't be seen becomes its code point. */
function visible(name: string): string {
  return Array.from(name.slice(0, 128))
    .map((char) =>
      /[\p{C}\p{Z}]/u.test(char) ? `<U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}>` : char,
    )
    .join('')
}

function broken(message: string): IntegrationError {
  return new IntegrationError('protocol_error', message)
}

function tooLarge(): IntegrationError {
  return new IntegrationError('response_too_large', 'The tool list of the server is larger than is accepted.')
}
