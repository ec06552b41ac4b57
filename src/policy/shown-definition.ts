import type { ToolDefinition } from '../model/tool.js'
import { visibleSchema } from '../model/visible-schema.js'
import { visible, visibleText } from '../model/visible-text.js'

/**
 * A definition to show to people and models: texts without hidden characters. The schemas accept the same values. Where
 * nothing is hidden, which is the rule, it is the definition itself.
 */
export function shownDefinition(definition: ToolDefinition): ToolDefinition {
  const known = shown.get(definition)
  if (known !== undefined) return known
  const { title, description, inputSchema, outputSchema, annotations } = definition
  const hints = annotations?.title
  const texts = {
    title: title === undefined ? undefined : visible(title),
    description: description === undefined ? undefined : visibleText(description),
    inputSchema: visibleSchema(inputSchema),
    outputSchema: outputSchema === undefined ? undefined : visibleSchema(outputSchema),
    annotations:
      hints === undefined || visible(hints) === hints ? annotations : { ...annotations, title: visible(hints) },
  }
  const isPlain = (Object.keys(texts) as (keyof typeof texts)[]).every((field) => texts[field] === definition[field])
  const made = isPlain ? definition : { ...definition, ...texts }
  shown.set(definition, made)
  return made
}

/** Whether {@link shownDefinition} has looked at a definition before: then it costs nothing. */
export function wasShown(definition: ToolDefinition): boolean {
  return shown.has(definition)
}

/** A cache, because each new toolset shows the same definitions. */
const shown = new WeakMap<ToolDefinition, ToolDefinition>()
