import { z } from 'zod'
import { problemStatus } from './problem.js'
import { exampleProblem, type ExampleCode } from './problem-examples.js'
import type { Route } from './route.js'
import { routes } from './routes.js'
import { problem, schemas } from './schemas.js'

/** A JSON object. */
export type OpenApiObject = Readonly<Record<string, unknown>>

type Json = OpenApiObject

/**
 * The HTTP API as an OpenAPI 3.1 document, generated from the schemas that check the input.
 *
 * @see https://spec.openapis.org/oas/v3.1.0
 */
export function openApiDocument({ basePath }: { readonly basePath: string }): OpenApiObject {
  const paths: Record<string, Record<string, Json>> = {}
  for (const route of routes)
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route) }
  return {
    openapi: '3.1.0',
    info: {
      title: 'MCP integrations',
      version: '1',
      description: 'Settings → MCP Integrations, and the gate behind it.',
    },
    servers: [{ url: basePath === '' ? '/' : basePath }],
    paths,
    components: {
      schemas: Object.fromEntries(
        [...Object.entries(schemas), ['Problem', problem]].map(([name, schema]) => [
          name,
          jsonSchema(schema as z.ZodType, 'output'),
        ]),
      ),
    },
  }
}

function operationOf(route: Route): Json {
  const verbs = typeof route.verb === 'string' ? [route.verb] : route.verb
  return {
    operationId: idOf(route),
    summary: route.summary,
    'x-verbs': verbs,
    parameters: [...pathParameters(route), ...queryParameters(route), ...ifMatch(route)],
    requestBody:
      route.body === undefined
        ? undefined
        : {
            required: route.bodyOptional !== true,
            content: { 'application/json': { schema: jsonSchema(route.body, 'input') } },
          },
    responses: { ...success(route), default: problemResponse(route) },
  }
}

function problemResponse(route: Route): Json {
  const examples = Object.fromEntries(likelyProblems(route).map((code) => [code, { value: exampleProblem(code) }]))
  return {
    description: `A problem: ${[...new Set(Object.values(problemStatus))].join(', ')}`,
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' }, examples } },
  }
}

/** The problems that clients of a route should handle first. */
function likelyProblems({ path, query, body, ifMatch: named, perMinute, method }: Route): readonly ExampleCode[] {
  const likely: readonly (ExampleCode | false)[] = [
    'unauthenticated',
    path.includes('{') && 'not_found',
    path.includes('{') && method !== 'GET' && 'forbidden',
    (query ?? body) !== undefined && 'invalid_input',
    named !== undefined && 'precondition_failed',
    named === 'required' && 'precondition_required',
    perMinute !== undefined && 'limit_reached',
  ]
  return likely.filter((code) => code !== false)
}

/** The operation id: the method of the client, unless the route has its own name. */
function idOf({ verb, name }: Route): string {
  if (name !== undefined) return name
  return (typeof verb === 'string' ? verb : verb[0]!).replace(/\.(\w)/g, (_, letter: string) => letter.toUpperCase())
}

function pathParameters({ path }: Route): readonly Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function queryParameters({ query }: Route): readonly Json[] {
  if (query === undefined) return []
  const { properties = {} } = jsonSchema(query, 'input') as { properties?: Readonly<Record<string, Json>> }
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: false, schema }))
}

function ifMatch({ ifMatch: needed }: Route): readonly Json[] {
  if (needed === undefined) return []
  return [{ name: 'If-Match', in: 'header', required: needed === 'required', schema: { type: 'string' } }]
}

function success({ result, method, path }: Route): Json {
  if (result === undefined) return { 204: { description: 'Done' } }
  const status = method === 'POST' && path === '/integrations' ? 201 : 200
  const name = Object.entries(schemas).find(([, schema]) => schema === result)?.[0]
  const schema = name === undefined ? jsonSchema(result, 'output') : { $ref: `#/components/schemas/${name}` }
  return { [status]: { description: 'Done', content: { 'application/json': { schema } } } }
}

/** JSON Schema 2020-12, the dialect of OpenAPI 3.1. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _draft, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}
