import type { ToolDefinition } from '../model/tool.js'
import { visibleSchema } from '../model/visible-schema.js'
import { visible, visibleText } from '../model/visible-text.js'

/**
 * A definition to show to people and models: texts without hidden characters. The schemas accept the same values. Where
 * nothing is hidden, which is the rule, it is the definition itself.
 */
export function shownDefinition(definition: ToolDefinition): ToolDefinition {
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
  return isPlain ? definition : { ...definition, ...texts }
}
