import { IntegrationError } from '../model/errors.js'
import { nestsWithin, type JsonObject, type JsonValue } from '../model/json.js'
import type { ToolDefinition } from '../model/tool.js'
import { digestOf } from './digest.js'

/** The maximum depth of a definition: more than an honest definition needs. */
const maxDepth = 100

/**
 * SHA-256 of everything that a person reviews or that has an effect: name, title, description, schemas, annotations,
 * icons, `execution.taskSupport` and `_meta.ui.visibility`. Empty fields count as absent.
 *
 * @throws IntegrationError `protocol_error` when it nests deeper than 100 levels
 */
export function definitionHash(definition: ToolDefinition): string {
  return digestOf(['mcp-integrations/tool/v1', withoutEmpty(writtenParts(definition))])
}

/**
 * The hashed parts of a definition, as plain JSON.
 *
 * @throws IntegrationError `protocol_error` when it nests deeper than 100 levels
 */
export function partsOf(definition: ToolDefinition): JsonObject {
  return withoutEmpty(JSON.parse(JSON.stringify(writtenParts(definition))) as Parts)
}

/** The parts as they were written, or as absent. */
function writtenParts(definition: ToolDefinition): Parts {
  const { name, title, description, inputSchema, outputSchema, annotations, icons } = definition
  const taskSupport = at(definition.execution, 'taskSupport')
  const visibility = at(at(definition._meta, 'ui'), 'visibility')
  // Of another type they have no effect, like absent ones.
  const execution = typeof taskSupport === 'string' && taskSupport !== '' ? { taskSupport } : undefined
  const _meta = Array.isArray(visibility) ? { ui: { visibility } } : undefined
  const parts = {
    name,
    title,
    description,
    inputSchema,
    outputSchema,
    annotations,
    icons,
    execution,
    _meta,
  }
  if (!nestsWithin(parts, maxDepth))
    throw new IntegrationError('protocol_error', `A tool's definition nests deeper than ${maxDepth} levels.`)
  return parts as Parts
}

type Parts = Readonly<Record<string, JsonValue | undefined>>

/** Servers write absent fields as `null`, `[]` or `{}`, and not always consistently. */
function withoutEmpty(parts: Parts): JsonObject {
  const kept: Record<string, JsonValue> = {}
  for (const key in parts) if (!isEmpty(parts[key])) kept[key] = parts[key]!
  return kept
}

function isEmpty(value: JsonValue | undefined): boolean {
  return typeof value === 'object' ? value === null || Object.keys(value).length === 0 : value === undefined
}

function at(value: unknown, key: string): JsonValue | undefined {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as JsonObject)[key]
    : undefined
}
