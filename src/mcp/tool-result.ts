import { IntegrationError } from '../model/errors.js'
import type { JsonObject, JsonValue } from '../model/json.js'
import type { ToolContent, ToolResult } from '../model/tool.js'

/**
 * Takes a result as the server sent it: known or not, blocks and their keys stay as they are.
 *
 * @throws IntegrationError `protocol_error`, the tool has run
 */
export function toolResult(raw: Readonly<Record<string, unknown>>): ToolResult {
  const { content = raw.structuredContent === undefined ? undefined : [], structuredContent, isError, _meta } = raw
  if (
    !Array.isArray(content) ||
    !content.every(isContent) ||
    !isOptional('boolean', isError) ||
    !isOptional('object', _meta)
  ) {
    throw new IntegrationError('protocol_error', 'The result of the tool has not the shape that MCP gives it.', {
      mayHaveRun: true,
    })
  }
  return {
    content,
    structuredContent: structuredContent as JsonValue | undefined,
    isError: isError as boolean | undefined,
    _meta: _meta as JsonObject | undefined,
  }
}

function isContent(block: unknown): block is ToolContent {
  return typeof block === 'object' && block !== null && 'type' in block && typeof block.type === 'string'
}

function isOptional(type: 'boolean' | 'object', value: unknown): boolean {
  return value === undefined || (typeof value === type && value !== null && !Array.isArray(value))
}
