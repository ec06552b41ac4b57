import * as ai from 'ai'
import type { JSONValue, ToolResultPart } from 'ai'
import type { ToolCallOutcome } from '../index.js'
import { contentText, headedParts, modelContent, partsText, type ModelPart } from '../policy/model-content.js'

type SdkOutput = ToolResultPart['output']
type SdkPart = Extract<SdkOutput, { type: 'content' }>['value'][number]

/**
 * The content of an outcome for a model: the tool's content, or the reason why it has not run. As text, as JSON for
 * structured content alone, or as a list of parts with media.
 *
 * @param takes - whether the model's provider accepts a media type
 */
export function modelOutput(outcome: ToolCallOutcome, takes: (mediaType: string) => boolean): SdkOutput {
  const content = modelContent(outcome)
  const { parts, failed } = content
  // Some providers of version 6 drop the flag of a failure, so the text names the failure as well.
  const isMarked = !failed || isVersion7
  if (outcome.type === 'completed' && outcome.result.content.length === 0 && isMarked) {
    const { structuredContent } = outcome.result
    // `JsonValue` is the same type, but readonly.
    if (structuredContent !== undefined)
      return { type: failed ? 'error-json' : 'json', value: structuredContent as JSONValue }
  }
  if (parts.every((part) => part.type === 'text' || !takes(part.mediaType)))
    return { type: failed ? 'error-text' : 'text', value: isMarked ? partsText(parts) : contentText(content) }
  // A list of parts has no flag for a failure, so the text names it.
  return { type: 'content', value: headedParts(content).map((part) => sdkPart(part, takes)) }
}

/** Whether every provider of the SDK accepts a media type in a result. */
export function isTaken(mediaType: string): boolean {
  return /^image\/(jpeg|png|gif|webp)$|^application\/pdf$/.test(mediaType)
}

function sdkPart(part: ModelPart, takes: (mediaType: string) => boolean): SdkPart {
  if (part.type === 'text') return { type: 'text', text: part.text }
  const { mediaType, data, words } = part
  if (!takes(mediaType)) return { type: 'text', text: words }
  if (isVersion7) return { type: 'file', mediaType, data: { type: 'data', data } } as never // a part of version 7 only
  return { type: mediaType.startsWith('image/') ? 'image-data' : 'file-data', data, mediaType }
}

/** Version 7 has one type of part for all media, and deprecates those of version 6. */
const isVersion7 = 'isStepCount' in ai
