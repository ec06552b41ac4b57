import fc from 'fast-check'
import {
  isIntegrationError,
  memoryStorage,
  type Actor,
  type Diagnostic,
  type IntegrationRegistry,
  type IntegrationRegistryOptions,
  type RegistryStorage,
  type StorageWrite,
} from 'mcp-integrations'
import { manualRuntime, testServer, type ManualRuntime, type TestServer } from 'mcp-integrations/testing'
import type { JsonValue } from '../../src/model/json.js'
import { acceptNow, ask, readNote, writeNote } from '../support/gate.js'
import { ana, bo, dump, makeRegistry, root, type Dumped, type TestAgent } from '../support/registry.js'

/**
 * Somebody edits one stored record, and then every verb is called. Only our own errors may be thrown, other integrations
 * keep working, and what was refused before stays refused.
 */

const off = { name: 'off_note', annotations: { readOnlyHint: true } }
const tools = [readNote, writeNote, off]

/** A registry that has written a record of nearly every kind, and what is needed to write them again elsewhere. */
export interface Populated {
  readonly server: TestServer
  readonly runtime: ManualRuntime
  readonly records: readonly Dumped[]
  readonly notes: string
  readonly team: string
  readonly approvals: { readonly pending: string; readonly approved: string; readonly denied: string }
}

export async function populate(): Promise<Populated> {
  const server = testServer({ tools, url: 'https://notes.example/mcp', era: 'legacy' })
  const runtime = manualRuntime()
  const storage = memoryStorage({ now: runtime.now })
  const registry = makeRegistry({ storage, runtime: { ...runtime, fetch: server.fetch } })
  const mine = registry.actingAs(ana)
  const admin = registry.actingAs(root)
  const { integration: notes } = await mine.connect({ url: server.url, name: 'Notes', agents: ['assistant'] })
  const { integration: team } = await admin.connect({
    url: server.url,
    name: 'Team',
    agents: ['assistant', 'builder'],
    headers: { 'X-Key': 'a secret of the team' },
    visibility: 'workspace',
  })
  const gone = await mine.connect({ url: server.url, name: 'Gone', agents: ['assistant'] })
  await mine.remove(gone.integration.id)
  for (const { id } of [notes, team]) {
    const owner = id === notes.id ? mine : admin
    // What only reads then runs without asking: nothing but the rights in its way holds it back.
    await admin.trust(id, true)
    await acceptNow(
      owner,
      id,
      tools.map(({ name }) => name),
    )
    await owner.configureTools(id, { off_note: { enabled: false }, write_note: { approval: 'ask' } })
  }
  const toolset = await mine.toolset('assistant', { conversationId: 'talk' })
  const denied = await ask(toolset, { id: '1', text: 'denied' })
  await mine.approvals.decide(denied.approvalId, { decision: 'deny', reason: 'No.' })
  const remembered = await ask(toolset, { id: '2', text: 'remembered' })
  await mine.approvals.decide(remembered.approvalId, {
    decision: 'approve',
    remember: { for: 'limited', uses: 5, minutes: 60 },
  })
  await toolset.resume(remembered.approvalId)
  const approved = await ask(toolset, { id: '3', text: 'approved' })
  await mine.approvals.decide(approved.approvalId, 'approve')
  const pending = await ask(toolset, { id: '4', text: 'pending' })
  await toolset.call('notes__write_note', { id: '5', text: 'named' }, { idempotencyKey: 'once' })
  await toolset.call('notes__read_note', { id: '1' })
  // What was accepted and is listed no longer has a record of its own.
  await server.setTools([readNote, { ...writeNote, description: 'Writes a note, or not.' }, off])
  await mine.refreshTools(notes.id)
  await registry.close()
  await server.setTools([readNote, { ...writeNote, description: 'Writes a note, or not.' }, off])
  const approvals = { pending: pending.approvalId, approved: approved.approvalId, denied: denied.approvalId }
  return { server, runtime, records: await dump(storage), notes: notes.id, team: team.id, approvals }
}

/** A change of one record: of the value at one place, or of the whole. */
export interface Edit {
  readonly record: number
  readonly place: number
  readonly with: Replacement
}

/**
 * `absent`: without it. `member`: with another member. `cut`, `token`: a text without its second half, or with `null` in
 * place of one of its words, strings and numbers. Otherwise this value in its place.
 */
export type Replacement = { readonly value: JsonValue } | 'absent' | 'member' | 'cut' | { readonly token: number }

export const replacements: readonly Replacement[] = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    1.5,
    2 ** 53,
    1e308,
    '',
    'no word of ours',
    '\ud800',
    '../..',
    [],
    [[]],
    [null],
    {},
  ].map((value) => ({ value })),
  { value: { a: { b: [null, 'c'] } } },
  { value: JSON.parse(`${'['.repeat(3_000)}${']'.repeat(3_000)}`) as JsonValue },
  'absent',
  'member',
  'cut',
]

export const edits: fc.Arbitrary<Edit> = fc.record({
  record: fc.nat({ max: 10_000 }),
  place: fc.nat({ max: 10_000 }),
  with: fc.oneof(
    fc.constantFrom(...replacements),
    fc.nat({ max: 10_000 }).map((token) => ({ token })),
  ),
})

type Path = readonly (string | number)[]

/** Every place in a value, the whole first. */
export function placesIn(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
  return [path, ...entries.flatMap(([name, child]) => placesIn(child, [...path, name]))]
}

/** @returns the edited value; `undefined` without the record */
export function edited(value: unknown, [name, ...rest]: Path, replacement: Replacement): JsonValue | undefined {
  if (name === undefined) {
    if (replacement === 'absent') return undefined
    if (replacement === 'cut') return typeof value === 'string' ? value.slice(0, value.length >> 1) : null
    if (typeof replacement === 'object')
      return 'value' in replacement ? replacement.value : withoutToken(String(value), replacement.token)
    const more = '{"__proto__":{"enabled":true,"approval":"auto","trusted":true},"constructor":null,"more":1}'
    return isPlain(value)
      ? ({ ...value, ...(JSON.parse(more) as object) } as JsonValue)
      : (JSON.parse(more) as JsonValue)
  }
  const child = edited((value as Record<string | number, unknown>)[name], rest, replacement)
  if (Array.isArray(value)) return value.toSpliced(name as number, 1, ...(child === undefined ? [] : [child]))
  const others = Object.entries(value as object).filter(([other]) => other !== name)
  return Object.fromEntries([...others, ...(child === undefined ? [] : [[name, child]])]) as JsonValue
}

/** As long as before: lists of tools say how long each is. */
function withoutToken(text: string, token: number): string {
  const tokens = [...text.matchAll(/"[^"\\]{2,}"|true|false|\d{4,}/g)]
  if (tokens.length === 0) return 'null'
  const { 0: found, index } = tokens[token % tokens.length]!
  return text.slice(0, index) + 'null'.padEnd(found.length) + text.slice(index + found.length)
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A storage with these records. */
export async function storageWith(records: readonly Dumped[], now: () => number): Promise<RegistryStorage> {
  const storage = memoryStorage({ now })
  const numbered = (key: string): string | undefined => /^(event|catalogue)\/\d{16}$/.exec(key)?.[1]
  const inOrder = records.toSorted((a, b) => Number(a.key.split('/')[1]) - Number(b.key.split('/')[1]) || 0)
  for (const { workspaceId, key, value, ...rest } of inOrder) {
    const prefix = numbered(key)
    const { expiresAt } = rest as { readonly expiresAt?: number }
    const write = { value: value as JsonValue, expiresAt }
    await storage.commit(workspaceId, [
      prefix === undefined ? { key, ...write } : ({ append: `${prefix}/`, ...write } as StorageWrite),
    ])
  }
  return storage
}

/** @throws unless everything that is called after the edit ends as it must */
export async function meetEdit(populated: Populated, edit: Edit): Promise<void> {
  const { server, runtime, records } = populated
  const options = {
    runtime: { ...runtime, fetch: server.fetch },
    oauth: { redirectUrl: 'https://app.example/callback', clientName: 'Test host' },
  }
  await withEdit(records, edit, options, async (registry, isLegal) => {
    await callDenied(registry, populated, isLegal)
    await callEverything(registry, populated)
  })
}

/**
 * Edits one of the records and opens a registry on all of them.
 *
 * @param work - `isLegal`: whether the registry itself could have written the edited record
 * @throws what `work` throws, with the place of the edit; or if anything else was thrown in the background
 */
export async function withEdit(
  records: readonly Dumped[],
  edit: Edit,
  options: Partial<IntegrationRegistryOptions<TestAgent>> & { readonly runtime: { now(): number } },
  work: (registry: IntegrationRegistry<TestAgent>, isLegal: boolean) => Promise<void>,
): Promise<void> {
  const record = records[edit.record % records.length]!
  const places = placesIn(record.value)
  const path = places[edit.place % places.length]!
  const value = edited(record.value, path, edit.with)
  const others = records.filter((one) => one !== record)
  const { now } = options.runtime
  const storage = await storageWith(value === undefined ? others : [...others, { ...record, value }], now)
  const diagnostics: Diagnostic[] = []
  const onDiagnostic = (diagnostic: Diagnostic): void => void diagnostics.push(diagnostic)
  const registry = makeRegistry({ ...options, storage, onDiagnostic })
  const named = `${record.key} at ${JSON.stringify(path)}: ${JSON.stringify(edit.with).slice(0, 60)}`
  const isLegal =
    edit.with === 'absent' ||
    (typeof edit.with === 'object' && 'value' in edit.with && sameType(at(record.value, path), edit.with.value))
  try {
    await work(registry, isLegal)
  } catch (error) {
    throw new Error(`${named}\n${error instanceof Error ? error.stack : String(error)}`, { cause: error })
  } finally {
    await registry.close({ graceMs: 1_000 })
  }
  // An error of ours is passed on.
  for (const { area, message, error } of diagnostics)
    if (area !== 'diagnostics' && error === undefined) throw new Error(`${named}\n${area}: ${message}`)
}

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((node, name) => (node as Record<string | number, unknown>)[name], value)
}

/** Whether a value may stand where another stood: then the edit is one that the registry could have written. */
function sameType(before: unknown, after: unknown): boolean {
  const kind = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value)
  return kind(before) === kind(after) && after !== 'no word of ours'
}

type Acting = ReturnType<IntegrationRegistry<TestAgent>['actingAs']>

/** What a person, an agent or a rule refused. An edit that a registry could have written may permit it. */
async function callDenied(
  registry: IntegrationRegistry<TestAgent>,
  { server, approvals }: Populated,
  isLegal: boolean,
): Promise<void> {
  const ran = () => [...server.calls.values()].reduce((sum, times) => sum + times, 0)
  const before = ran()
  const call = async (actor: Actor, agent: TestAgent, tool: string, args: object): Promise<void> =>
    void (await ours(async () => (await registry.actingAs(actor).toolset(agent)).call(tool, args)))
  await call(ana, 'assistant', 'notes__off_note', {})
  await call(ana, 'assistant', 'notes__write_note', { id: '9', text: 'asks' })
  await call(ana, 'builder', 'notes__read_note', { id: '9' })
  await call(bo, 'assistant', 'notes__read_note', { id: '9' })
  await call(bo, 'assistant', 'team__off_note', {})
  for (const id of [approvals.denied, approvals.pending])
    await ours(async () => (await registry.actingAs(ana).toolset('assistant', { conversationId: 'talk' })).resume(id))
  if (!isLegal && ran() > before) throw new Error('something ran that was refused')
}

async function callEverything(registry: IntegrationRegistry<TestAgent>, populated: Populated): Promise<void> {
  const { notes, team, approvals } = populated
  for (const actor of [ana, bo, root]) await callReading(registry.actingAs(actor), populated)
  const mine = registry.actingAs(ana)
  const admin = registry.actingAs(root)
  const verbs: readonly (() => Promise<unknown>)[] = [
    async () => (await mine.toolset('assistant')).call('notes__read_note', { id: '1' }),
    async () => (await mine.toolset('assistant')).call('notes__write_note', { id: '2', text: 'remembered' }),
    async () =>
      (await mine.toolset('assistant', { conversationId: 'talk' })).call('notes__write_note', {
        id: '4',
        text: 'pending',
      }),
    async () =>
      (await mine.toolset('assistant', { conversationId: 'talk' })).call(
        'notes__write_note',
        { id: '5', text: 'named' },
        { idempotencyKey: 'once' },
      ),
    async () => (await mine.toolset('assistant', { conversationId: 'talk' })).resume(approvals.approved),
    async () => (await mine.toolset('assistant')).explain('notes__write_note', { id: '1', text: 'x' }),
    () => mine.approvals.decide(approvals.pending, { decision: 'approve', args: { id: '4', text: 'edited' } }),
    () => mine.approvals.cancel(approvals.approved),
    () => mine.validate(notes),
    () => admin.validate(team),
    () => mine.refreshTools(notes),
    () => mine.update(notes, { name: 'Renamed', approval: 'auto' }),
    () => admin.update(team, { headers: { 'X-Key': 'another' } }),
    () => mine.update(notes, { url: 'https://notes.example/mcp?again' }),
    () => mine.disable(notes),
    () => mine.enable(notes),
    () => mine.configureTools(notes, { read_note: { approval: 'ask', label: 'write' } }),
    () => acceptNow(mine, notes, ['write_note']),
    () => mine.reconnect(notes),
    () => mine.authorize(team, { headers: { 'X-Key': 'mine' } }),
    () => mine.signOut(notes),
    () => admin.trust(team, true),
    () => admin.transferOwner(team, 'bo'),
    () => mine.connect({ url: 'https://notes.example/mcp', name: 'Notes', agents: ['assistant'] }),
    () => mine.finishConnect('https://app.example/callback?code=c&state=s'),
    () => registry.sweep(),
    () => registry.resealAll(),
    () => registry.keyUsage(),
    () => registry.events({ workspaceId: 'acme' }),
    () => mine.remove(notes),
    () => registry.forgetUser({ workspaceId: 'acme', userId: 'ana' }),
  ]
  for (const verb of verbs) await ours(verb)
  // An admin can remove what nobody can read, and a host can forget everything.
  const left = await admin.list({ scope: 'all' })
  for (const id of new Set([notes, team, ...left.map((one) => one.id)]))
    await ours(() => admin.remove(id), ['not_found'])
  if ((await admin.list({ scope: 'all' })).length > 0) throw new Error('something can not be removed')
  await ours(() => registry.sweep(), [])
  await ours(() => registry.forgetWorkspace('acme'), [])
}

async function callReading(acting: Acting, { notes, team, approvals }: Populated): Promise<void> {
  // One record that can't be read hides at most its own integration.
  const listed = (await ours(() => acting.list({ scope: 'all' }), []))!
  const toolset = (await ours(() => acting.toolset('assistant'), []))!
  await ours(() => acting.approvals.list(), [])
  await ours(() => acting.approvals.list({ status: 'approved' }), [])
  await ours(() => acting.approvals.list({ status: 'pending', order: 'newest' }), [])
  await ours(() => acting.grants.list(), [])
  await ours(() => acting.events(), [])
  await ours(() => acting.audit({ order: 'newest' }), [])
  for (const id of [notes, team]) {
    await ours(() => acting.get(id))
    await ours(() => acting.tools(id))
  }
  for (const id of Object.values(approvals)) await ours(() => acting.approvals.get(id))
  if (listed.length === 0 && toolset.tools.length > 0) throw new Error('tools of nothing')
}

/** @param codes - the only errors that may come; any of ours if left out */
export async function ours<T>(work: () => Promise<T>, codes?: readonly string[]): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (isIntegrationError(error) && codes?.includes(error.code) !== false) return undefined
    throw error
  }
}
