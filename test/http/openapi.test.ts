import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import createClient from 'openapi-fetch'
import openapiTS, { astToString } from 'openapi-typescript'
import ts from 'typescript'
import { openApiDocument, problemStatus, type Problem } from 'mcp-integrations/http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { rmSync } from 'node:fs'
import { routes } from '../../src/http/routes.js'
import { problem } from '../../src/http/schemas.js'
import { openGate } from '../support/gate.js'
import { ana } from '../support/registry.js'
import { basePath, openFront, origin } from './support.js'

const document = openApiDocument({ basePath })

describe('the OpenAPI document', () => {
  it('validates as OpenAPI 3.1', async () => {
    const validator = new Validator()
    expect(await validator.validate(JSON.parse(JSON.stringify(document)) as never)).toEqual({ valid: true })
    expect(validator.version).toBe('3.1')
  })

  it('is served, and has every route', async () => {
    const { request } = await openFront()
    const served = (await (await request('/openapi.json')).json()) as { paths: Record<string, object> }
    expect(served).toEqual(JSON.parse(JSON.stringify(document)))
    for (const { path, method } of routes) expect(served.paths[path]).toHaveProperty(method.toLowerCase())
  })

  it('describes responses completely: an object has the named members and no others', () => {
    const { components } = document as unknown as { components: { schemas: Record<string, object> } }
    for (const [name, schema] of Object.entries(components.schemas))
      expect([name, JSON.stringify(schema)]).toEqual([name, expect.stringContaining('"additionalProperties":false')])
    expect(components.schemas['Integration']).toMatchObject({
      additionalProperties: false,
      required: expect.arrayContaining(['id', 'approval', 'allowed', 'statusDetail']),
    })
  })

  it('describes the error responses of each operation', () => {
    type Answers = { readonly default: { readonly content: Record<string, { readonly examples: Examples }> } }
    type Examples = Readonly<Record<string, { readonly value: Problem }>>
    const { paths } = document as unknown as { paths: Record<string, Record<string, { responses: Answers }>> }
    const shown = Object.values(paths).flatMap((path) =>
      Object.values(path).map(({ responses }) => responses.default.content['application/problem+json']!.examples),
    )
    expect(shown).toHaveLength(routes.length)
    for (const examples of shown) {
      expect(Object.keys(examples)).toContain('unauthenticated')
      for (const [code, { value }] of Object.entries(examples)) {
        expect(problem.parse(JSON.parse(JSON.stringify(value)))).toMatchObject({ code })
        expect(value.status).toBe(problemStatus[value.code])
      }
    }
    const { patch } = paths['/integrations/{id}']!
    expect(Object.keys(patch!.responses.default.content['application/problem+json']!.examples)).toEqual([
      'unauthenticated',
      'not_found',
      'forbidden',
      'invalid_input',
      'precondition_failed',
    ])
  })

  it('names each operation once', () => {
    const { paths } = document as unknown as { paths: Record<string, Record<string, { operationId: string }>> }
    const ids = Object.values(paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId))
    expect(ids).toHaveLength(routes.length)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('a generated client', () => {
  it('compiles', async () => {
    const types = astToString(await openapiTS(JSON.parse(JSON.stringify(document)) as never))
    // Below the project, where its packages are found.
    const folder = mkdtempSync(join(import.meta.dirname, 'generated-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'api.ts'), types)
    writeFileSync(
      join(folder, 'use.ts'),
      `import createClient from 'openapi-fetch'
import type { paths } from './api.js'
const client = createClient<paths>({ baseUrl: '/api/mcp' })
export async function use(): Promise<string> {
  const { data } = await client.GET('/integrations', { params: { query: { search: 'notes' } } })
  const id = data?.integrations[0]?.id ?? ''
  await client.PATCH('/integrations/{id}', { params: { path: { id }, header: { 'If-Match': '"1"' } }, body: { name: 'x' } })
  // @ts-expect-error -- a name is text
  await client.PATCH('/integrations/{id}', { params: { path: { id } }, body: { name: 7 } })
  return data?.integrations[0]?.status ?? ''
}
`,
    )
    const program = ts.createProgram([join(folder, 'use.ts')], {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      target: ts.ScriptTarget.ES2022,
      lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
      types: [],
    })
    const problems = ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
    expect(problems).toEqual([])
  })

  it('runs', async () => {
    const { handler, id } = await openFront()
    // The types are checked above; here any path will do.
    const client = createClient<Record<string, never>>({
      baseUrl: origin + basePath,
      headers: { 'x-session': JSON.stringify(ana) },
      fetch: (request: Request) => handler(request),
    }) as unknown as Record<
      'GET' | 'POST',
      (path: string, init?: object) => Promise<{ data?: unknown; error?: unknown }>
    >
    expect((await client.GET('/integrations')).data).toMatchObject({ integrations: [{ id }] })
    expect((await client.GET('/integrations/{id}', { params: { path: { id } } })).data).toMatchObject({ id })
    expect((await client.POST('/integrations/{id}/disable', { params: { path: { id } } })).data).toMatchObject({
      enabled: false,
    })
    expect((await client.GET('/integrations/{id}', { params: { path: { id: 'none' } } })).error).toMatchObject({
      code: 'not_found',
    })
  })
})

it('has a route for every verb', async () => {
  const { mine } = await openGate()
  const verbs = Object.entries(mine).flatMap(([name, value]) =>
    typeof value === 'function' ? [name] : Object.keys(value as object).map((inner) => `${name}.${inner}`),
  )
  const reached = routes.flatMap(({ verb }) => verb)
  // The callback is wherever `oauth.redirectUrl` points: no route of the table.
  expect([...new Set([...reached, 'finishConnect'])].toSorted()).toEqual(verbs.toSorted())
})
