import type { JsonObject, JsonValue } from '../model/json.js'
import type { ToolCallOutcome } from '../model/outcome.js'
import type { ToolContent, ToolResult } from '../model/tool.js'
import { decodeBase64, plainBase64 } from './base64.js'
import { readMedia, type Media } from './media.js'
import { repeatsStructured } from './repeated-content.js'
import { isJsonObject } from './same-json.js'

/** A part of the content for a model. */
export type ModelPart =
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'media'
      readonly mediaType: string
      /** Valid, padded base64. */
      readonly data: string
      /** A description of the part, for a model API that doesn't accept it. */
      readonly words: string
    }

/** The content of a call for a model. */
export interface ModelContent {
  /** Never empty, and without empty texts. */
  readonly parts: readonly ModelPart[]
  /** Whether the tool failed or has not run. */
  readonly failed: boolean
  /** A sentence about the failure, for APIs without a flag for it; absent if the parts already say so. */
  readonly heading?: string | undefined
}

/** The content of an outcome for a model: the tool's content, or the reason why it has not run. */
export function modelContent(outcome: ToolCallOutcome): ModelContent {
  if (outcome.type !== 'completed') return { parts: [{ type: 'text', text: outcome.modelText }], failed: true }
  return resultContent(outcome.result)
}

/** The content as text, for model APIs with neither media nor a flag for failures. */
export function contentText(content: ModelContent): string {
  return partsText(headedParts(content))
}

/** The parts, with the sentence about the failure first. */
export function headedParts({ parts, heading }: ModelContent): readonly ModelPart[] {
  return heading === undefined ? parts : [{ type: 'text', text: heading }, ...parts]
}

/** Parts as text. */
export function partsText(parts: readonly ModelPart[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : part.words)).join('\n')
}

/** `modelText` of a completed call. */
export function resultText(result: ToolResult): string {
  return contentText(resultContent(result))
}

function resultContent(result: ToolResult): ModelContent {
  const failed = result.isError === true
  return { parts: resultParts(result), failed, heading: failed ? 'The tool reported an error:' : undefined }
}

function resultParts({ content, structuredContent }: ToolResult): readonly ModelPart[] {
  // Model APIs refuse texts of only white space.
  const parts = content
    .slice(0, maxParts)
    .map(contentPart)
    .filter((part) => part.type === 'media' || part.text.trim() !== '')
  const texts = parts.map((part) => (part.type === 'text' ? part.text : undefined))
  if (content.length > maxParts)
    parts.push({ type: 'text', text: `[${content.length - maxParts} more parts can't be shown here]` })
  if (structuredContent !== undefined && !repeatsStructured(texts, structuredContent))
    parts.push({ type: 'text', text: JSON.stringify(structuredContent) })
  return parts.length > 0 ? parts : [{ type: 'text', text: 'The tool ran and returned nothing.' }]
}

/** More parts than a model can use would only take time. */
const maxParts = 2_000

/** A block for a model. @see https://modelcontextprotocol.io/specification/2025-11-25/server/tools#tool-result */
export function contentPart(block: ToolContent): ModelPart {
  const { type, text, data, mimeType, resource } = block
  if (type === 'text' && typeof text === 'string') return textPart(text)
  if ((type === 'image' || type === 'audio') && typeof data === 'string')
    return mediaPart(readMedia(data, mimeType), `${type}/*`)
  if (type === 'resource' && isJsonObject(resource)) return resourcePart(block, resource)
  if (type === 'resource_link') return textPart(linkWords(block))
  return unknownPart(block)
}

/** Model APIs refuse a whole request because of a lone surrogate. */
function textPart(text: string): ModelPart {
  return { type: 'text', text: text.toWellFormed() }
}

function resourcePart(block: ToolContent, { uri, text, blob, mimeType }: JsonObject): ModelPart {
  if (typeof text === 'string') return textPart(text)
  if (typeof blob !== 'string') return unknownPart(block)
  const media = readMedia(blob, mimeType)
  const { mediaType, data } = media
  const decoded = mediaType === undefined || isText(mediaType) ? decodeText(data) : undefined
  // Without a media type, control characters show that the content is binary.
  if (decoded !== undefined && (mediaType !== undefined || !noText.test(decoded)))
    return { type: 'text', text: decoded }
  return mediaPart(media, 'application/octet-stream', uri)
}

const noText = /[^\P{Cc}\t\n\r]/u

/** A model API would refuse the whole conversation because of invalid base64. */
function mediaPart({ mediaType, data }: Media, kindOfNone: string, uri?: JsonValue): ModelPart {
  const base64 = plainBase64(data)
  const from = typeof uri === 'string' ? ` from ${uri.slice(0, shownCharacters)}` : ''
  const kind = (mediaType ?? kindOfNone).slice(0, 100)
  if (base64 === undefined) return { type: 'text', text: `[${kind}${from}: its data is empty or damaged]` }
  return {
    type: 'media',
    mediaType: kind,
    data: base64.padEnd(Math.ceil(base64.length / 4) * 4, '='),
    words: `[${kind}${from}, ${size((base64.length * 3) / 4)}: can't be shown here]`,
  }
}

/** A link is described, never followed. */
function linkWords({ uri, name, title, description, mimeType, size: bytes }: ToolContent): string {
  const said = [title ?? name, uri, mimeType, typeof bytes === 'number' ? size(bytes) : undefined, description]
  return `[Link: ${said.filter((item) => typeof item === 'string' && item !== '').join(', ')}]`
}

/** A block of a later MCP revision. */
function unknownPart(block: ToolContent): ModelPart {
  const text = JSON.stringify(block)
  return { type: 'text', text: text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters)}…` }
}

const shownCharacters = 10_000

function isText(mediaType: string): boolean {
  const [type = ''] = mediaType.toLowerCase().split(';')
  return (
    /^text\/|[/+](json|xml|yaml)$/.test(type.trim()) ||
    /^application\/(x-)?(javascript|typescript|ndjson|jsonl|yaml|toml|sql|graphql|sh)$/.test(type.trim())
  )
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function decodeText(data: string): string | undefined {
  const base64 = plainBase64(data)
  if (base64 === undefined) return undefined
  try {
    return utf8.decode(decodeBase64(base64))
  } catch {
    return undefined
  }
}

function size(bytes: number): string {
  if (bytes < 1024) return `${Math.floor(bytes)} bytes`
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`
}
