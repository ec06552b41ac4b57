import type { ToolDefinition } from '../model/tool.js'
import { visibleSchema } from '../model/visible-schema.js'
import { visible, visibleText } from '../model/visible-text.js'

/** A definition to show to people and models: texts without hidden characters. The schemas accept the same values. */
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

/** The cost of {@link shownDefinition}, in visited values; 0 after the first use. */
export function workOfShowing(definition: ToolDefinition): number {
  return shown.has(definition) ? 0 : JSON.stringify(definition).length >> 2
}

/** A cache, because each new toolset shows the same definitions. */
const shown = new WeakMap<ToolDefinition, ToolDefinition>()
