import { visible, visibleText } from '../model/visible-text.js'
import type { ServerEntry } from './server-entry.js'

/** An entry of a list with nothing hidden in its texts. Names of headers and variables stay: values are found by them. */
export function visibleEntry(entry: ServerEntry): ServerEntry {
  const { name, description, variables, suggestions, unsupported, notes } = entry
  const { autoApprove, enabledTools, disabledTools } = suggestions
  return {
    ...entry,
    name: visible(name),
    description: text(description),
    variables: variables.map((variable) => ({ ...variable, description: text(variable.description) })),
    suggestions: {
      ...suggestions,
      autoApprove: names(autoApprove),
      enabledTools: names(enabledTools),
      disabledTools: names(disabledTools),
    },
    unsupported: text(unsupported),
    notes: notes.map((note) => visibleText(note)),
  }
}

function text(value: string | undefined): string | undefined {
  return value === undefined ? undefined : visibleText(value)
}

function names(tools: readonly string[] | undefined): readonly string[] | undefined {
  return tools?.map((tool) => visible(tool))
}
