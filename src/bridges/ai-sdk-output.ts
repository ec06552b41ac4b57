import * as ai from 'ai'
import type { JSONValue, ToolResultPart } from 'ai'
import type { ToolCallOutcome, ToolContent, ToolResult } from '../index.js'

type ModelOutput = ToolResultPart['output']
type ModelPart = Extract<ModelOutput, { type: 'content' }>['value'][number]

/** What a model reads of an outcome: the tool's content, or why it has not run. */
export function modelOutput(outcome: ToolCallOutcome): ModelOutput {
  return outcome.type === 'completed' ? resultOutput(outcome.result) : { type: 'error-text', value: outcome.modelText }
}

/** Text stays text; what only has structured content is JSON; media make it a list of parts. */
function resultOutput({ content, structuredContent, isError = false }: ToolResult): ModelOutput {
  // Ours is the same type, but readonly.
  if (content.length === 0 && structuredContent !== undefined)
    return { type: isError ? 'error-json' : 'json', value: structuredContent as JSONValue }
  const parts = content.map(modelPart)
  return parts.every((part) => part.type === 'text')
    ? { type: isError ? 'error-text' : 'text', value: parts.map(({ text }) => text).join('\n') }
    : { type: 'content', value: parts }
}

/** @see https://modelcontextprotocol.io/specification/2025-11-25/server/tools#tool-result */
function modelPart(block: ToolContent): ModelPart {
  const { type, text, data, mimeType, resource } = block
  if (type === 'text' && typeof text === 'string') return { type: 'text', text }
  if ((type === 'image' || type === 'audio') && typeof data === 'string')
    return media(data, typeof mimeType === 'string' ? mimeType : `${type}/*`)
  if (type === 'resource' && isObject(resource)) {
    if (typeof resource.text === 'string') return { type: 'text', text: resource.text }
    if (typeof resource.blob === 'string')
      return media(
        resource.blob,
        typeof resource.mimeType === 'string' ? resource.mimeType : 'application/octet-stream',
      )
  }
  // A link is told, never followed: the SDK would fetch it.
  return { type: 'text', text: JSON.stringify(block) }
}

function media(data: string, mediaType: string): ModelPart {
  if (hasFileParts) return { type: 'file', mediaType, data: { type: 'data', data } } as never // a part of version 7 only
  return { type: mediaType.startsWith('image/') ? 'image-data' : 'file-data', data, mediaType }
}

/** Version 7 has one kind of part for all media, and calls those of version 6 deprecated. */
const hasFileParts = 'isStepCount' in ai

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
