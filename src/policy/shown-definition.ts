import type { ToolDefinition } from '../model/tool.js'
import { visibleSchema } from '../model/visible-schema.js'
import { visible, visibleText } from '../model/visible-text.js'

/** The words of a definition as people and models read them: nothing hides in them. Schemas stay what they accept. */
export function shownDefinition(definition: ToolDefinition): ToolDefinition {
  const known = shown.get(definition)
  if (known !== undefined) return known
  const { title, description, inputSchema, outputSchema, annotations } = definition
  const hints = annotations?.title
  const made = {
    ...definition,
    title: title === undefined ? undefined : visible(title),
    description: description === undefined ? undefined : visibleText(description),
    inputSchema: visibleSchema(inputSchema),
    outputSchema: outputSchema === undefined ? undefined : visibleSchema(outputSchema),
    annotations: hints === undefined ? annotations : { ...annotations, title: visible(hints) },
  }
  shown.set(definition, made)
  return made
}

/** What showing a definition costs, in visited values; nothing, once it was shown. */
export function workOfShowing(definition: ToolDefinition): number {
  return shown.has(definition) ? 0 : JSON.stringify(definition).length >> 2
}

/** Definitions stay, and each toolset shows them. */
const shown = new WeakMap<ToolDefinition, ToolDefinition>()
