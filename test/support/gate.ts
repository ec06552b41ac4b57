import type {
  Actor,
  Approval,
  ConnectInput,
  IntegrationRegistry,
  IntegrationRegistryOptions,
  RegistryStorage,
  Toolset,
  ToolsetOptions,
} from 'mcp-integrations'
import { manualRuntime, testServer, type ManualRuntime, type TestServer, type TestTool } from 'mcp-integrations/testing'
import { expect, onTestFinished } from 'vitest'
import { eventually } from './eventually.js'
import { ana, makeRegistry, makeStorage, type TestAgent } from './registry.js'

/** A person at a registry with one integration called Notes, time in hand. */
export interface Gate {
  readonly server: TestServer
  readonly storage: RegistryStorage
  readonly runtime: ManualRuntime
  readonly registry: IntegrationRegistry<TestAgent>
  /** The id of Notes. */
  readonly id: string
  readonly mine: ReturnType<IntegrationRegistry<TestAgent>['actingAs']>
  as(actor: Actor): ReturnType<IntegrationRegistry<TestAgent>['actingAs']>
  toolset(options?: ToolsetOptions, agent?: TestAgent): Promise<Toolset>
  /** Another registry on the same storage, as in another process. */
  another(options?: Partial<IntegrationRegistryOptions<TestAgent>>): IntegrationRegistry<TestAgent>
}

export const readNote: TestTool = {
  name: 'read_note',
  description: 'Reads a note.',
  inputSchema: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
  annotations: { readOnlyHint: true },
  run: ({ id }) => `note ${String(id)}`,
}

export const writeNote: TestTool = {
  name: 'write_note',
  description: 'Writes a note.',
  inputSchema: {
    type: 'object',
    properties: { id: { type: 'string' }, text: { type: 'string', maxLength: 20 } },
    required: ['id', 'text'],
    additionalProperties: false,
  },
  annotations: { readOnlyHint: false },
  run: ({ id, text }) => `wrote ${String(id)}: ${String(text)}`,
}

/** Opens a gate before a real MCP server; everything is closed when the test ends. */
export async function openGate(
  options: Partial<IntegrationRegistryOptions<TestAgent>> & {
    readonly tools?: readonly TestTool[]
    /** What the server speaks. */
    readonly era?: 'modern' | 'legacy' | 'both'
    readonly connect?: Partial<ConnectInput>
    /** Other servers that can be reached. */
    readonly fetch?: (own: typeof fetch) => typeof fetch
  } = {},
): Promise<Gate> {
  const { tools = [readNote, writeNote], connect = {}, fetch = (own) => own, era = 'both', ...rest } = options
  const server = testServer({ tools, era, url: 'https://notes.example/mcp' })
  const runtime = manualRuntime()
  const storage = options.storage ?? makeStorage({ now: () => runtime.now() })
  const another: Gate['another'] = (own = {}) => {
    const registry = makeRegistry({
      ...rest,
      storage,
      runtime: { ...runtime, fetch: fetch(server.fetch) },
      ...own,
    })
    onTestFinished(() => registry.close({ graceMs: 1 }))
    return registry
  }
  const registry = another()
  const mine = registry.actingAs(ana)
  const connected = await mine.connect({
    url: server.url,
    name: 'Notes',
    agents: ['assistant', 'builder'],
    ...connect,
  } as ConnectInput<TestAgent>)
  onTestFinished(() => server.close())
  return {
    server,
    storage,
    runtime,
    registry,
    id: connected.integration.id,
    mine,
    as: (actor) => registry.actingAs(actor),
    toolset: (own, agent = 'assistant') => mine.toolset(agent, own),
    another,
  }
}

/** Calls a tool that asks, with nobody there to answer. */
export async function ask(
  toolset: Toolset,
  args: object = { id: '7', text: 'hello' },
  tool = 'notes__write_note',
): Promise<Approval> {
  const outcome = await toolset.call(tool, args)
  if (outcome.type !== 'approval_required') throw new Error(`The call ended as ${JSON.stringify(outcome)}`)
  return outcome.approval
}

/** What the server was asked to run, in order. */
export function sent(server: TestServer): readonly unknown[] {
  return server.requests.flatMap(({ method, params }) =>
    method === 'tools/call' ? [(params as { arguments: unknown }).arguments] : [],
  )
}

/** A promise and how to keep it. */
export function later<T = void>(): { readonly promise: Promise<T>; resolve(value: T): void } {
  let resolve = (_value: T): void => {}
  const promise = new Promise<T>((keep) => (resolve = keep))
  return { promise, resolve: (value) => resolve(value) }
}

/** Accepts tools as they are now: with the hashes of the definitions that `tools()` shows. */
export async function acceptNow(mine: Gate['mine'], id: string, names: readonly string[]): Promise<void> {
  const { tools } = await mine.tools(id)
  const named = tools.filter(({ name }) => names.includes(name))
  await mine.acceptTools(id, Object.fromEntries(named.map(({ name, definitionHash }) => [name, definitionHash])))
}

/** A copy of the tool that runs until `working` is resolved; `started` resolves when it begins. */
export function slowTool(tool: TestTool) {
  const [started, working] = [later(), later()]
  const run: TestTool['run'] = async () => {
    started.resolve()
    await working.promise
    return ''
  }
  const slow: TestTool = { ...tool, run }
  return { slow, started, working }
}

/** @returns a function that waits until so many calls of a person have been decided and have begun */
export function beginning(mine: Gate['mine']): (calls: number) => Promise<void> {
  let begun = 0
  mine.on('call_started', () => void begun++)
  return (calls) => eventually(() => expect(begun).toBe(calls))
}
