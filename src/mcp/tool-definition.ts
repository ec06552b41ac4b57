import { isObject, maxJsonDepth, nestsWithin } from '../model/json.js'
import type { QuarantinedTool, ToolDefinition } from '../model/tool.js'
import { visible } from '../model/visible-text.js'
import { isAbsent, withoutAbsent, type OptionalMembers, type Raw } from './absent.js'

const maxDefinitionCharacters = 128 * 1024
const maxSchemaNodes = 2_000

/** A tool as its server sent it: its definition, or the reason why it can't be used. */
export type ReadTool =
  | {
      readonly definition: ToolDefinition
      /** The definition as JSON. */
      readonly text: string
    }
  | { readonly flaw: QuarantinedTool['reason'] }

/** Reads a tool: the known members of its definition, without those that mean absent. Schemas stay unchanged. */
export function readTool(sent: unknown): ReadTool {
  if (!isObject(sent)) return { flaw: 'invalid_definition' }
  const tool = knownMembers(sent)
  const flaw = flawOf(tool)
  if (flaw !== undefined) return { flaw }
  const text = JSON.stringify(tool)
  if (text.length > maxDefinitionCharacters) return { flaw: 'schema_too_large' }
  if (text.includes(headerKey) && !hasValidHeaders(tool.inputSchema as Raw)) return { flaw: 'invalid_definition' }
  return { definition: tool as unknown as ToolDefinition, text }
}

function knownMembers(sent: Raw): Raw {
  const tool: Record<string, unknown> = {}
  for (const key in sent) {
    const kind = members.get(key)
    if (kind !== undefined && !isAbsent(sent[key], kind)) tool[key] = sent[key]
  }
  if (isObject(tool.annotations)) tool.annotations = withoutAbsent(tool.annotations, hints)
  return tool
}

/** The members of a definition. A name or an input schema that means absent is a flaw like any other wrong one. */
const members: ReadonlyMap<string, OptionalMembers[string]> = new Map([
  ['name', 'value'],
  ['title', 'value'],
  ['description', 'value'],
  ['inputSchema', 'value'],
  ['outputSchema', 'object'],
  ['annotations', 'object'],
  ['icons', 'list'],
  ['execution', 'object'],
  ['_meta', 'object'],
])
const hints: OptionalMembers = {
  title: 'value',
  readOnlyHint: 'value',
  destructiveHint: 'value',
  idempotentHint: 'value',
  openWorldHint: 'value',
}

function flawOf(tool: Raw): QuarantinedTool['reason'] | undefined {
  if (!isUsableName(tool.name)) return typeof tool.name === 'string' ? 'invalid_name' : 'invalid_definition'
  if (!isObject(tool.inputSchema) || tool.inputSchema.type !== 'object') return 'invalid_schema'
  if (tool.outputSchema !== undefined && !isObject(tool.outputSchema)) return 'invalid_schema'
  if (!nestsWithin(tool, maxJsonDepth)) return 'schema_too_large'
  const input = measure(tool.inputSchema)
  const output = measure(tool.outputSchema)
  if (input === 'too_large' || output === 'too_large') return 'schema_too_large'
  if (input === 'remote') return 'invalid_schema'
  if (
    !hasOptional(tool, 'string', ['title', 'description']) ||
    !hasOptional(tool, 'object', ['annotations', 'execution', '_meta'])
  )
    return 'invalid_definition'
  const areIcons = tool.icons === undefined || Array.isArray(tool.icons)
  return areAnnotations(tool.annotations) && areIcons ? undefined : 'invalid_definition'
}

/** Whether a name has 1-256 characters of any script, without hidden or bidi characters. Spaces of any width are allowed. */
function isUsableName(name: unknown): boolean {
  if (typeof name !== 'string' || name.trim() === '' || name.length > 2 * maxNameCharacters) return false
  const plain = name.replace(/\p{Zs}/gu, ' ')
  return visible(plain) === plain && Array.from(name).length <= maxNameCharacters
}

const maxNameCharacters = 256

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

/**
 * Measures a schema, at most to the accepted depth. A `$ref` is a reference only in a schema: below `default`, `const`,
 * `enum` and `examples` it is data, and in `properties` it is a name.
 */
function measure(schema: unknown): 'too_large' | 'remote' | 'fine' {
  const own = isObject(schema) && typeof schema.$id === 'string' ? schema.$id : undefined
  let nodes = 0
  let remote = false
  const fits = (node: unknown, place: Place, depth: number): boolean => {
    if (!isNode(node)) return true
    if (++nodes > maxSchemaNodes || depth > maxJsonDepth) return false
    if (Array.isArray(node)) return node.every((item) => fits(item, place === 'data' ? 'data' : 'schema', depth + 1))
    if (place === 'schema') remote ||= refersElsewhere(node, own)
    for (const key in node) if (!fits((node as Raw)[key], placeOf(key, place), depth + 1)) return false
    return true
  }
  if (!fits(schema, 'schema', 1)) return 'too_large'
  return remote ? 'remote' : 'fine'
}

/** The role of a value in a schema: a schema, a map from names to schemas, or data. */
type Place = 'schema' | 'names' | 'data'

function placeOf(key: string, parent: Place): Place {
  if (parent === 'data' || (parent === 'schema' && plainData.has(key))) return 'data'
  return parent === 'schema' && (key === 'properties' || namedSchemas.has(key)) ? 'names' : 'schema'
}

function refersElsewhere(node: object, own: string | undefined): boolean {
  if (!('$ref' in node) || typeof node.$ref !== 'string') return false
  const [document] = node.$ref.split('#')
  return document !== '' && document !== own?.split('#')[0]
}

function isNode(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/**
 * Whether `x-mcp-header` is only on primitive properties reached by `properties` alone, each a different token.
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
/** Keywords with data as their value. The next constant: with a map from names to schemas. */
const plainData = new Set(['const', 'enum', 'default', 'examples'])
const namedSchemas = new Set(['$defs', 'definitions', 'patternProperties', 'dependentSchemas', 'dependencies'])
