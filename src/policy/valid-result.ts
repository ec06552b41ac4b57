import type { JsonValue } from '../model/json.js'
import type { ToolContent, ToolResult } from '../model/tool.js'
import { contentPart } from './model-content.js'
import { isJsonObject } from './same-json.js'

/**
 * A result that MCP clients accept: they refuse all of it for one invalid block, and a model would call the tool again.
 * Valid blocks stay as the server sent them, others become text or valid media, and of those beyond 2,000 only the count is kept.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/schema CallToolResult
 */
export function validResult(result: ToolResult): ToolResult {
  const { content, structuredContent, _meta } = result
  const blocks = content.slice(0, maxBlocks).map(validBlock)
  const more = content.length - blocks.length
  if (more > 0) blocks.push(textBlock(`[${more} more parts can't be shown here]`))
  const isValid = structuredContent === undefined || isJsonObject(structuredContent)
  if (!isValid) blocks.push(textBlock(JSON.stringify(structuredContent)))
  return {
    ...result,
    content: blocks,
    structuredContent: isValid ? structuredContent : undefined,
    _meta: isJsonObject(_meta) ? _meta : undefined,
  }
}

/** Clients check each block in several ways. */
const maxBlocks = 2_000

function validBlock(block: ToolContent): ToolContent {
  if (!isValidBlock(block)) return replacement(block)
  const members = Object.entries(block)
  const kept = members.filter(([name, value]) => unneeded.get(name)?.(value) ?? true)
  return kept.length === members.length ? block : (Object.fromEntries(kept) as ToolContent)
}

/** Members that a block can do without: an invalid one is left out. */
const unneeded: ReadonlyMap<string, (value: JsonValue) => boolean> = new Map([
  ['annotations', areAnnotations],
  ['icons', areIcons],
])

function isValidBlock({
  type,
  text,
  data,
  mimeType,
  resource,
  uri,
  name,
  title,
  description,
  size,
  ...rest
}: ToolContent) {
  if (!isOptional(rest._meta, isJsonObject)) return false
  switch (type) {
    case 'text':
      return isText(text)
    case 'image':
    case 'audio':
      return isBase64(data) && isText(mimeType)
    case 'resource':
      return isJsonObject(resource) && isResource(resource)
    case 'resource_link':
      return (
        [uri, name].every(isText) &&
        [title, description, mimeType].every((item) => isOptional(item, isText)) &&
        isOptional(size, (value) => typeof value === 'number')
      )
    default:
      return false
  }
}

function isResource({ uri, mimeType, text, blob, _meta }: { readonly [key: string]: JsonValue }): boolean {
  return (
    isText(uri) &&
    isOptional(mimeType, isText) &&
    isOptional(_meta, isJsonObject) &&
    (text === undefined ? isBase64(blob) : isText(text) && blob === undefined)
  )
}

function areAnnotations(annotations: JsonValue): boolean {
  if (!isJsonObject(annotations)) return false
  const { audience, priority, lastModified } = annotations
  return (
    isOptional(audience, (list) => Array.isArray(list) && list.every((who) => who === 'user' || who === 'assistant')) &&
    isOptional(priority, (value) => typeof value === 'number' && value >= 0 && value <= 1) &&
    isOptional(lastModified, (value) => isText(value) && isoDateTime.test(value))
  )
}

function areIcons(icons: JsonValue): boolean {
  return (
    Array.isArray(icons) &&
    icons.every(
      (icon: JsonValue) =>
        isJsonObject(icon) &&
        isText(icon.src) &&
        isOptional(icon.mimeType, isText) &&
        isOptional(icon.sizes, (sizes) => Array.isArray(sizes) && sizes.every(isText)) &&
        isOptional(icon.theme, (theme) => theme === 'light' || theme === 'dark'),
    )
  )
}

const isoDateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/

/** The block in the form that models get. */
function replacement(block: ToolContent): ToolContent {
  const part = contentPart(block)
  if (part.type === 'text') return textBlock(part.text)
  const { mediaType, data, words } = part
  const [kind] = mediaType.split('/')
  return kind === 'image' || kind === 'audio' ? { type: kind, data, mimeType: mediaType } : textBlock(words)
}

function textBlock(text: string): ToolContent {
  return { type: 'text', text }
}

function isBase64(value: unknown): boolean {
  return isText(value) && value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isOptional<Value>(value: Value | undefined, holds: (value: Value) => boolean): boolean {
  return value === undefined || holds(value)
}
