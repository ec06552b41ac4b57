import type { Client } from '@modelcontextprotocol/client'
import { IntegrationError } from '../model/errors.js'
import type { QuarantinedTool, ToolDefinition } from '../model/tool.js'
import { isAbsent, isObject, type Raw } from './absent.js'
import type { CallClock } from './call-clock.js'
import type { ToolListing } from './connection-contract.js'
import { takeRaw } from './raw-results.js'
import { flawOf, readDefinition, takeDefinition } from './tool-definition.js'

const maxPages = 64
/** All definitions of one server together, in characters. */
const maxCharacters = 4 * 1024 * 1024
const maxNamed = 100
const day = 86_400_000

/**
 * Lists all tools of a server, page by page within bounds. What can't be used is set aside with its reason; the rest is
 * kept as the server wrote it. A cursor that was there before, or a page that brings nothing new, ends the list.
 *
 * @throws IntegrationError `response_too_large` when the list doesn't end; `protocol_error`
 */
export async function listTools(client: Client, clock: CallClock, maxTools: number): Promise<ToolListing> {
  const sorter = new Sorter(maxTools)
  const seen = new Set<string>()
  let first: Raw | undefined
  let cursor: string | undefined
  do {
    const page = await readPage(client, clock, cursor)
    first ??= page
    const tools = toolsOf(page)
    const isNew = tools.map((tool) => sorter.add(readDefinition(tool)))
    cursor = nextCursor(page)
    if (cursor === undefined || seen.has(cursor) || (tools.length > 0 && !isNew.includes(true))) break
    seen.add(cursor)
    if (seen.size >= maxPages) throw tooLarge()
  } while (!sorter.full)
  return { ...sorter.sorted(), ...freshness(first) }
}

async function readPage(client: Client, clock: CallClock, cursor: string | undefined): Promise<Raw> {
  const answer = await client.request(
    { method: 'tools/list', params: cursor === undefined ? undefined : { cursor } },
    { signal: clock.signal, timeout: longest },
  )
  const page = takeRaw(answer)
  return isObject(page) ? page : { tools: page }
}

function toolsOf({ tools }: Raw): readonly unknown[] {
  if (Array.isArray(tools)) return tools
  if (tools !== undefined && isAbsent(tools, 'list')) return []
  throw broken('A page of the tool list has no tools.')
}

/** The call clock, not the SDK, ends a request. In ms: the most that a timer takes. */
export const longest = 2 ** 31 - 1

/** An empty cursor is a cursor. */
function nextCursor({ nextCursor: next }: Raw): string | undefined {
  if (isAbsent(next, 'object')) return undefined
  if (typeof next !== 'string') throw broken('The tool list goes on at a cursor that is no text.')
  return next
}

function freshness(page: Raw | undefined): Pick<ToolListing, 'ttlMs' | 'cacheScope'> {
  const { ttlMs, cacheScope } = page ?? {}
  return {
    ttlMs: typeof ttlMs === 'number' && Number.isFinite(ttlMs) ? Math.min(Math.max(0, ttlMs), day) : undefined,
    cacheScope: cacheScope === 'public' || cacheScope === 'private' ? cacheScope : undefined,
  }
}

/** Usable tools and those set aside. Two different definitions of one name are both set aside; equal ones are one. */
class Sorter {
  readonly #good = new Map<string, ToolDefinition>()
  readonly #names = new Set<string>()
  readonly #quarantined: QuarantinedTool[] = []
  readonly #flawed = new Set<string>()
  #characters = 0

  constructor(readonly maxTools: number) {}

  get full(): boolean {
    return this.#names.size >= this.maxTools
  }

  /** @returns whether it is a tool that was not there yet */
  add(raw: unknown): boolean {
    const name = nameOf(raw)
    const flaw = flawOf(raw)
    if (flaw !== undefined) return this.#setAsideOnce(name, flaw)
    const definition = takeDefinition(raw)
    if (this.#names.has(name)) return this.#addAgain(name, definition)
    if (this.full) return this.#setAsideOnce(name, 'too_many_tools')
    this.#names.add(name)
    this.#good.set(name, this.#measured(definition))
    return true
  }

  sorted(): Pick<ToolListing, 'tools' | 'quarantined'> {
    return { tools: [...this.#good.values()], quarantined: this.#quarantined }
  }

  #addAgain(name: string, definition: ToolDefinition): boolean {
    const before = this.#good.get(name)
    if (before !== undefined && isEqual(before, definition)) return false
    this.#good.delete(name)
    for (let n = before === undefined ? 1 : 0; n < 2; n++) this.#setAside(name, 'duplicate_name')
    return false
  }

  /** @returns whether it was not there yet */
  #setAsideOnce(name: string, reason: QuarantinedTool['reason']): boolean {
    const isNew = !this.#flawed.has(name)
    if (this.#flawed.size < maxPages * maxNamed) this.#flawed.add(name)
    this.#setAside(name, reason)
    return isNew
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

/** Whether two values are the same JSON, whatever the order of their members. */
function isEqual(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  const [mine, others] = [Object.entries(left), new Map(Object.entries(right))]
  return (
    Array.isArray(left) === Array.isArray(right) &&
    mine.length === others.size &&
    mine.every(([key, value]) => others.has(key) && isEqual(value, others.get(key)))
  )
}

function broken(message: string): IntegrationError {
  return new IntegrationError('protocol_error', message)
}

function tooLarge(): IntegrationError {
  return new IntegrationError('response_too_large', 'The tool list of the server is larger than is accepted.')
}
