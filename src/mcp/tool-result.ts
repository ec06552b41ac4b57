import { IntegrationError } from '../model/errors.js'
import { isObject, type JsonObject, type JsonValue } from '../model/json.js'
import type { ToolContent, ToolResult } from '../model/tool.js'
import { isAbsent, withoutAbsent, type OptionalMembers, type Raw } from './absent.js'

/**
 * Reads a result as the server sent it: blocks and their keys stay unchanged, known or not. The tool has already run,
 * so only an unreadable result is refused: a plain string becomes a text block, and unknown content is shown as JSON.
 *
 * @throws IntegrationError `protocol_error` for a task instead of a result; the tool has run
 */
export function toolResult(raw: unknown): ToolResult {
  if (!isObject(raw)) return { content: contentOf(raw) }
  const { content, structuredContent, isError, _meta } = withoutAbsent(raw, members)
  const said = content !== undefined || structuredContent !== undefined
  if (!said && isObject(raw.task)) throw isTask()
  return {
    content: said ? contentOf(content) : isText(raw) ? contentOf(raw) : unknownContent(raw),
    structuredContent: structuredContent as JsonValue | undefined,
    isError: isError === undefined ? undefined : isTrue(isError),
    _meta: isObject(_meta) ? (_meta as JsonObject) : undefined,
  }
}

const members: OptionalMembers = { content: 'list', structuredContent: 'value', isError: 'value', _meta: 'object' }

function contentOf(content: unknown): readonly ToolContent[] {
  if (isAbsent(content)) return []
  const blocks = (Array.isArray(content) ? content : [content]).filter((block) => !isAbsent(block))
  if (blocks.length <= maxBlocks) return blocks.map(blockOf)
  const [rest, untyped] = [blocks.slice(maxBlocks), [] as unknown[]]
  const typed = rest.filter((block) => isTyped(block) || (untyped.push(block), false)) as readonly ToolContent[]
  const last = untyped.length === 0 ? [] : [text(JSON.stringify(untyped))]
  return [...blocks.slice(0, maxBlocks).map(blockOf), ...typed, ...last]
}

/**
 * Reading very many blocks would block the event loop: those beyond are left as they were sent, and those that are none
 * are one text.
 */
const maxBlocks = 5_000

function isTyped(block: unknown): block is ToolContent {
  return isObject(block) && typeof block.type === 'string'
}

/** Reads one block. Only optional members that MCP defines are normalised. */
function blockOf(block: unknown): ToolContent {
  if (!isObject(block)) return text(typeof block === 'string' ? block : JSON.stringify(block))
  if (typeof block.type !== 'string')
    return typeof block.text === 'string' ? ({ ...block, type: 'text' } as ToolContent) : text(JSON.stringify(block))
  const read = withoutAbsent(block, blockMembers)
  const { annotations, resource } = read
  return {
    ...read,
    ...(isObject(annotations) ? { annotations: withoutAbsent(annotations, annotationMembers) } : undefined),
    ...(isObject(resource) ? { resource: withoutAbsent(resource, resourceMembers) } : undefined),
  } as ToolContent
}

const blockMembers: OptionalMembers = {
  annotations: 'object',
  _meta: 'object',
  mimeType: 'value',
  title: 'value',
  description: 'value',
  size: 'value',
  icons: 'list',
}
const annotationMembers: OptionalMembers = { audience: 'value', priority: 'value', lastModified: 'value' }
const resourceMembers: OptionalMembers = { mimeType: 'value', text: 'value', blob: 'value', _meta: 'object' }

/** Unknown members of a result, which still belong to the tool's result. */
function unknownContent(raw: Raw): readonly ToolContent[] {
  const rest = Object.entries(raw).filter(([key]) => !Object.hasOwn(members, key) && !ofTheEnvelope.has(key))
  return rest.length === 0 ? [] : [text(JSON.stringify(Object.fromEntries(rest)))]
}

const ofTheEnvelope = new Set(['resultType', 'ttlMs', 'cacheScope'])

/** Whether a result is a text block without the `content` list around it. */
function isText({ type, text: words }: Raw): boolean {
  return type === 'text' && typeof words === 'string'
}

function text(words: string): ToolContent {
  return { type: 'text', text: words }
}

function isTrue(flag: unknown): boolean {
  return flag === true || flag === 1 || flag === 'true'
}

function isTask(): IntegrationError {
  return new IntegrationError('protocol_error', 'The server returned a task, which was not requested.', {
    mayHaveRun: true,
  })
}
