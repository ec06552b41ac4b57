import { inputRequired } from '@modelcontextprotocol/server'
import { describe, expect, it } from 'vitest'
import type { Toolset, ToolCallOutcome } from 'mcp-integrations'
import type { TestTool } from 'mcp-integrations/testing'
import { beginning, later, openGate, slowTool, type Gate } from '../support/gate.js'
import { ana, bo, root } from '../support/registry.js'

/** The tool that is called: it asks something first when it is told to, in revision 2026-07-28. */
const act: TestTool = {
  name: 'act',
  inputSchema: { type: 'object', properties: { asks: { type: 'boolean' } } },
  annotations: { readOnlyHint: true },
  run: ({ asks }, { mcpReq }) =>
    asks === true && mcpReq.inputResponses === undefined
      ? (inputRequired({
          inputRequests: {
            sure: {
              method: 'elicitation/create',
              params: { mode: 'form', message: 'Sure?', requestedSchema: { type: 'object', properties: {} } },
            } as never,
          },
        }) as unknown as Record<string, unknown>)
      : 'done',
}

/** Where a call of bo's waits: at a gate with one place. */
interface Waiting {
  readonly gate: Gate
  /** How the call ends. */
  readonly end: Promise<ToolCallOutcome | { readonly code: string }>
  /** Lets it go on. */
  readonly goOn: () => void
  /** Requests that ran the tool before it waited. */
  readonly before: number
}

/** All that a call may rely on, by another process: what each changes makes the call of another person end unsent. */
const changes: Readonly<Record<string, (gate: Gate, other: ReturnType<Gate['another']>) => Promise<unknown>>> = {
  'the integration is private': ({ id }, other) => other.actingAs(ana).update(id, { visibility: 'private' }),
  'the agent is unbound': ({ id }, other) => other.actingAs(ana).update(id, { agents: ['builder'] }),
  'the master switch is off': ({ id }, other) => other.actingAs(ana).disable(id),
  'the tool is off': ({ id }, other) => other.actingAs(ana).configureTools(id, { act: { enabled: false } }),
  'the tool is for another agent': ({ id }, other) =>
    other.actingAs(ana).configureTools(id, { act: { agents: ['builder'] } }),
  'the tool asks': ({ id }, other) => other.actingAs(ana).configureTools(id, { act: { approval: 'ask' } }),
  'the tool is labelled as one that writes': ({ id }, other) =>
    other.actingAs(ana).configureTools(id, { act: { label: 'write' } }),
  'the server is not trusted any more': ({ id }, other) => other.actingAs(root).trust(id, false),
  'its credential is another one': ({ id }, other) =>
    other.actingAs(ana).update(id, { headers: { 'x-api-key': 'second key' } }),
  'its URL is another one': ({ id, server }, other) =>
    other.actingAs(ana).update(id, { url: `${server.url}?second`, headers: { 'x-api-key': 'second key' } }),
  'it is removed': ({ id }, other) => other.actingAs(ana).remove(id),
  'it is removed, and another one has its name': async ({ id, server }, other) => {
    await other.actingAs(ana).remove(id)
    await connect(other, server.url)
  },
  'the tool may do more': async ({ id, server }, other) => {
    const properties = { asks: { type: 'boolean' }, everything: { type: 'boolean' } }
    await server.setTools([{ ...act, inputSchema: { type: 'object', properties } }])
    await other.actingAs(ana).refreshTools(id)
  },
  'the tool is gone': async ({ id, server }, other) => {
    await server.setTools([{ ...act, name: 'another' }])
    await other.actingAs(ana).refreshTools(id)
  },
  'the workspace is forgotten': (_gate, other) => other.forgetWorkspace('acme'),
  'the policy refuses': async () => void (policy = 'deny'),
  'the policy asks': async () => void (policy = 'ask'),
}
let policy: 'deny' | 'ask' | undefined

async function connect(registry: ReturnType<Gate['another']>, url: string): Promise<string> {
  const { integration } = await registry.actingAs(ana).connect({
    url,
    name: 'Notes',
    agents: ['assistant', 'builder'],
    visibility: 'workspace',
    headers: { 'x-api-key': 'first key' },
  })
  await registry.actingAs(root).trust(integration.id, true)
  return integration.id
}

async function open(
  era: 'modern' | 'legacy',
  options: Parameters<typeof openGate>[0] = {},
): Promise<{ readonly gate: Gate; readonly toolset: Toolset }> {
  policy = undefined
  const gate = await openGate({
    era,
    tools: [act],
    limits: { concurrencyPerIntegration: 1 },
    approvals: { policy: () => policy && { mode: policy, rule: 'house' } },
    connect: { visibility: 'workspace', headers: { 'x-api-key': 'first key' } },
    ...options,
  })
  await gate.as(root).trust(gate.id, true)
  return { gate, toolset: await gate.as(bo).toolset('assistant') }
}

const settled = (call: Promise<ToolCallOutcome>) => call.catch((error: { readonly code: string }) => error)

/** Holds the next request whose body has this in it. */
function holding() {
  const reached = later()
  const goOn = later()
  let wanted: string | undefined
  return {
    reached: reached.promise,
    goOn: () => goOn.resolve(),
    hold: (text: string) => void (wanted = text),
    fetch:
      (own: typeof fetch): typeof fetch =>
      async (url, init) => {
        if (wanted !== undefined && typeof init?.body === 'string' && init.body.includes(wanted)) {
          wanted = undefined
          reached.resolve()
          await goOn.promise
        }
        return own(url, init)
      },
  }
}

/** Every moment at which a call can wait. */
const moments: Readonly<Record<string, (era: 'modern' | 'legacy') => Promise<Waiting>>> = {
  'a place': async (era) => {
    const { slow, started, working } = slowTool({ name: 'slow' })
    const { gate, toolset } = await open(era, { tools: [act, slow] })
    await gate.mine.configureTools(gate.id, { slow: { approval: 'auto' } })
    const begun = beginning(gate.as(bo))
    const first = toolset.call('notes__slow', {})
    await started.promise
    const end = settled(toolset.call('notes__act', {}))
    await begun(2)
    void first.catch(() => undefined)
    return { gate, end, goOn: () => working.resolve(), before: 0 }
  },
  'a connection': async (era) => {
    const held = holding()
    const { gate } = await open(era, { fetch: held.fetch })
    const toolset = await gate.another().actingAs(bo).toolset('assistant')
    await gate.storage.commit('acme', [{ key: `server/${gate.id}/_`, value: undefined }])
    held.hold(era === 'modern' ? '"server/discover"' : '"initialize"')
    const end = settled(toolset.call('notes__act', {}))
    await held.reached
    return { gate, end, goOn: held.goOn, before: 0 }
  },
  'a new session': async () => {
    const held = holding()
    const { gate, toolset } = await open('legacy', { fetch: held.fetch })
    expect(await toolset.call('notes__act', {})).toMatchObject({ type: 'completed' })
    gate.server.forgetSessions()
    held.hold('"initialize"')
    const end = settled(toolset.call('notes__act', {}))
    await held.reached
    return { gate, end, goOn: held.goOn, before: 1 }
  },
  'a person’s answer to the server': async () => {
    const reached = later()
    const answered = later()
    const { gate } = await open('modern')
    const toolset = await gate.as(bo).toolset('assistant', {
      elicit: async () => {
        reached.resolve()
        await answered.promise
        return { action: 'accept' as const, content: {} }
      },
    })
    const end = settled(toolset.call('notes__act', { asks: true }))
    await reached.promise
    return { gate, end, goOn: () => answered.resolve(), before: 1 }
  },
  'a person’s decision': async (era) => {
    const reached = later()
    const decided = later()
    const { gate } = await open(era)
    await gate.mine.configureTools(gate.id, { act: { approval: 'ask' } })
    const toolset = await gate.as(bo).toolset('assistant', {
      confirm: async () => {
        reached.resolve()
        await decided.promise
        return 'approve' as const
      },
    })
    const end = settled(toolset.call('notes__act', {}))
    await reached.promise
    return { gate, end, goOn: () => decided.resolve(), before: 0 }
  },
}
/** What a person's decision doesn't rely on: it was made for exactly this call, and the key is read after it. */
const decidedAnyway = new Set([
  'the tool asks',
  'the policy asks',
  'the tool is labelled as one that writes',
  'its credential is another one',
])
/** Moments that only one kind of server knows. */
const erasOf: Readonly<Record<string, string>> = {
  'a new session': 'legacy',
  'a person’s answer to the server': 'modern',
}

describe.each(['modern', 'legacy'] as const)('a call to a %s server that waited', (era) => {
  const possible = Object.entries(moments).filter(([moment]) => (erasOf[moment] ?? era) === era)
  describe.each(possible)('for %s', (moment, wait) => {
    it('is sent when nothing changed', async () => {
      const { end, goOn } = await wait(era)
      goOn()
      expect(await end).toMatchObject({ type: 'completed' })
    })

    it.each(Object.entries(changes))('is not when meanwhile %s', async (what, change) => {
      const { gate, end, goOn, before } = await wait(era)
      await change(gate, gate.another())
      goOn()
      const outcome = await end
      const sent = gate.server.requests.filter(
        ({ method, params }) => method === 'tools/call' && (params as { name: string }).name === 'act',
      )
      if (moment === 'a person’s decision' && decidedAnyway.has(what))
        return expect(outcome).toMatchObject({ type: 'completed' })
      expect(outcome).not.toMatchObject({ type: 'completed' })
      expect(gate.server.calls.get('act') ?? 0).toBe(before)
      expect(sent.length).toBeLessThanOrEqual(before + (moment === 'a new session' ? 1 : 0))
    })
  })
})
