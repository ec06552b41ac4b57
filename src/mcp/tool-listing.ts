import { isObject } from '../model/json.js'
import { IntegrationError } from '../model/errors.js'
import { bytesOf } from '../model/record-limits.js'
import type { QuarantinedTool } from '../model/tool.js'
import { visible } from '../model/visible-text.js'
import { OutOfWork, WorkBudget } from '../model/work-budget.js'
import { isAbsent, type Raw } from './absent.js'
import type { CallClock } from './call-clock.js'
import { carrying, type Carried } from './carried.js'
import type { ToolListing } from './connection-contract.js'
import type { OpenClient } from './connect-client.js'
import { takeRaw } from './raw-results.js'
import { WorkPace } from './work-pace.js'
import { readTool, type ReadTool } from './tool-definition.js'

const maxPages = 64
/** The work budget of a whole list. */
const maxWork = 600_000
/** The cost of one entry in addition to its values. */
const workOfEntry = 50
/** The limit of all definitions of one server together with what is stored beside each, in characters. */
const maxCharacters = 4 * 1024 * 1024
/** What is stored beside a definition, without the tool's name and annotations, which are stored twice. */
const charactersBeside = 160
/** The limit of all names of one server together, in bytes, because settings, changes and events store them in one record. */
const maxNameBytes = 64 * 1024
const maxNamed = 100
/** The limit of a quarantined tool's name, because escapes can make it longer. */
const maxNamedCharacters = 100
const day = 86_400_000

/** The limits of a list. */
export interface ListLimits {
  readonly maxTools: number
  /** `@default` 4 MiB, which is also the most. */
  readonly maxCharacters?: number | undefined
}

/** The client to list the tools with. */
type AskedServer = Pick<OpenClient, 'sdk' | 'plain'>

/**
 * Lists all tools of a server, page by page within limits. Unusable tools are quarantined with the reason; the others stay
 * unchanged. A repeated cursor or a page without a new tool ends the list. A list that is too large or doesn't end is cut.
 *
 * @throws IntegrationError `protocol_error`
 */
export async function readToolList(open: AskedServer, clock: CallClock, limits: ListLimits): Promise<ToolListing> {
  const sorter = new Sorter(limits)
  const reading = new Reading(sorter)
  const seen = new Set<string>()
  let first: Raw | undefined
  let cursor: string | undefined
  do {
    const page = await readPage(open, clock, cursor)
    first ??= page
    const tools = toolsOf(page, cursor)
    const hasNews = await reading.take(page, tools)
    cursor = nextCursor(page)
    if (reading.isCut || cursor === undefined || seen.has(cursor) || (tools.length > 0 && !hasNews)) break
    seen.add(cursor)
    if (seen.size >= maxPages) reading.cut()
  } while (!sorter.full && !reading.isCut)
  return { ...sorter.sorted(), ...freshness(first), isCut: reading.isCut }
}

/** Adds pages to a sorter within the work budget of the whole list. */
class Reading {
  readonly #sorter: Sorter
  readonly #work = new WorkBudget(maxWork)
  readonly #pace = new WorkPace()
  isCut = false

  constructor(sorter: Sorter) {
    this.#sorter = sorter
  }

  /** @returns whether the page has a new tool */
  async take(page: Raw, tools: readonly unknown[]): Promise<boolean> {
    let hasNews = false
    let taken = 0
    try {
      spendOn({ ...page, tools: undefined }, this.#work)
      for (const tool of tools) {
        const { left } = this.#work
        this.#work.spend(workOfEntry)
        spendOn(tool, this.#work)
        hasNews = this.#sorter.add(tool) || hasNews
        taken++
        const pause = this.#pace.after(left - this.#work.left)
        if (pause !== undefined) await pause
      }
    } catch (error) {
      if (!(error instanceof OutOfWork)) throw error
      this.cut(tools.length - taken)
    }
    return hasNews
  }

  /** @param count - the known number of omitted tools */
  cut(count?: number): void {
    this.isCut = true
    this.#sorter.cutOff(count)
  }
}

/** Spends work for every value of a server's JSON. */
function spendOn(value: unknown, work: WorkBudget): void {
  const open = [value]
  while (open.length > 0) {
    const next = open.pop()
    if (typeof next === 'string') work.spendOnText(next)
    else work.spend()
    if (Array.isArray(next)) {
      work.spend(next.length)
      for (const item of next) open.push(item)
    } else if (typeof next === 'object' && next !== null) {
      for (const key in next) {
        work.spendOnText(key)
        open.push((next as Raw)[key])
      }
    }
  }
}

async function readPage({ sdk, plain }: AskedServer, clock: CallClock, cursor: string | undefined): Promise<Raw> {
  const method = 'tools/list'
  const params = { cursor }
  const viaSdk = async (carried: Carried): Promise<unknown> => {
    const client = await sdk()
    return takeRaw(
      await carrying(carried, (headers) =>
        client.request({ method, params }, { headers, signal: clock.signal, timeout: longest }),
      ),
    )
  }
  const page = await (plain === undefined ? viaSdk({}) : plain.ask({ method, params, clock }, viaSdk))
  return isObject(page) ? page : { tools: page }
}

/** The tools of a page. The first page must have the member; a later page without it ends the list. */
function toolsOf({ tools }: Raw, cursor: string | undefined): readonly unknown[] {
  if (Array.isArray(tools)) return tools
  if ((tools !== undefined || cursor !== undefined) && isAbsent(tools, 'list')) return []
  throw broken('A page of the tool list has no `tools`.')
}

/** The SDK's timeout, in ms: the longest timer, because the call clock ends requests instead. */
export const longest = 2 ** 31 - 1

/** The next cursor. An empty text is a valid cursor, and a number is converted to text. */
function nextCursor({ nextCursor: next }: Raw): string | undefined {
  if (typeof next === 'string') return next
  if (typeof next === 'number') return String(next)
  if (isAbsent(next, 'object') || isAbsent(next, 'list')) return undefined
  throw broken('The tool list has a `nextCursor` that is not a string.')
}

function freshness(page: Raw | undefined): Pick<ToolListing, 'ttlMs' | 'cacheScope'> {
  const { ttlMs, cacheScope } = page ?? {}
  return {
    ttlMs: typeof ttlMs === 'number' && Number.isFinite(ttlMs) ? Math.min(Math.max(0, ttlMs), day) : undefined,
    cacheScope: cacheScope === 'public' || cacheScope === 'private' ? cacheScope : undefined,
  }
}

/** Separates usable and quarantined tools. Two different definitions with one name are both quarantined; equal ones are merged. */
class Sorter {
  readonly #good = new Map<string, UsableTool>()
  readonly #names = new Set<string>()
  readonly #quarantined: QuarantinedTool[] = []
  readonly #flawed = new Set<string>()
  #characters = 0
  #nameBytes = 0

  readonly #maxTools: number
  readonly #maxCharacters: number

  constructor({ maxTools, maxCharacters: most = maxCharacters }: ListLimits) {
    this.#maxTools = maxTools
    this.#maxCharacters = Math.min(most, maxCharacters)
  }

  get full(): boolean {
    return this.#names.size >= this.#maxTools
  }

  /** @returns whether the tool is new */
  add(raw: unknown): boolean {
    const name = nameOf(raw)
    const tool = readTool(raw)
    if ('flaw' in tool) return this.#setAsideOnce(name, tool.flaw)
    if (this.#names.has(name)) return this.#addAgain(name, tool)
    if (this.full) return this.#setAsideOnce(name, 'too_many_tools')
    this.#count(tool)
    this.#good.set(name, tool)
    this.#names.add(name)
    return true
  }

  sorted(): Pick<ToolListing, 'tools' | 'texts' | 'quarantined'> {
    const usable = [...this.#good.values()]
    return {
      tools: usable.map(({ definition }) => definition),
      texts: usable.map(({ text }) => text),
      quarantined: this.#quarantined,
    }
  }

  #addAgain(name: string, { definition }: UsableTool): boolean {
    const before = this.#good.get(name)
    if (before !== undefined && isEqual(before.definition, definition)) return false
    this.#good.delete(name)
    for (let n = before === undefined ? 1 : 0; n < 2; n++) this.#setAside(name, 'duplicate_name')
    return false
  }

  /** @returns whether the tool is new */
  #setAsideOnce(name: string, reason: QuarantinedTool['reason']): boolean {
    const isNew = !this.#flawed.has(name)
    if (this.#flawed.size < maxPages * maxNamed) this.#flawed.add(name)
    this.#setAside(name, reason)
    return isNew
  }

  #setAside(name: string, reason: QuarantinedTool['reason']): void {
    if (this.#quarantined.length < maxNamed) this.#quarantined.push({ name: visible(name, maxNamedCharacters), reason })
  }

  /** Adds one entry for the whole rest of the list. */
  cutOff(count: number | undefined): void {
    this.#quarantined.splice(maxNamed - 1)
    this.#quarantined.push({ name: '', reason: 'list_too_large', count })
  }

  /** @throws OutOfWork */
  #count({ definition: { name, annotations }, text }: UsableTool): void {
    const storedTwice =
      JSON.stringify(name).length + (annotations === undefined ? 0 : JSON.stringify(annotations).length)
    this.#characters += text.length + storedTwice + charactersBeside
    this.#nameBytes += bytesOf(name)
    if (this.#characters > this.#maxCharacters || this.#nameBytes > maxNameBytes) throw new OutOfWork()
  }
}

type UsableTool = Exclude<ReadTool, { readonly flaw: unknown }>

function nameOf(raw: unknown): string {
  const name = typeof raw === 'object' && raw !== null && 'name' in raw ? raw.name : undefined
  return typeof name === 'string' ? name : ''
}

/** Whether two JSON values are equal, in any order of members. */
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
