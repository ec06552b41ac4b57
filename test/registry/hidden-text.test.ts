import { describe, expect, it } from 'vitest'
import { isIntegrationError } from 'mcp-integrations'
import type { TestTool } from 'mcp-integrations/testing'
import { openGate, readNote, type Gate } from '../support/gate.js'

/** Turns text around, is drawn as nothing, steers a terminal, covers the lines around it. */
const sly = `\u202e\u2066\u200b\u{e0041}\u180e\ufff9\u206a\u3164\u2800\u{1d173}\u{e0100}\u001b[2Ja\u200db${'\u0300'.repeat(20)}`
const raw =
  /\u202e|\u2066|\u200b|\u{e0041}|\u180e|\ufff9|\u206a|\u3164|\u2800|\u{1d173}|\u{e0100}|\\u001b|\u200d|\u0300{9}/u

const slyTool: TestTool = {
  ...readNote,
  title: `Read ${sly}`,
  description: `Reads. ${sly}`,
  annotations: { title: `Read ${sly}`, readOnlyHint: true },
  inputSchema: {
    type: 'object',
    title: sly,
    description: sly,
    properties: {
      id: {
        anyOf: [{ title: sly }, { items: { description: sly } }],
        oneOf: [{ const: 'a', title: sly }],
        enumNames: [sly],
      },
    },
    $defs: { a: { patternProperties: { b: { title: sly } } } },
  },
  outputSchema: { type: 'object', title: sly, properties: { id: { description: sly } } },
}
const unusable: TestTool = { ...readNote, name: `x${sly}` }

/** A server that hides something in every text: also where it introduces itself, and where it fails. */
async function openSly(options: Parameters<typeof openGate>[0] = {}): Promise<Gate> {
  return openGate({
    tools: [slyTool, unusable],
    fetch: (own) => async (url, init) => {
      const answer = await own(url, init)
      const text = await answer.text()
      const introduced = text.replaceAll(
        '"serverInfo":{',
        `"instructions":${JSON.stringify(sly)},"serverInfo":{"title":${JSON.stringify(sly)},`,
      )
      return new Response(introduced === '' ? null : introduced, answer)
    },
    connect: { name: `Notes ${sly}`, visibility: 'workspace' },
    ...options,
  })
}

/** What hides in JSON: the escape of a terminal is escaped there. */
const hiding = (text: string): string => JSON.stringify([...text.matchAll(new RegExp(raw, 'gu'))].map(String))

describe('nothing that a server or another person wrote hides', () => {
  it('from people, in what they are shown of a server and its tools', async () => {
    const gate = await openSly()
    const { mine, id } = gate
    await mine.acceptTools(id, { read_note: (await mine.tools(id)).tools[0]!.definitionHash })
    await gate.server.setTools([{ ...slyTool, title: `Other ${sly}`, description: `Other ${sly}` }])
    await mine.refreshTools(id)
    const overview = await mine.tools(id)
    expect(overview.tools[0]!.change!.differences.length).toBeGreaterThan(1)
    const shown = JSON.stringify([
      await mine.list(),
      await mine.get(id),
      overview,
      await mine.check({ url: gate.server.url }),
      (await gate.registry.events({ workspaceId: 'acme' })).events,
      (await mine.audit()).entries,
    ])
    expect(shown).toContain('\\\\u{202E}')
    expect(hiding(shown)).toBe('[]')
  })

  it('from models, in tools, in what is missing, and in why a call did not run', async () => {
    const gate = await openSly()
    const toolset = await gate.toolset({ confirm: () => ({ decision: 'deny', reason: `No. ${sly}` }) })
    expect(toolset.unavailable).toContainEqual(expect.objectContaining({ reason: 'invalid_name' }))
    const denied = await toolset.call(toolset.tools[0]!.modelName, { id: 'a' })
    expect(denied).toMatchObject({ type: 'not_run', reason: expect.stringContaining('No. ') as string })
    const unknown: unknown = await toolset.call(`notes__${sly}`, {}).catch((error: unknown) => error)
    expect(isIntegrationError(unknown)).toBe(true)
    const read = JSON.stringify([toolset.tools, toolset.unavailable, denied, (unknown as Error).message])
    expect(read).toContain('\\\\u{202E}')
    expect(hiding(read)).toBe('[]')
  })

  it.each([
    ['a JSON-RPC error', { status: 200, body: { jsonrpc: '2.0', id: 0, error: { code: -32000, message: sly } } }],
    ['an HTTP error of text', { status: 403, body: sly }],
    ['problem details', { status: 400, body: { title: sly, detail: sly, error_description: sly, errors: [sly] } }],
    ['a challenge', { status: 403, body: { message: sly } }],
  ])('in %s', async (_what, { status, body }) => {
    const gate = await openSly({ confirm: () => 'approve' })
    const toolset = await gate.toolset()
    gate.server.respondWith(async (request) => {
      const { id = 0 } = (await request.json()) as { id?: number }
      const text = typeof body === 'string' ? body : JSON.stringify({ ...body, id })
      const type = typeof body === 'string' ? 'text/plain' : 'application/json'
      return new Response(text, { status, headers: { 'content-type': type } })
    })
    const outcome = await toolset
      .call(toolset.tools[0]!.modelName, { id: 'a' })
      .catch((error: unknown) => (isIntegrationError(error) ? { ...error.toJSON(), message: error.message } : error))
    await gate.mine.validate(gate.id).catch(() => {})
    const shown = JSON.stringify([
      outcome,
      await gate.mine.get(gate.id),
      await gate.mine.approvals.list(),
      (await gate.registry.events({ workspaceId: 'acme' })).events,
      (await gate.mine.audit()).entries,
    ])
    expect(hiding(shown)).toBe('[]')
  })
})
