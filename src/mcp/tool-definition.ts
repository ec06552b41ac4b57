import type { QuarantinedTool, ToolDefinition } from '../model/tool.js'

type Raw = Readonly<Record<string, unknown>>

const maxDefinitionCharacters = 128 * 1024
const maxSchemaNodes = 2_000
/** JSON levels; a level of a schema is two of them. */
const maxSchemaDepth = 64

/** Why a tool can't be used; `undefined`: it can. */
export function flawOf(tool: unknown): QuarantinedTool['reason'] | undefined {
  if (!isObject(tool)) return 'invalid_definition'
  if (!isUsableName(tool.name)) return typeof tool.name === 'string' ? 'invalid_name' : 'invalid_definition'
  if (!isObject(tool.inputSchema) || tool.inputSchema.type !== 'object') return 'invalid_schema'
  if (tool.outputSchema !== undefined && !isObject(tool.outputSchema)) return 'invalid_schema'
  const input = measure(tool.inputSchema)
  const output = measure(tool.outputSchema)
  if (input === 'too_large' || output === 'too_large') return 'schema_too_large'
  if (input === 'remote') return 'invalid_schema'
  if (
    !hasOptional(tool, 'string', ['title', 'description']) ||
    !hasOptional(tool, 'object', ['annotations', 'execution', '_meta'])
  )
    return 'invalid_definition'
  if (!areAnnotations(tool.annotations) || (tool.icons !== undefined && !Array.isArray(tool.icons)))
    return 'invalid_definition'
  if (!hasValidHeaders(tool.inputSchema)) return 'invalid_definition'
  return JSON.stringify(tool).length > maxDefinitionCharacters ? 'schema_too_large' : undefined
}

/** What we know of a definition, each part as the server wrote it. */
export function takeDefinition(tool: unknown): ToolDefinition {
  const kept = Object.entries(tool as Raw).filter(([key, value]) => known.has(key) && value !== undefined)
  return Object.fromEntries(kept) as unknown as ToolDefinition
}

const known = new Set([
  'name',
  'title',
  'description',
  'inputSchema',
  'outputSchema',
  'annotations',
  'icons',
  'execution',
  '_meta',
])

/** Names that every object has are not for tools: nothing keyed by them would be safe. */
function isUsableName(name: unknown): boolean {
  return typeof name === 'string' && /^[A-Za-z0-9_.-]{1,128}$/.test(name) && !(name in {})
}

function areAnnotations(annotations: unknown): boolean {
  if (annotations === undefined) return true
  return (
    hasOptional(annotations as Raw, 'string', ['title']) &&
    hasOptional(annotations as Raw, 'boolean', ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'])
  )
}

function hasOptional(from: Raw, type: string, keys: readonly string[]): boolean {
  return keys.every(
    (key) => from[key] === undefined || (typeof from[key] === type && from[key] !== null && !Array.isArray(from[key])),
  )
}

/** Walks level by level, so that no depth can hurt. */
function measure(schema: unknown): 'too_large' | 'remote' | 'fine' {
  let level: readonly object[] = typeof schema === 'object' && schema !== null ? [schema] : []
  let nodes = 0
  let remote = false
  for (let depth = 1; level.length > 0; depth++) {
    nodes += level.length
    if (nodes > maxSchemaNodes || depth > maxSchemaDepth) return 'too_large'
    remote ||= level.some((node) => '$ref' in node && typeof node.$ref === 'string' && !node.$ref.startsWith('#'))
    level = level
      .flatMap((node) => Object.values(node) as unknown[])
      .filter((child): child is object => typeof child === 'object' && child !== null)
  }
  return remote ? 'remote' : 'fine'
}

/**
 * `x-mcp-header` is allowed on primitive properties that are reached by `properties` alone, each a token, none twice.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
 */
function hasValidHeaders(schema: Raw): boolean {
  const names = new Set<string>()
  const visit = (node: unknown, reachable: boolean, inProperties: boolean): boolean => {
    if (!isObject(node)) return !Array.isArray(node) || node.every((child) => visit(child, false, false))
    if (!inProperties && headerKey in node) {
      const name = node[headerKey]
      if (!reachable || typeof name !== 'string' || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) return false
      if (!['string', 'integer', 'boolean'].includes(node.type as string) || names.has(name.toLowerCase())) return false
      names.add(name.toLowerCase())
    }
    return Object.entries(node).every(([key, child]) => {
      if (inProperties) return visit(child, reachable, false)
      if (plainData.has(key)) return true
      return key === 'properties' ? visit(child, reachable, true) : visit(child, false, namedSchemas.has(key))
    })
  }
  if (headerKey in schema) return false
  return visit(schema, true, false)
}

const headerKey = 'x-mcp-header'
/** Keywords whose value is data, or a map from names to schemas. */
const plainData = new Set(['const', 'enum', 'default', 'examples'])
const namedSchemas = new Set(['$defs', 'definitions', 'patternProperties', 'dependentSchemas'])

function isObject(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
